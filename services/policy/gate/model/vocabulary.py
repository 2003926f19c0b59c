# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False
"""The words met of late, each with what it came to; compiled where that can be done.

Of each there is one record of two octets a number: memory further away than a processor's own is what looking words
up takes time for, so that all that is asked for of a word stands together.
"""

from array import array

# A table that is searched from where a key falls on must be larger than its keys.
_PLACES_FOR_EACH = 2
# What a key is kept less: its numbers go from 0 to 65,535.
_MIDDLE = 1 << 15
# Whoever knows the sums that keys are placed by can write words that crowd: they must not make all others slow.
_MOST_LOOKS = 16


class Vocabulary:
    """Keys of a few numbers, each with as many values."""

    def __init__(self, most: int, longest: int, values: int) -> None:
        """Make room for `most` keys, a power of two, of up to `longest` numbers, with `values` behind each."""
        self.most, self.count, self.place = most, 0, 0
        self.first, self.width = 1 + longest, 1 + longest + values
        # How long a key is, the key, its values.
        self.records = array("h", [0]) * (most * self.width)
        self.places = array("i", [-1]) * (most * _PLACES_FOR_EACH)

    def find(self, key: "array[int]", size: int, mixed: int) -> int:
        """Return where the values of the first `size` of `key` begin in `records`; -1 if it is not known.

        `mixed` is any number that follows from the key. The place where the search ended is kept: `add` takes it.
        """
        first = mixed & self.most * _PLACES_FOR_EACH - 1
        self.place = first
        for _ in range(_MOST_LOOKS):
            if self.places[self.place] < 0:
                return -1
            if _is_at(self.records, self.places[self.place], key, size):
                return self.places[self.place] + self.first
            self.place = self.place + 1 & self.most * _PLACES_FOR_EACH - 1
        # One that crowds gives way.
        self.place = first
        return -1

    def look_ahead(self, mixed: "array[int]", count: int) -> int:
        """Fetch what stands where the first `count` keys are searched for; return a number that says nothing.

        Memory answers many questions in the time of one, if none waits for the answer to another.
        """
        return _touch(self.places, self.records, mixed, count, self.most * _PLACES_FOR_EACH - 1, self.width)

    def add(self, key: "array[int]", size: int, mixed: int) -> int:
        """Return where the values of a key shall be that was just not found; where there is no room, forget all."""
        if self.count == self.most:
            self.count = 0
            for place in range(self.most * _PLACES_FOR_EACH):
                self.places[place] = -1
            self.find(key, size, mixed)
        record = self.count * self.width
        self.records[record] = size
        for at in range(size):
            self.records[record + 1 + at] = key[at] - _MIDDLE
        self.places[self.place] = record
        self.count += 1
        return record + self.first


def _touch(places: "array[int]", records: "array[int]", mixed: "array[int]", count: int, last: int, width: int) -> int:
    touched = 0
    for number in range(count):
        record = max(0, places[mixed[number] & last])
        touched += records[record] + records[record + width // 2] + records[record + width - 1]
    return touched


def _is_at(records: "array[int]", record: int, key: "array[int]", size: int) -> bool:
    if records[record] != size:
        return False
    for at in range(size):  # noqa: SIM110  # a generator would not be compiled to a loop
        if records[record + 1 + at] != key[at] - _MIDDLE:
            return False
    return True
