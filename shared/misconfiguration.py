"""What is wrong with an installation's settings, said to whoever starts it."""


class MisconfiguredError(ValueError):
    """A setting cannot be used. The text names the variable and what to write, and shows no secret."""
