"""What operators do with the outbound queue: look at it, try mails again, hold and release them."""
