"""Tells in which language a text is written, where that is beyond doubt; the models load at the first question."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from lingua import IsoCode639_1, Language, LanguageDetector, LanguageDetectorBuilder

_LANGUAGES = (
    Language.ITALIAN,
    Language.ENGLISH,
    Language.GERMAN,
    Language.FRENCH,
    Language.SPANISH,
    Language.JAPANESE,
    Language.DUTCH,
    Language.POLISH,
    Language.SWEDISH,
    Language.TURKISH,
    Language.PORTUGUESE,
)
_NO_WORDS = re.compile(r"(?:https?://|www\.)\S{1,2000}|\S{1,64}@\S{1,255}|[\d\W_]{1,200}", re.ASCII)
_NO_LETTERS = re.compile(r"(?:https?://|www\.)\S{1,2000}|\S{1,64}@\S{1,255}|[\d_]{1,200}")
_JAPANESE = re.compile(r"[\u3040-\u30ff]")
_PART = re.compile(r"[.!?。！？\n]+")  # noqa: RUF001  # Japanese sentences end in these
_FEWEST_LETTERS, _FEWEST_JAPANESE, _PART_LETTERS = 60, 12, 18
_LONGEST = 4000
_CERTAIN, _UNLIKELY, _PLAUSIBLE = 0.8, 0.2, 0.9


@cache
def _stopwords() -> Mapping[str, frozenset[str]]:
    lists = tomllib.loads(Path(__file__).with_name("stopwords.toml").read_text(encoding="utf-8"))
    return {code: frozenset(words) for code, words in lists.items()}


@cache
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(*_LANGUAGES).with_low_accuracy_mode().build()


def certain(text: str) -> str | None:
    """Return the ISO 639-1 code of the one language `text` is clearly in; `None` for short or mixed text."""
    words = _words(text)
    if len(_JAPANESE.findall(words)) >= _FEWEST_JAPANESE:
        return "ja" if len(_JAPANESE.findall(words)) * 4 > len(words) else None
    if len(words) < _FEWEST_LETTERS:
        return None
    best = _detector().compute_language_confidence_values(words)[0]
    return _code(best.language) if best.value >= _CERTAIN else None


def clearly_other(text: str, wanted: str) -> str | None:
    """Return the code of the language `text` is clearly in, if that is not `wanted`; else `None`.

    Short text gets the benefit of the doubt, and so does mixed text: one sentence in `wanted` is enough.
    """
    wanted = wanted.partition("-")[0].lower()
    found = certain(text)
    return None if found is None or found == wanted or _may_be(text, wanted, found) else found


def _may_be(text: str, wanted: str, found: str) -> bool:
    """Tell whether `text`, taken for `found`, may after all be or contain `wanted`."""
    if wanted == "ja":
        return _JAPANESE.search(text) is not None
    language = next((one for one in _LANGUAGES if _code(one) == wanted), None)
    if language is None:
        return False
    if found != "ja" and _detector().compute_language_confidence(_words(text), language) > _UNLIKELY:
        return True
    if _counted(text, wanted) * 2 > _counted(text, found):
        return True
    parts = [part for part in map(_words, _PART.split(text[:_LONGEST])) if len(part) >= _PART_LETTERS]
    return any(_detector().compute_language_confidence(part, language) > _PLAUSIBLE for part in parts)


def _counted(text: str, language: str) -> int:
    """Return how many words of `text` are small words of `language`."""
    small = _stopwords().get(language, frozenset())
    return sum(word in small for word in re.findall(r"[^\W\d_]+", text[:_LONGEST].lower()))


def _words(text: str) -> str:
    return " ".join(_NO_WORDS.sub(" ", text[:_LONGEST]).split()) if text.isascii() else _plain(text)


def _plain(text: str) -> str:
    return " ".join(_NO_LETTERS.sub(" ", text[:_LONGEST]).split())


def _code(language: Language) -> str:
    code: IsoCode639_1 = language.iso_code_639_1
    return code.name.lower()
