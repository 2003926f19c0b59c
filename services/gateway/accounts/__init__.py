"""Marketplaces, sellers and buyers."""
