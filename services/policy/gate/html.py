"""What a reader of an HTML message sees, and what works behind it: text, links, images, active parts.

Visible and hidden text are apart, so that hidden letters cannot break up a visible number; both are judged.
Every position is one of the source, so that findings point at what was written.
"""

import html
import re
from dataclasses import dataclass
from typing import Literal

from services.policy.gate.markup import Attribute, Characters, Tag, tokens
from services.policy.gate.offsets import Derived

_BREAKING = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "center",
        "dd",
        "details",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "frame",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_ACTIVE_TAGS = frozenset(
    [
        "applet",
        "base",
        "button",
        "canvas",
        "dialog",
        "embed",
        "form",
        "frame",
        "frameset",
        "iframe",
        "input",
        "math",
        "meta",
        "object",
        "portal",
        "script",
        "select",
        "svg",
        "template",
        "textarea",
    ]
)
_NOTABLE_TAGS = _ACTIVE_TAGS | {"style", "img", "image", "link"}
_HIDING_TAGS = frozenset({"title", "noscript", "template"})
_REMOVED_WHOLE = frozenset({"applet", "embed", "frame", "iframe", "object", "portal", "script"})
_HARMLESS_META = re.compile(r"^(?:content-type|x-ua-compatible|content-language|content-style-type)?$")
_LINK_ATTRIBUTES = frozenset({"href", "xlink:href", "action", "formaction"})
_REMOTE_ATTRIBUTES = frozenset({"src", "srcset", "background", "poster", "data", "lowsrc", "dynsrc", "longdesc"})
_WORDED_ATTRIBUTES = frozenset({"alt", "title", "placeholder", "aria-label", "summary", "label"})
_REMOTE = re.compile(r"(?:^|[\s,])(?:[a-z][a-z0-9+.-]*:)?[/\\]{2}|^(?:https?|ftp):", re.IGNORECASE)
_ACTIVE_SCHEME = re.compile(
    r"^[\x00-\x20]*(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:|^[\x00-\x20]*(?:data|file|blob|filesystem):",
    re.IGNORECASE,
)
_STYLE_REMOTE = re.compile(
    r"url\(\s*[\"']?\s*(?:[a-z][a-z0-9+.-]*:)?//|@import|image-set\(|\bsrc\s*:\s*url", re.IGNORECASE
)
_STYLE_ACTIVE = re.compile(r"expression\s*\(|behavior\s*:|-moz-binding|javascript:", re.IGNORECASE)
_STYLE_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0+)?(?![.\d])"
    r"|(?:font-size|line-height|max-height|max-width)\s*:\s*0(?![.\d])|text-indent\s*:\s*-\d{3}|left\s*:\s*-\d{4}",
    re.IGNORECASE,
)
_QUOTE_CLASS = re.compile(
    r"(?:^|\s)(?:gmail_quote|gmail_quote_container|gmail_extra|moz-cite-prefix|yahoo_quoted|protonmail_quote"
    r"|tutanota_quote|zmail_extra|ms-outlook-mobile-reference-message|outlook_quote|quote)(?:\s|$)"
)
_QUOTE_ID = re.compile(
    r"^(?:x_)*(?:divrplyfwdmsg|appendonsend|mail-editor-reference-message-container|yahoo_quoted_?\d*|reply-intro|olk_src_body_section|replysplit|isforwardcontent)$",
    re.IGNORECASE,
)
_OUTLOOK_BORDER = re.compile(
    r"border\s*:\s*none\s*;\s*border-top\s*:\s*solid\s*#?(?:[eb][0-9a-f]+|windowtext)\s*1\.0pt", re.IGNORECASE
)
_SPACE = re.compile(r"[ \t\r\n\f]{2,}|[\r\n\t\f]|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,24});?")

ResourceKind = Literal["image", "style", "media", "link"]


