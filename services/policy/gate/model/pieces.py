"""The features of a text: words, pieces of words and pairs of words, each as the number of a bucket.

Latin words give themselves, their n-grams of three to five characters with the word's edges, and the pair they
form with the word before. Japanese, which sets no blanks, gives runs of one to four characters from each place.
"""

import re
from collections.abc import Iterator
from zlib import crc32

BUCKETS = 1 << 17
_TOKEN = re.compile(r"[\u3005-\u30ff\u3400-\u9fff]+|[a-z\u00df-\u024f]+|\d[\d.,/:-]*|[%$€£¥?!]|_+")
_FIRST_JAPANESE = "\u3005"
_LONGEST_WORD = 24
_SHORTEST_PIECE, _LONGEST_PIECE = 3, 5
_LONGEST_RUN = 4


def units(sentence: str) -> Iterator[str]:
    """Yield what a folded sentence consists of: words, pairs of words (`a b`), and Japanese runs (`~` before them).

    Numbers are all alike, and so are links, which come as underscores.
    """
    before = "^"
    for token in _TOKEN.findall(sentence):
        if token[0] >= _FIRST_JAPANESE:
            for at in range(len(token)):
                yield "~" + token[at : at + _LONGEST_RUN]
            before = "~"
        else:
            word = _plain(token)
            yield word
            yield f"{before} {word}"
            before = word


def buckets(unit: str) -> list[int]:
    """Return the buckets of one unit: several for a word or a run, one for a pair."""
    if unit[0] == "~":
        return [_bucket(unit[:end]) for end in range(2, len(unit) + 1)]
    if " " in unit or not unit[0].isalpha():
        return [_bucket(unit)]
    edged = f"<{unit}>"
    found = [_bucket(unit)]
    for size in range(_SHORTEST_PIECE, _LONGEST_PIECE + 1):
        found += [_bucket(edged[at : at + size]) for at in range(len(edged) - size + 1)]
    return found


def _plain(token: str) -> str:
    if token[0].isdigit():
        return "0"
    return "_" if token[0] == "_" else token[:_LONGEST_WORD]


def _bucket(piece: str) -> int:
    return crc32(piece.encode()) % BUCKETS
