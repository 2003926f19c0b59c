"""Overrides: an operator decides otherwise than the rules did, with a reason, audited and counted."""
