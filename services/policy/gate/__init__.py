"""The gate: judges one message by rules that are data, and says why."""
