"""What a pure function came to, remembered within bounds: words come back all the time."""

from collections.abc import Callable, Hashable
from typing import TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Remembered(dict[_Key, _Value]):
    """Remembers what a function came to, and forgets all of it when that is too much."""

    def __init__(self, find: Callable[[_Key], _Value], most: int) -> None:
        """Ask `find` for what is not known; keep at most `most` answers."""
        super().__init__()
        self._find, self._most = find, most

    def __missing__(self, key: _Key) -> _Value:
        """Find, and remember, the answer for `key`."""
        if len(self) >= self._most:
            self.clear()
        value = self[key] = self._find(key)
        return value
