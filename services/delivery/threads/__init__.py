"""Which mail answers which, on both sides: Message-IDs mapped both ways (R-MAIL-1)."""
