"""How a seller keeps threads in order: folders, labels, priority, archive, deletion (R-INBOX-2)."""
