"""What every service stands on: contracts, bus, outbox, inbox, database, sealing, HTTP, running."""
