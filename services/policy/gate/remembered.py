"""What a pure function came to, remembered within bounds: words come back all the time."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import islice
from typing import Generic, TypeVar

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


class RememberedTogether(Generic[_Key, _Value]):
    """Remembers in the same way what a function came to that answers for many keys at once."""

    def __init__(
        self, find: Callable[[Sequence[_Key]], Iterable[_Value]], most: int, is_worth_it: Callable[[_Key], bool]
    ) -> None:
        """Ask `find` for what is not known; keep at most `most` answers, of such keys as are worth it."""
        self._find, self._half, self._is_worth_it = find, most // 2, is_worth_it
        self._newer: dict[_Key, _Value] = {}
        self._older: dict[_Key, _Value] = {}

    def list_all(self, keys: Sequence[_Key]) -> list[_Value]:
        """Return the answers for `keys`, in order."""
        # Another thread may change them meanwhile.
        newer, older = self._newer, self._older
        answers: dict[_Key, _Value] = {}
        kept: dict[_Key, _Value] = {}
        new: dict[_Key, None] = {}
        for key in keys:
            if key in newer:
                answers[key] = newer[key]
            elif key in older:
                answers[key] = kept[key] = older[key]
            else:
                new[key] = None
        if new:
            found = dict(zip(new, self._find(list(new)), strict=True))
            answers.update(found)
            kept.update((key, found[key]) for key in filter(self._is_worth_it, found))
        if len(self._newer) + len(kept) > self._half:
            self._newer, self._older = {}, self._newer
        self._newer.update(islice(kept.items(), self._half))
        return [answers[key] for key in keys]
