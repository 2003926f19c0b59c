"""Which words a message holds, and which ones a search asks for. Pure.

Both go the same way: case and accents folded, whole words. Japanese and Chinese set no blanks: there each character is
a word, and each two that stand side by side, so that any stretch of them is found.
"""

import re
from collections.abc import Iterator
from html import unescape
from itertools import chain, pairwise

import nh3

from services.gateway.mailbox.normalising import normalise
from shared.contracts.facts import Content

MOST_WORDS = 2_000
_LONGEST_TEXT = 100_000
# What nests as deeply as it can costs the parser the square of its length: so much a quarter of a second and 120 MB,
# five times as much eight seconds and 3 GB.
_LONGEST_HTML = 10_000
# Above these, reading takes long enough to be felt by everything else in the event loop.
_LONGEST_TEXT_IN_LOOP = 20_000
_LONGEST_HTML_IN_LOOP = 2_000

_ACCENTS = re.compile("[\u0300-\u036f]+")
# Letters with a stroke and double letters, which Unicode does not take apart.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_UNSPACED = (
    "\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_SPACED = re.compile(rf"[^\W_{_UNSPACED}]+")
_STRETCH = re.compile(rf"[{_UNSPACED}]+")
# Mail programs break Japanese lines anywhere.
_BREAK = re.compile(rf"(?<=[{_UNSPACED}])[ \t]*\r?\n[ \t]*(?=[{_UNSPACED}])")
_ATEXT = r"a-z0-9!#$%&'*+/=?^_`{|}~.\-"
_ADDRESS = re.compile(rf"(?<![{_ATEXT}@])[{_ATEXT}]*+@[{_ATEXT}@]*+")
_TAG = re.compile(r"<[^<>]*>")
_BLOCKS_NAMES = """
    address article aside blockquote br center dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li
    main nav ol p pre section table tbody td tfoot th thead tr ul
"""
_BLOCKS = set(_BLOCKS_NAMES.split())
# Their content is no text for a reader.
_UNSEEN_NAMES = """
    applet audio canvas embed head iframe math noembed noframes noscript object script style svg template title video
"""
_UNSEEN = set(_UNSEEN_NAMES.split())


def list_words(content: Content) -> list[str]:
    """Return the different words of subject, attachments' names, text and visible HTML: the first 2,000."""
    found: dict[str, None] = {}
    for text in _list_texts(content):
        found.update(dict.fromkeys(split_text(text)))
        if len(found) >= MOST_WORDS:
            break
    return list(found)[:MOST_WORDS]


def takes_long(content: Content) -> bool:
    """Say whether `list_words` belongs into a thread, which it lets others run beside."""
    return len(content.text) > _LONGEST_TEXT_IN_LOOP or len(content.html or "") > _LONGEST_HTML_IN_LOOP


def split_text(text: str) -> Iterator[str]:
    """Yield the words of a text; e-mail addresses are none."""
    spaced, stretches = _cut(text)
    return chain(spaced, chain.from_iterable(chain(stretch, _pair(stretch)) for stretch in stretches))


def split_keyword(keyword: str) -> list[str]:
    """Return the different words that a message must hold to be found; none where nothing of the kind is said."""
    spaced, stretches = _cut(keyword)
    sought = (_pair(stretch) if len(stretch) > 1 else (stretch,) for stretch in stretches)
    return list(dict.fromkeys(chain(spaced, chain.from_iterable(sought))))


def show(source: str) -> str:
    """Return the words of an HTML text that its readers see."""
    clean = nh3.clean(source[:_LONGEST_HTML], tags=_BLOCKS, clean_content_tags=_UNSEEN, attributes={}, link_rel=None)
    return unescape(_TAG.sub("\n", clean))


def fold(text: str) -> str:
    """Return a text as it is compared: in lower case, without accents, in one width."""
    if text.isascii():
        return text.lower()
    apart = normalise("NFKD", text.casefold())
    return normalise("NFKC", _ACCENTS.sub("", apart)).casefold().translate(_LETTERS)


def _list_texts(content: Content) -> Iterator[str]:
    yield content.subject
    yield from (part.name for part in content.attachments)
    yield content.text
    if content.html is not None:
        yield show(content.html)


def _cut(text: str) -> tuple[list[str], list[str]]:
    """Return the words that stand between blanks, and the stretches that know none."""
    # Real addresses are shown to nobody, and a search must not tell whether one stands somewhere (R-ALIAS-6).
    plain = _ADDRESS.sub(" ", fold(text[:_LONGEST_TEXT]))
    return _SPACED.findall(plain), [] if plain.isascii() else _STRETCH.findall(_BREAK.sub("", plain))


def _pair(stretch: str) -> Iterator[str]:
    return map("".join, pairwise(stretch))
