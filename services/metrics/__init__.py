"""The metrics service: owns response turns and the numbers made of them."""
