"""Garbage collection that walks through nothing that stays.

Thousands of tests with all that they import are half a million objects, which live until the process ends. Walking
through them again and again, and once more at the exit, takes each worker seconds of the run.
"""

import atexit
import gc
from collections.abc import Generator

import pytest

# What was registered first runs last, when nothing asks any more what is garbage.
atexit.register(gc.freeze)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected, and in none of them afterwards."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()
