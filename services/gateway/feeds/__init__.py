"""Files of shipments and adjustments, worked through row by row with a report (R-ORDER-3)."""
