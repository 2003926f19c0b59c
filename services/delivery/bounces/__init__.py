"""Delivery reports: the address they come back to, and what they change."""
