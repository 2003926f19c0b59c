"""Numbers and rules that other services keep, passed on to those they concern."""
