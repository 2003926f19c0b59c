"""Mends a message whose findings are to be fixed: masks contact data, takes out what acts or fetches."""

import nh3

from services.policy.gate.candidate import Candidate
from services.policy.gate.judged import Hit

_TAGS = {
    *[
        "a",
        "abbr",
        "address",
        "article",
        "aside",
        "b",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
    ],
    *[
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "main",
        "mark",
        "nav",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
    ],
    *[
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ],
}
_ATTRIBUTES = {
    "*": {"style", "class", "dir", "lang", "title", "align", "valign", "width", "height", "bgcolor", "color"},
    "a": {"href", "name"},
    "img": {"src", "alt"},
    "font": {"face", "size"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start", "type"},
    "blockquote": {"type"},
}
_STYLES = {
    *[
        "background-color",
        "color",
        "direction",
        "display",
        "font",
        "font-family",
        "font-size",
        "font-style",
        "font-weight",
        "height",
    ],
    *[
        "letter-spacing",
        "line-height",
        "list-style-type",
        "margin",
        "margin-bottom",
        "margin-left",
        "margin-right",
        "margin-top",
    ],
    *[
        "padding",
        "padding-bottom",
        "padding-left",
        "padding-right",
        "padding-top",
        "text-align",
        "text-decoration",
        "text-indent",
    ],
    *[
        "text-transform",
        "vertical-align",
        "white-space",
        "width",
        "border",
        "border-bottom",
        "border-collapse",
        "border-color",
    ],
    *["border-left", "border-right", "border-spacing", "border-style", "border-top", "border-width"],
}


def mend(candidate: Candidate, fixes: list[tuple[str, Hit]]) -> tuple[str | None, str | None, str | None]:
    """Return subject, text and HTML as they are to be delivered; `None` for a field that needs no mending.

    Spans with a mask are replaced by it; HTML with any finding to fix is then rebuilt from what is allowed:
    no scripts, forms, frames, handlers or data: URLs, and images only from the message itself (R-MAIL-5).
    """
    hits = [hit for _, hit in fixes]
    subject = _masked(candidate.subject, [hit for hit in hits if hit.field == "subject"])
    text = _masked(candidate.text, [hit for hit in hits if hit.field == "text"])
    in_html = [hit for hit in hits if hit.field == "html"]
    source = candidate.html
    html = sanitised(_masked(source, in_html)) if source is not None and in_html else None
    return (
        subject if subject != candidate.subject else None,
        text if text != candidate.text else None,
        html if html != source else None,
    )


def sanitised(source: str) -> str:
    """Return HTML with nothing in it that acts or fetches."""
    return nh3.clean(
        source,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "cid"},
        attribute_filter=_kept,
        filter_style_properties=_STYLES,
        link_rel="noopener noreferrer nofollow",
    )


def _kept(element: str, attribute: str, value: str) -> str | None:
    if element == "img" and attribute == "src" and not value.lower().startswith("cid:"):
        return None
    if attribute == "style" and "url(" in value.lower():
        return None
    return value


def _masked(source: str, hits: list[Hit]) -> str:
    parts = []
    done = 0
    for hit in sorted(hits, key=lambda hit: hit.start):
        if hit.mask is None or hit.start < done:
            continue
        parts += [source[done : hit.start], hit.mask]
        done = hit.end
    parts.append(source[done:])
    return "".join(parts)
