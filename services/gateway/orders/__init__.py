"""Orders, as far as messages need them (R-ORDER)."""
