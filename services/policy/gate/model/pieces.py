"""What both models read of a sentence, said plainly, as training reads it; `lookup` and `tokens` read it quickly.

The linear model reads features, each the number of a bucket. Latin words give themselves, their n-grams of three to
five characters with the word's edges, and the pair they form with the word before. Japanese, which sets no blanks,
gives runs of one to four characters from each place. What words speak of counts in any language alike: each concept,
in answers once more, and each with the next few. The net reads words in their order, each with its pieces and
concepts.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from zlib import crc32

from services.policy.gate.model.concepts import Concepts, Meaning, features, joint_features

BUCKETS = 1 << 18
"""How many rows the linear model's table has."""
ZERO = 128
"""The byte that says nothing in that table."""
ROWS = 1 << 15
"""How many vectors of pieces the net has."""
REACH = 3
"""With how many of the following words that speak of something one is taken together."""
LONGEST_WORD = 24
"""How many letters a word has at most; what is longer is several."""
SMALLEST, LARGEST = 3, 5
"""How many characters a piece of a word has, its edges among them, at least and at most."""
LONGEST_RUN = 4
"""How many characters of a Japanese stretch are taken together at most."""
MOST_PIECES, MOST_MEANINGS = 14, 3
"""How many pieces of a word, and how many of the things that it speaks of, the net looks at."""
FIRST_JAPANESE = "\u3005"
"""The first character of Japanese stretches; no other token begins with one that comes after it."""
NEIGHBOURS, STRIDES = 5, (1, 2)
"""How many words each pass of the net takes together, and how far apart they stand."""
AROUND = max(STRIDES) * (NEIGHBOURS // 2)
"""How many words away the furthest neighbour stands that a pass takes in."""
END = "|"
"""Stands after each sentence that the net reads."""

_NUMBER = re.compile(r"\d[\d.,/:-]*|_{2,}")
_TOKEN = re.compile(rf"[\u3005-\u30ff\u3400-\u9fff]+|[a-z\u00df-\u024f]{{1,{LONGEST_WORD}}}|[0%$€£¥?!_]")
_SIZES = range(SMALLEST, LARGEST + 1)
_MOST_WORDS = 65_536


def tokens(sentence: str) -> list[str]:
    """Return the words, signs and Japanese stretches of a folded sentence.

    Numbers are all alike, and so are links, which come as underscores.
    """
    return _TOKEN.findall(_NUMBER.sub(_plain, sentence))


def is_japanese(token: str) -> bool:
    """Tell whether a token is a stretch of Japanese, which holds several words."""
    return token[0] >= FIRST_JAPANESE


@lru_cache(maxsize=_MOST_WORDS)
def word_buckets(word: str) -> Sequence[int]:
    """Return the buckets of a word and its pieces, or of a sign."""
    if not word[0].isalpha():
        return (bucket(word),)
    edged = f"<{word}>"
    pieces = [edged[at : at + size] for size in _SIZES for at in range(len(edged) - size + 1)]
    return (bucket(word), *map(bucket, pieces))


def run_buckets(run: str) -> list[int]:
    """Return the buckets of the first few characters of a Japanese run: of one, of two together, and so on."""
    return [bucket(f"~{run[:end]}") for end in range(1, min(len(run), LONGEST_RUN) + 1)]


def pair_buckets(words: Sequence[str], before: str = "^") -> list[int]:
    """Return the buckets of each word and the one before it; before the first word of a sentence stands `^`."""
    return [bucket(f"{first} {second}") for first, second in zip(chain((before,), words), words, strict=False)]


def bucket(feature: str) -> int:
    """Return the number of the bucket that a feature falls into."""
    return crc32(feature.encode()) % BUCKETS


def buckets(sentence: str, concepts: Concepts, *, reply: bool = False) -> tuple[list[int], list[int]]:
    """Return the buckets of a sentence's words, and of what they speak of."""
    read: list[int] = []
    spoken: list[Meaning] = []
    before = "^"
    for token in tokens(sentence):
        if is_japanese(token):
            read += chain.from_iterable(run_buckets(token[at:]) for at in range(len(token)))
            spoken += concepts.of_stretch(token)
            before = "~"
        else:
            read += [*word_buckets(token), *pair_buckets([token], before)]
            spoken.append(concepts.of_word(token))
            before = token
    spoken = [meaning for meaning in spoken if meaning]
    named = [feature for meaning in spoken for feature in features(meaning, reply=reply)]
    for at, meaning in enumerate(spoken):
        for other in spoken[at + 1 : at + 1 + REACH]:
            named += joint_features(meaning, other)
    return read, [bucket(feature) for feature in named]


def words(sentences: Iterable[str], concepts: Concepts) -> list[str]:
    """Return the words of folded sentences, with an `END` after each; what is said twice is read once.

    Of a Japanese stretch: each word that the lists know, each other character, with what comes after it.
    """
    found: list[str] = []
    for sentence in dict.fromkeys(sentences):
        for token in tokens(sentence):
            if is_japanese(token):
                found += _japanese(token, concepts)
            else:
                found.append(token)
        found.append(END)
    return found


def pieces_of(word: str) -> list[int]:
    """Return the rows of the net's table that a word, as `words` returns them, is made of."""
    if is_japanese(word):
        run, _, known = word.partition(END)
        numbers: Sequence[int] = run_buckets(run) + (run_buckets(known) if len(known) > 1 else [])
    else:
        numbers = word_buckets(word)
    return [number % ROWS for number in numbers[:MOST_PIECES]]


def meanings_of(word: str, concepts: Concepts) -> Sequence[str]:
    """Return what a word, as `words` returns them, speaks of."""
    meaning = concepts.of_run(word.partition(END)[2])[0] if is_japanese(word) else concepts.of_word(word)
    return meaning[:MOST_MEANINGS]


def _japanese(stretch: str, concepts: Concepts) -> Sequence[str]:
    found = []
    at = 0
    while at < len(stretch):
        size = concepts.of_run(stretch[at:])[1]
        found.append(f"{stretch[at : at + LONGEST_RUN]}{END}{stretch[at : at + size]}")
        at += size
    return found


def _plain(match: re.Match[str]) -> str:
    return "_" if match.group()[0] == "_" else "0"
