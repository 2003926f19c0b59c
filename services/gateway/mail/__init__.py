"""The outbound mail queue for operators, kept by the delivery service."""
