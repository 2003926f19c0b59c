"""Threads and messages: what comes in, what became of it, what each side sees."""
