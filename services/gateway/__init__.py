"""The gateway: the HTTP door of Tramite, keeper of parties, orders, threads and messages."""
