"""Tokens of HTML that the sanitiser wrote, and text made from them and for them.

The sanitiser's output is regular: quotes around every attribute, no comments, no raw text elements. Only such HTML is
read here.
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

VOID = frozenset({"br", "hr", "img", "col", "wbr"})
_TOKEN = re.compile(r'<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)(?P<attributes>(?:[^<>"]|"[^"]*")*)>|[^<]+|<')
# In sanitised HTML an attribute's value holds no angle bracket.
TAG = re.compile(r"<[a-z][^<>]*>")
IMAGE = re.compile(r"<img\b[^<>]*>")
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
BLOCKS_NAMES = """
    address article aside blockquote center dd div dl dt figure figcaption footer h1 h2 h3 h4 h5 h6 header hr li
    main nav ol p pre section table tbody tfoot thead tr ul
"""
BLOCKS = frozenset(BLOCKS_NAMES.split())
_PARAGRAPHS_NAMES = """
    blockquote h1 h2 h3 h4 h5 h6 p ol ul table pre
"""
_PARAGRAPHS = frozenset(_PARAGRAPHS_NAMES.split())
_BLANKS = re.compile(r"[ \t\n\f\r]+")
_QUOTE = re.compile(r"^((?:> ?)*)(.*)$", re.DOTALL)


class Token(NamedTuple):
    """One tag or one run of text, with its place in the source."""

    start: int
    end: int
    name: str
    closing: bool
    attributes: str
    text: str

    @property
    def is_text(self) -> bool:
        """A run of text, its entities still encoded."""
        return not self.name

    def attribute(self, name: str) -> str | None:
        """Give an attribute's decoded value."""
        return next((html.unescape(value) for key, value in _ATTRIBUTE.findall(self.attributes) if key == name), None)


def read_tokens(source: str) -> Iterator[Token]:
    """Cut sanitised HTML into tokens that cover all of it, in order; linear in its length."""
    for hit in _TOKEN.finditer(source):
        name = (hit["name"] or "").lower()
        yield Token(hit.start(), hit.end(), name, bool(hit["close"]), hit["attributes"] or "", "" if name else hit[0])


class _Page:
    """Lines of text under construction, with the quote depth that each began at."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line = ""
        self.depth = 0
        self.blank_wanted = False

    def add(self, text: str, *, exact: bool) -> None:
        if exact:
            first, *rest = text.split("\n")
            self._append(first)
            for line in rest:
                self.end_line(force=True)
                self._append(line)
            return
        text = _BLANKS.sub(" ", text)
        if not self.line or self.line.endswith((" ", "\n")):
            text = text.lstrip(" ")
        self._append(text)

    def _append(self, text: str) -> None:
        if text and not self.line and self.blank_wanted:
            if self.lines:
                self.lines.append("> " * self.depth)
            self.blank_wanted = False
        self.line += text

    def end_line(self, *, force: bool = False) -> None:
        if self.line or force:
            self.lines.append("> " * self.depth + self.line.rstrip(" "))
        self.line = ""

    def finish(self) -> str:
        self.end_line()
        return "\n".join(line.rstrip(" ") if not line.strip("> ") else line for line in self.lines).strip("\n")


def _enter_or_leave(page: _Page, token: Token) -> None:
    if token.name in BLOCKS:
        page.end_line()
    if token.name in _PARAGRAPHS:
        page.blank_wanted = True
    if token.name == "blockquote":
        page.depth = max(0, page.depth + (-1 if token.closing else 1))
    if token.closing:
        return
    if token.name == "li":
        page.add("- ", exact=False)
    if token.name == "hr":
        page.add("-" * 20, exact=False)
        page.end_line()
    if token.name in {"td", "th"} and page.line:
        page.add(" ", exact=False)


def write_text(source: str) -> str:
    """Turn sanitised HTML into plain text (R-MAIL-5).

    Blocks become lines, quotations `>` lines, a link shows its address where its text does not, an image its
    description. Every character of the HTML's own text is kept except white space that HTML itself collapses.
    """
    page = _Page()
    preformatted = 0
    target = ""
    link_text = ""
    for token in read_tokens(source):
        if token.is_text:
            text = html.unescape(token.text)
            link_text += text if target else ""
            page.add(text, exact=preformatted > 0)
            continue
        _enter_or_leave(page, token)
        if token.name == "br":
            page.end_line(force=True)
        elif token.name == "pre":
            preformatted = max(0, preformatted + (-1 if token.closing else 1))
        elif token.name == "img" and not token.closing:
            page.add(token.attribute("alt") or "", exact=False)
        elif token.name == "a" and not token.closing:
            target, link_text = token.attribute("href") or "", ""
        elif token.name == "a":
            bare = target.removeprefix("mailto:").removeprefix("tel:")
            if target and bare.rstrip("/") not in link_text:
                page.add(f" <{bare}>", exact=False)
            target = ""
    return page.finish()


def _write_line(line: str) -> str:
    encoded = html.escape(line, quote=False)
    # Every second blank of a run becomes a fixed one: HTML would collapse them.
    encoded = encoded.replace("\t", "    ").replace("  ", " \u00a0")
    return "\u00a0" + encoded[1:] if encoded.startswith(" ") else encoded


def write_html(text: str) -> str:
    """Turn plain text into an HTML fragment: line by line, `>` quotations as marked block quotations."""
    out: list[str] = []
    depth = 0
    fresh = True
    for line in text.split("\n"):
        hit = _QUOTE.match(line)
        marks, rest = (hit[1], hit[2]) if hit else ("", line)
        wanted = min(marks.count(">"), 20)
        if wanted != depth:
            out.append('<blockquote class="quoted">' * (wanted - depth) or "</blockquote>" * (depth - wanted))
            depth, fresh = wanted, True
        out.append(("" if fresh else "<br>") + _write_line(rest))
        fresh = False
    out.append("</blockquote>" * depth)
    return f"<div>{''.join(out)}</div>"
