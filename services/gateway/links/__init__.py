"""Pages behind the links in mails: GET shows what would happen, POST does it (R-MAIL-2, R-MAIL-7)."""
