"""The services of Tramite, and what starts them."""
