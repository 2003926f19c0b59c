"""A small statistical model: linear weights for each semantic rule, over pieces of words, in six languages."""
