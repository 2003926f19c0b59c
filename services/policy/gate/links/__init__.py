"""Finds links in text and HTML, however written, and says where they lead."""
