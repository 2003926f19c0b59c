"""Mail going out: the queue, the worker that empties it, and the ways a mail leaves the house."""
