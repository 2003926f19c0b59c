"""Finds data that nobody should send in a message: cards, accounts, identity numbers, passwords."""
