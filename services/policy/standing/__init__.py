"""Standing: what repeated violations lead to, step by step, and what operators decide instead (R-POLICY-7)."""
