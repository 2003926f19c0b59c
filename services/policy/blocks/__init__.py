"""Blocks: whom operators stop at their discretion (R-POLICY-10), and whom a receiver wants to hear no more of."""