@dataclass(frozen=True, slots=True)
class Link:
    """A link: its target, the text it shows, both with their place in the source; `image` where one carries it."""

    target: str
    text: str
    start: int
    end: int
    image: bool
    quoted: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """A part of the source that acts (script, form, handler) or fetches (remote image, style sheet)."""

    kind: str
    start: int
    end: int
    target: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class HtmlView:
    """Everything the detectors need of an HTML body, read once. `apart`: the texts leave out quoted messages."""

    source: str
    visible: Derived
    hidden: Derived
    links: tuple[Link, ...]
    images: tuple[Spot, ...]
    remote: tuple[Spot, ...]
    active: tuple[Spot, ...]
    apart: bool = False


def read(source: str, *, quotes: bool) -> HtmlView:
    """Read an HTML body. With `quotes`, containers of quoted messages are left out of the texts."""
    return _Reader(source, quotes=quotes).read()


class _Reader:
    """Walks the tokens once and keeps only what is open: hiding, quoting, links."""

    def __init__(self, source: str, *, quotes: bool) -> None:
        self._source = source
        self._quotes = quotes
        self._visible = Derived()
        self._hidden = Derived()
        self._links: list[Link] = []
        self._images: list[Spot] = []
        self._remote: list[Spot] = []
        self._active: list[Spot] = []
        self._hiding = _Enclosure()
        self._quoting = _Enclosure()
        self._rest_quoted = False
        self._apart = False
        self._anchor: tuple[Attribute, int, int, bool] | None = None

    def read(self) -> HtmlView:
        for token in tokens(self._source):
            if isinstance(token, Characters):
                self._characters(token.start, token.end)
            elif token.closing:
                self._close(token)
            else:
                self._open(token)
        self._finish_link()
        return HtmlView(
            self._source,
            self._visible,
            self._hidden,
            tuple(self._links),
            tuple(self._images),
            tuple(self._remote),
            tuple(self._active),
            apart=self._apart,
        )

    @property
    def _quoted(self) -> bool:
        return self._rest_quoted or self._quoting.inside

    def _characters(self, start: int, end: int) -> None:
        if self._quoted:
            self._apart = True
            return
        _append_words(self._hidden if self._hiding.inside else self._visible, self._source, start, end)

    def _break(self, tag: Tag) -> None:
        for text in (self._visible, self._hidden):
            if len(text) and not text.ends_line:
                text.append("\n", tag.start, tag.start)

    def _open(self, tag: Tag) -> None:
        self._apart = self._apart or self._quoted
        if self._quotes:
            self._quoting.open(tag, begins=_quotes(tag))
            self._rest_quoted = self._rest_quoted or _quotes_the_rest(tag)
        if tag.name in _BREAKING:
            self._break(tag)
        if tag.attributes or self._hiding.inside or tag.name in _HIDING_TAGS:
            self._hiding.open(tag, begins=_hides(tag))
        if tag.attributes or tag.name in _NOTABLE_TAGS:
            self._note_activity(tag)
            self._note_resources(tag)
            self._note_words(tag)
        if tag.name in {"a", "area"}:
            self._begin_link(tag)

    def _close(self, tag: Tag) -> None:
        self._quoting.close(tag)
        self._hiding.close(tag)
        if tag.name in _BREAKING:
            self._break(tag)
        if tag.name == "a":
            self._finish_link()

    def _begin_link(self, tag: Tag) -> None:
        self._finish_link()
        for attribute in tag.attributes:
            if attribute.name in _LINK_ATTRIBUTES:
                self._anchor = (attribute, tag.start, len(self._visible), tag.name == "area")
                break
        if tag.name == "area":
            self._finish_link()

    def _finish_link(self) -> None:
        if self._anchor is None:
            return
        attribute, _, begin, image = self._anchor
        self._anchor = None
        text = self._visible.since(begin).strip()
        self._links.append(Link(attribute.value, text, attribute.at, attribute.end, image, self._quoted))

    def _note_activity(self, tag: Tag) -> None:
        if tag.name in _ACTIVE_TAGS and not (
            tag.name == "meta" and _HARMLESS_META.match(tag.get("http-equiv").lower())
        ):
            self._active.append(Spot(tag.name, tag.start, tag.end, quoted=self._quoted))
        if tag.name == "style" and _STYLE_ACTIVE.search(tag.raw):
            self._active.append(Spot("style", tag.start, tag.end, quoted=self._quoted))
        for attribute in tag.attributes:
            if _is_active(attribute):
                self._active.append(Spot(attribute.name, attribute.start, attribute.end, quoted=self._quoted))

    def _note_resources(self, tag: Tag) -> None:
        if tag.name in {"img", "image"}:
            self._images.append(Spot("image", tag.start, tag.end, tag.get("src"), self._quoted))
            if self._anchor is not None:
                attribute, start, begin, _ = self._anchor
                self._anchor = (attribute, start, begin, True)
        if tag.name == "style" and _STYLE_REMOTE.search(tag.raw):
            self._remote.append(Spot("style", tag.start, tag.end, quoted=self._quoted))
        if tag.name == "link" and _REMOTE.search(tag.get("href")):
            self._remote.append(Spot("link", tag.start, tag.end, tag.get("href"), self._quoted))
        for attribute in tag.attributes:
            fetched = attribute.name in _REMOTE_ATTRIBUTES and tag.name not in _REMOVED_WHOLE
            remote = fetched and _REMOTE.search(attribute.value)
            if remote or (attribute.name == "style" and _STYLE_REMOTE.search(attribute.value)):
                spot = Spot(attribute.name, attribute.start, attribute.end, attribute.value, self._quoted)
                self._remote.append(spot)
                if self._anchor is not None and attribute.name in {"background", "style"}:
                    anchor, start, begin, _ = self._anchor
                    self._anchor = (anchor, start, begin, True)

    def _note_words(self, tag: Tag) -> None:
        for attribute in tag.attributes:
            worded = attribute.name in _WORDED_ATTRIBUTES or (attribute.name == "content" and tag.name == "meta")
            if worded and attribute.value and not self._quoted and tag.name != "meta":
                self._hidden.append("\n", tag.start, tag.start)
                _append_words(self._hidden, self._source, attribute.at, attribute.at + _written(attribute))
                self._hidden.append("\n", tag.start, tag.start)


