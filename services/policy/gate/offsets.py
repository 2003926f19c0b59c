"""Where every character of a derived text came from in the text it was derived from."""

from bisect import bisect_right


class OffsetMap:
    """Maps positions of a derived text back to its source, in O(log pieces).

    The derived text is a sequence of pieces. A linear piece has one source character per character; an
    atomic piece (a decoded entity, a joined word) stands as a whole for its whole source range.
    """

    __slots__ = ("_at", "_atomic", "_ends", "_starts")

    def __init__(self) -> None:
        self._at: list[int] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._atomic: list[bool] = []

    def add(self, at: int, start: int, end: int, *, atomic: bool) -> None:
        """Record that the derived text from `at` on comes from the source's `[start, end)`."""
        self._at.append(at)
        self._starts.append(start)
        self._ends.append(end)
        self._atomic.append(atomic)

    def start(self, position: int) -> int:
        """Return where the character at `position` begins in the source."""
        if not self._at:
            return 0
        piece = max(bisect_right(self._at, position) - 1, 0)
        if self._atomic[piece]:
            return self._starts[piece]
        return min(self._starts[piece] + position - self._at[piece], self._ends[piece])

    def end(self, position: int) -> int:
        """Return where the character before `position` ends in the source."""
        if not self._at or position <= 0:
            return self.start(0)
        piece = max(bisect_right(self._at, position - 1) - 1, 0)
        if self._atomic[piece]:
            return self._ends[piece]
        return min(self._starts[piece] + position - self._at[piece], self._ends[piece])


class Derived:
    """Builds a derived text piece by piece, together with its `OffsetMap`."""

    __slots__ = ("_length", "_parts", "map")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self.map = OffsetMap()

    def __len__(self) -> int:
        return self._length

    @property
    def ends_line(self) -> bool:
        """Whether the last piece is a line break."""
        return self._parts[-1] == "\n"

    def append(self, text: str, start: int, end: int) -> None:
        """Add `text`, derived from the source's `[start, end)`; of equal lengths means one to one."""
        if not text:
            return
        self.map.add(self._length, start, end, atomic=len(text) != end - start)
        self._parts.append(text)
        self._length += len(text)

    def since(self, position: int) -> str:
        """Return what was appended since the text was `position` long."""
        parts: list[str] = []
        length = self._length
        for part in reversed(self._parts):
            if length <= position:
                break
            parts.append(part)
            length -= len(part)
        return "".join(reversed(parts))

    @property
    def text(self) -> str:
        """The text derived so far."""
        return "".join(self._parts)
