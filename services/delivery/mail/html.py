"""HTML made safe for the other side: sanitised with an allow-list and rebuilt, never patched (R-MAIL-5)."""

import re
from collections.abc import Collection, Mapping
from html import escape, unescape
from urllib.parse import quote, unquote

import nh3

from services.delivery.mail import charsets, markup
from services.delivery.mail.refusal import Refusal

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 2_000
MAX_FORMATTING = 500
"""How many formatting elements may be open at once: a parser opens all of them anew in each paragraph."""
_PASSES = 5

_TAGS_NAMES = """
    a abbr address article b blockquote br caption center cite code col colgroup dd del details dfn div dl dt em
    figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q rp rt ruby s
    samp section small span strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var wbr
"""
_TAGS = frozenset(_TAGS_NAMES.split())
# Their content is no text for a reader.
_DROPPED_NAMES = """
    applet audio canvas embed frameset head iframe math noembed noframes noscript object script style svg template
    title video
"""
_DROPPED = frozenset(_DROPPED_NAMES.split())
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"class", "id", "dir", "lang", "style"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
    "blockquote": {"type"},
    "ol": {"start", "type"},
    "table": {"border"},
}
# No colour, size, place or visibility: all text can be seen, by the reader as by the gate.
_STYLES = frozenset({"font-style", "font-weight", "text-align", "text-decoration"})
_QUOTE_CLASSES_NAMES = """
    quoted moz-cite-prefix moz-forward-container gmail_extra gmail_attr zmail_extra hmcite tutanota_quote
"""
_QUOTE_CLASSES = frozenset(_QUOTE_CLASSES_NAMES.split())
_QUOTE_CLASS = re.compile(r"(?:x_)*(?:gmail_quote|yahoo_quoted|protonmail_quote)", re.IGNORECASE)
_TAIL_ID = re.compile(
    r"(?:x_)*(?:divrplyfwdmsg|appendonsend|olk_src_body_section|reply-intro|mail-editor-reference-message-container"
    r"|quoted-tail)",
    re.IGNORECASE,
)
_SOURCE = re.compile(r'(?<= )src="([^"]*)"')
_ALTERNATIVE = re.compile(r'(?<= )alt="([^"]*)"')
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_CLOSE_THEMSELVES_NAMES = """
    area base br col dd dt hr img input li link meta option p source tbody td tfoot th thead tr wbr
"""
# HTML's formatting elements: one that is not closed goes on in the next paragraph.
_FORMATTING_NAMES = "a b big code em font i nobr s small strike strong tt u"
_FORMATTING = frozenset(_FORMATTING_NAMES.split())
_CLOSE_THEMSELVES = frozenset(_CLOSE_THEMSELVES_NAMES.split())


def _mark(attribute: str, value: str) -> str | None:
    # The clients' own signs of quoted history become ours, all other classes and ids go.
    if attribute == "id":
        return "quoted-tail" if _TAIL_ID.fullmatch(value.strip()) else None
    names = value.lower().split()
    return "quoted" if any(name in _QUOTE_CLASSES or _QUOTE_CLASS.match(name) for name in names) else None


def _filter(tag: str, attribute: str, value: str) -> str | None:
    if attribute in {"class", "id"}:
        return _mark(attribute, value)
    if attribute == "type" and tag == "blockquote":
        return "cite" if value.strip().lower() == "cite" else None
    if attribute == "src":
        return value if value.lower().startswith("cid:") else None
    if attribute == "href":
        return None if value.lower().startswith("cid:") else value
    return value


def _check_bounds(source: str) -> None:
    if len(source) > MAX_CHARACTERS:
        raise Refusal(
            "html_too_large",
            "5.3.4",
            "The formatted text of the message is too long; please shorten it and send it again.",
        )
    depth = formatting = deepest = most = 0
    for hit in _TAG.finditer(source):
        name, step = hit[2].lower(), -1 if hit[1] else 1
        if name not in _CLOSE_THEMSELVES:
            depth = max(0, depth + step)
            deepest = max(deepest, depth)
        if name in _FORMATTING:
            formatting = max(0, formatting + step)
            most = max(most, formatting)
    if deepest > MAX_DEPTH or most > MAX_FORMATTING:
        raise Refusal(
            "html_too_deep",
            "5.6.0",
            "The formatting of the message is nested too deeply; please send it as plain text.",
        )


def image_cid(image: str) -> str | None:
    """Give the Content-ID that an image tag of sanitised HTML shows, decoded, without its brackets."""
    hit = _SOURCE.search(image)
    source = unescape(hit[1]) if hit else ""
    return unquote(source[4:]).strip("<> ") if source[:4].lower() == "cid:" else None


def shown_cids(fragment: str) -> set[str]:
    """Give the Content-IDs of all images in sanitised HTML."""
    return {cid for image in markup.IMAGE.findall(fragment) if (cid := image_cid(image))}


def _description(image: str) -> str:
    hit = _ALTERNATIVE.search(image)
    return escape(unescape(hit[1]), quote=False) if hit else ""


def rename_images(fragment: str, names: Mapping[str, str]) -> str:
    """Give the images of sanitised HTML new Content-IDs; an image without one leaves its description."""

    def rename(hit: re.Match[str]) -> str:
        name = names.get(image_cid(hit[0]) or "")
        return _SOURCE.sub(f'src="cid:{quote(name, safe="@")}"', hit[0], count=1) if name else _description(hit[0])

    return markup.IMAGE.sub(rename, fragment)


def _tidy(clean: str, cids: Collection[str] | None) -> str:
    """Drop images that may not be loaded, leaving their description, and attributes that were emptied."""

    def keep(hit: re.Match[str]) -> str:
        cid = image_cid(hit[0])
        return hit[0] if cid is not None and (cids is None or cid in cids) else _description(hit[0])

    clean = markup.IMAGE.sub(keep, clean)
    if ' style=""' in clean:
        clean = markup.TAG.sub(lambda hit: hit[0].replace(' style=""', ""), clean)
    return clean


def sanitise(source: str, cids: Collection[str] | None = None) -> str:
    """Rebuild foreign HTML as a safe fragment; a second pass changes nothing.

    Out go scripts, forms, frames, remote content, beacons, styles that hide or place text, comments, event handlers and
    links other than https, http, mailto and tel. Images stay only as ``cid:``, and only those of ``cids`` if given.
    Quoted history keeps a mark of ours: class ``quoted`` (this element), id ``quoted-tail`` (all that follows).
    Refuses more than 1 million characters, 2000 open elements, and 500 open ones of those that format text.
    """
    _check_bounds(source)
    clean = _clean(charsets.normalise_lines(source))
    # Nested as HTML does not allow it, what is written may read differently the next time: pass until it does not.
    for _ in range(_PASSES):
        again = _clean(clean)
        if again == clean:
            return _tidy(clean, cids)
        clean = again
    raise Refusal("html_unreadable", "5.6.0", "The formatting of the message is damaged; please send it as plain text.")


def _clean(source: str) -> str:
    return nh3.clean(
        source,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes=_ATTRIBUTES,
        attribute_filter=_filter,
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
        url_schemes={"https", "http", "mailto", "tel", "cid"},
        url_relative="deny",
        filter_style_properties=set(_STYLES),
    )


def read_text(source: str) -> str:
    """Give the plain text of foreign HTML, for a mail that brings no text part."""
    return markup.write_text(sanitise(source))


def write_document(fragment: str, language: str) -> str:
    """Set a sanitised fragment into a whole HTML document in ``language`` (a BCP 47 tag)."""
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"></head>\n<body>{fragment}</body></html>\n'
    )
