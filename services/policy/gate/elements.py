"""What single elements of HTML do, told from one tag alone: break lines, hide, quote, link, act, fetch."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from services.policy.gate.markup import Attribute, Tag, read_tag
from services.policy.gate.remembered import Remembered

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
_IMAGES = frozenset({"img", "image", "svg"})
_NOTABLE_TAGS = _ACTIVE_TAGS | _IMAGES | {"style", "link"}
_HIDING_TAGS = frozenset({"title", "noscript", "template"})
_REMOVED_WHOLE = frozenset({"applet", "embed", "frame", "iframe", "object", "portal", "script"})
_HARMLESS_META = re.compile(
    r"^(?:content-type|x-ua-compatible|content-language|content-style-type|cache-control|pragma|expires|imagetoolbar)?$"
)
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
_STYLE_ACTIVE = re.compile(r"expression\s*\(|(?<!scroll-)behavior\s*:|-moz-binding|javascript:", re.IGNORECASE)
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
_LONGEST_REMEMBERED, _MOST_REMEMBERED = 200, 1024


@dataclass(frozen=True, slots=True)
class Element:
    """A tag and what it does. `plain`: nothing, but for breaking lines."""

    tag: Tag
    breaks: bool
    void: bool
    quotes: bool
    quotes_rest: bool
    hides: bool
    link: Attribute | None
    notable: bool
    plain: bool


class Fetch(NamedTuple):
    """What of a tag fetches from elsewhere, and its place in the tag; `is_picture` where it is a background."""

    kind: str
    start: int
    end: int
    target: str
    is_picture: bool


def read_element(written: str) -> Element:
    """Return what a tag, as it is written in the source, does; places in it count from the tag's start.

    The same tags come back all the time.
    """
    return _REMEMBERED[written] if len(written) <= _LONGEST_REMEMBERED else _read(written)


def _read(written: str) -> Element:
    tag = read_tag(written)
    notable = not tag.closing and (bool(tag.attributes) or tag.name in _NOTABLE_TAGS) and _is_notable(tag)
    quotes, quotes_rest, hides = _quotes(tag), _quotes_the_rest(tag), _hides(tag)
    does = notable or hides or quotes or quotes_rest or tag.name in {"a", "area"}
    return Element(
        tag,
        breaks=tag.name in _BREAKING,
        void=tag.name in _VOID,
        quotes=quotes,
        quotes_rest=quotes_rest,
        hides=hides,
        link=next((one for one in tag.attributes if one.name in _LINK_ATTRIBUTES), None),
        notable=notable,
        plain=not does,
    )


def _is_notable(tag: Tag) -> bool:
    return bool(acts(tag)) or is_image(tag) or bool(fetches(tag)) or bool(words(tag))


def acts(tag: Tag) -> list[tuple[str, int, int]]:
    """Return what of a tag acts, such as scripts, forms and handlers, and where."""
    found = []
    if tag.name in _ACTIVE_TAGS and not (tag.name == "meta" and _HARMLESS_META.match(tag.get("http-equiv").lower())):
        found.append((tag.name, 0, tag.end))
    if tag.name == "style" and _STYLE_ACTIVE.search(tag.raw):
        found.append(("style", 0, tag.end))
    found += [(one.name, one.start, one.end) for one in tag.attributes if _is_active(one)]
    return found


def is_image(tag: Tag) -> bool:
    """Tell whether a tag shows an image: by itself, as its background, or as what stands in for a film."""
    return tag.name in _IMAGES or any(_is_picture(tag, one) for one in tag.attributes)


def _is_picture(tag: Tag, attribute: Attribute) -> bool:
    name, value = attribute.name, attribute.value
    if name == "type":
        return tag.name in {"input", "object", "embed"} and value.lower().startswith("image")
    if name == "style":
        return "url(" in value.lower()
    return bool(value) and name in {"background", "poster", "srcset"}


def fetches(tag: Tag) -> list[Fetch]:
    """Return what of a tag fetches from elsewhere."""
    found = []
    if tag.name == "style" and _STYLE_REMOTE.search(tag.raw):
        found.append(Fetch("style", 0, tag.end, "", is_picture=False))
    if tag.name == "link" and _REMOTE.search(tag.get("href")):
        found.append(Fetch("link", 0, tag.end, tag.get("href"), is_picture=False))
    for attribute in tag.attributes:
        fetched = attribute.name in _REMOTE_ATTRIBUTES and tag.name not in _REMOVED_WHOLE
        remote = fetched and _REMOTE.search(attribute.value)
        if remote or (attribute.name == "style" and _STYLE_REMOTE.search(attribute.value)):
            is_picture = attribute.name in {"background", "style"}
            found.append(Fetch(attribute.name, attribute.start, attribute.end, attribute.value, is_picture))
    return found


def words(tag: Tag) -> list[tuple[int, int]]:
    """Return where the words stand that a tag has for its reader, such as alternative texts."""
    return [
        (one.at, one.at + _written(one))
        for one in tag.attributes
        if one.name in _WORDED_ATTRIBUTES and one.value and tag.name != "meta"
    ]


def _written(attribute: Attribute) -> int:
    quoted = attribute.end - attribute.at
    return max(quoted - 1, 0) if quoted > 0 else 0


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


_REMEMBERED = Remembered(_read, _MOST_REMEMBERED)
