"""Changes as they happen, streamed to those they concern (R-INBOX-7)."""
