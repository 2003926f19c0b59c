"""The delivery service: takes mail in, sends mail out, and knows which mail is which on both sides."""
