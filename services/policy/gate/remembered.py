"""What a pure function came to, remembered within bounds: words come back all the time."""

from collections.abc import Callable, Hashable
from typing import TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Remembered(dict[_Key, _Value]):
    """Remembers what a function came to. When that is too much, it forgets what nobody has asked for of late."""

    def __init__(self, find: Callable[[_Key], _Value], most: int) -> None:
        """Ask `find` for what is not known; keep at most `most` answers."""
        super().__init__()
        self._find, self._half = find, most // 2
        self._older: dict[_Key, _Value] = {}

    def __missing__(self, key: _Key) -> _Value:
        """Find, and remember, the answer for `key`."""
        value = self._older[key] if key in self._older else self._find(key)
        if len(self) >= self._half:
            self._older = dict(self)
            self.clear()
        self[key] = value
        return value
