"""Rounds of work that keep apart, so that under load each takes more on."""

import asyncio


class Rounds:
    """Rounds begin at least `seconds` after each other; what comes alone does not wait."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next_at = 0.0

    async def wait(self) -> None:
        """Wait until the next round may begin."""
        early = self._next_at - asyncio.get_running_loop().time()
        if early > 0:
            await asyncio.sleep(early)

    def begin(self) -> None:
        """Begin a round now."""
        self._next_at = asyncio.get_running_loop().time() + self._seconds
