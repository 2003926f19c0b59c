"""Finds ways to reach somebody: e-mail addresses, telephone numbers, messenger handles."""
