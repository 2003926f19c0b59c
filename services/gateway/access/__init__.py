"""Who may call what: callers, roles, scopes and tokens."""
