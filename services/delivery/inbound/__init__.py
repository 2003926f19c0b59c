"""Mail coming in: the SMTP door, who may write to which alias, and the intake."""
