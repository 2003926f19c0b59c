"""The demo: a made-up marketplace and one conversation through the real doors."""
