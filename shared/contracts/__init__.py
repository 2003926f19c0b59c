"""The events that services tell each other, one module per owner."""