class _Enclosure:
    """Tells whether the reader is inside an element that began a state (hidden, quoted)."""

    def __init__(self) -> None:
        self._name = ""
        self._depth = 0

    @property
    def inside(self) -> bool:
        return self._depth > 0

    def open(self, tag: Tag, *, begins: bool) -> None:
        if self._depth:
            self._depth += tag.name == self._name
        elif begins and tag.name not in _VOID:
            self._name, self._depth = tag.name, 1

    def close(self, tag: Tag) -> None:
        if self._depth and tag.name == self._name:
            self._depth -= 1


def _written(attribute: Attribute) -> int:
    quoted = attribute.end - attribute.at
    return max(quoted - 1, 0) if quoted > 0 else 0


def _append_words(text: Derived, source: str, start: int, end: int) -> None:
    done = start
    for match in _SPACE.finditer(source, start, end):
        text.append(source[done : match.start()], done, match.start())
        text.append(" " if match.group()[0] != "&" else html.unescape(match.group()), match.start(), match.end())
        done = match.end()
    text.append(source[done:end], done, end)


def _quotes(tag: Tag) -> bool:
    if tag.name == "blockquote":
        return True
    return bool(_QUOTE_CLASS.search(tag.get("class").lower()))


def _quotes_the_rest(tag: Tag) -> bool:
    return bool(_QUOTE_ID.match(tag.get("id"))) or (
        tag.name == "div" and bool(_OUTLOOK_BORDER.search(tag.get("style")))
    )


def _hides(tag: Tag) -> bool:
    style = tag.get("style")
    if style and _STYLE_HIDING.search(style):
        return True
    return tag.name in _HIDING_TAGS or any(one.name == "hidden" for one in tag.attributes)


def _is_active(attribute: Attribute) -> bool:
    name = attribute.name
    if name.startswith("on") and len(name) > 3:  # noqa: PLR2004  # the shortest handler is "oncut"
        return True
    if name in {"srcdoc", "formaction", "ping"}:
        return True
    if name == "style":
        return bool(_STYLE_ACTIVE.search(attribute.value))
    return bool(_ACTIVE_SCHEME.match(attribute.value)) and (name in _LINK_ATTRIBUTES or name in _REMOTE_ATTRIBUTES)
