"""Addresses that a seller adds to those that may write in the seller's name (R-MAIL-2)."""
