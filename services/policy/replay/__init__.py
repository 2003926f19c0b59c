"""Replay: past messages judged anew by other rules, to see what would change before they are switched on."""
