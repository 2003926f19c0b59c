"""The `tramite` command: starts services, looks after them, and may know all five."""
