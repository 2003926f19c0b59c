"""The features of a sentence: words, pieces and pairs of words, and what they speak of; each the number of a bucket.

Latin words give themselves, their n-grams of three to five characters with the word's edges, and the pair they
form with the word before. Japanese, which sets no blanks, gives runs of two to four characters from each place.
What words speak of counts in any language alike: each concept, in answers once more, and each with the next few.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from zlib import crc32

from services.policy.gate.model.concepts import Concepts, Meaning, features, joint_features

BUCKETS = 1 << 18
REACH = 3
"""With how many of the following words that speak of something one is taken together."""

_NUMBER = re.compile(r"\d[\d.,/:-]*|_{2,}")
_FIGURE = re.compile(r"[\d_]")
_ASCII_TOKEN = re.compile(r"[a-z]{1,24}|[0%$?!_]")
_TOKEN = re.compile(r"[\u3005-\u30ff\u3400-\u9fff]+|[a-z\u00df-\u024f]{1,24}|[0%$€£¥?!_]")
FIRST_JAPANESE = "\u3005"
"""The first character of Japanese stretches; no other token begins with one that comes after it."""
_PIECES = range(3, 6)
_MOST_WORDS = 1_024
LONGEST_RUN = 4
"""How many characters of a Japanese stretch are taken together at most."""


def tokens(sentence: str) -> list[str]:
    """Return the words, signs and Japanese stretches of a folded sentence.

    Numbers are all alike, and so are links, which come as underscores.
    """
    if _FIGURE.search(sentence) is not None:
        sentence = _NUMBER.sub(_plain, sentence)
    return (_ASCII_TOKEN if sentence.isascii() else _TOKEN).findall(sentence)


def is_japanese(token: str) -> bool:
    """Tell whether a token is a stretch of Japanese, which holds several words."""
    return token[0] >= FIRST_JAPANESE


@lru_cache(maxsize=_MOST_WORDS)
def word_buckets(word: str) -> Sequence[int]:
    """Return the buckets of a word and its pieces, or of a sign; kept a while, as both models ask."""
    if not word[0].isalpha():
        return (bucket(word),)
    edged = f"<{word}>"
    if word.isascii():
        octets = edged.encode()
        pieces = [octets[at : at + size] for size in _PIECES for at in range(len(octets) - size + 1)]
    else:
        pieces = [edged[at : at + size].encode() for size in _PIECES for at in range(len(edged) - size + 1)]
    return (bucket(word), *[crc32(piece) % BUCKETS for piece in pieces])


def run_buckets(run: str) -> list[int]:
    """Return the buckets of the first few characters of a Japanese run: of one, of two together, and so on."""
    return [crc32(f"~{run[:end]}".encode()) % BUCKETS for end in range(1, min(len(run), LONGEST_RUN) + 1)]


def pair_buckets(words: Sequence[str], before: str = "^") -> list[int]:
    """Return the buckets of each word and the one before it; before the first word of a sentence stands `^`."""
    pairs = zip(chain((before,), words), words, strict=False)
    return [crc32(f"{first} {second}".encode()) % BUCKETS for first, second in pairs]


def bucket(feature: str) -> int:
    """Return the number of the bucket that a feature falls into."""
    return crc32(feature.encode()) % BUCKETS


def buckets(sentence: str, concepts: Concepts, *, reply: bool = False) -> tuple[list[int], list[int]]:
    """Return the buckets of a sentence's words, and of what they speak of: plainly, as training reads it."""
    words: list[int] = []
    spoken: list[Meaning] = []
    before = "^"
    for token in tokens(sentence):
        if is_japanese(token):
            words += chain.from_iterable(run_buckets(token[at:]) for at in range(len(token)))
            spoken += concepts.of_stretch(token)
            before = "~"
        else:
            words += [*word_buckets(token), *pair_buckets([token], before)]
            spoken.append(concepts.of_word(token))
            before = token
    spoken = [meaning for meaning in spoken if meaning]
    named = [feature for meaning in spoken for feature in features(meaning, reply=reply)]
    for at, meaning in enumerate(spoken):
        for other in spoken[at + 1 : at + 1 + REACH]:
            named += joint_features(meaning, other)
    return words, [bucket(feature) for feature in named]


def _plain(match: re.Match[str]) -> str:
    return "_" if match.group()[0] == "_" else "0"
