"""Where every character of a derived text came from in the text it was derived from."""

from bisect import bisect_right
from itertools import accumulate


class OffsetMap:
    """Maps positions of a derived text back to its source, in O(log pieces) after the first.

    The derived text is a sequence of pieces. A linear piece has one source character per character; an
    atomic piece (a decoded entity, a joined word) stands as a whole for its whole source range.
    """

    __slots__ = ("_at", "_ends", "_parts", "_starts")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._at: list[int] = []

    def start(self, position: int) -> int:
        """Return where the character at `position` begins in the source."""
        if not self._parts:
            return 0
        piece = self._piece(position)
        if self._is_atomic(piece):
            return self._starts[piece]
        return min(self._starts[piece] + position - self._at[piece], self._ends[piece])

    def end(self, position: int) -> int:
        """Return where the character before `position` ends in the source."""
        if not self._parts or position <= 0:
            return self.start(0)
        piece = self._piece(position - 1)
        if self._is_atomic(piece):
            return self._ends[piece]
        return min(self._starts[piece] + position - self._at[piece], self._ends[piece])

    def _piece(self, position: int) -> int:
        # Most texts have nothing in them that anyone asks the place of.
        if len(self._at) != len(self._parts):
            self._at = [0, *accumulate(map(len, self._parts[:-1]))]
        return max(bisect_right(self._at, position) - 1, 0)

    def _is_atomic(self, piece: int) -> bool:
        return len(self._parts[piece]) != self._ends[piece] - self._starts[piece]


class Derived(OffsetMap):
    """Builds a derived text piece by piece, and maps it back."""

    __slots__ = ()

    @property
    def map(self) -> OffsetMap:
        """The way back."""
        return self

    @property
    def pieces(self) -> int:
        """How many pieces the text has."""
        return len(self._parts)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def append(self, text: str, start: int, end: int) -> None:
        """Add `text`, derived from the source's `[start, end)`; of equal lengths means one to one."""
        if text:
            self._parts.append(text)
            self._starts.append(start)
            self._ends.append(end)

    def end_line(self, at: int) -> None:
        """Add a line break that stands for nothing at `at`, but for an empty text and after another one."""
        if self._parts and self._parts[-1] != "\n":
            self.append("\n", at, at)

    def since(self, piece: int) -> str:
        """Return what was appended since the text had as many pieces."""
        return "".join(self._parts[piece:])

    @property
    def text(self) -> str:
        """The text derived so far."""
        return "".join(self._parts)
