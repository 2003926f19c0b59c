"""Third-party apps: who may act for which seller, and the short-lived tokens they do it with (R-PRIVACY-3)."""
