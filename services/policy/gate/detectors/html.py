"""Finds the parts of an HTML body that act or fetch, and images that carry a link."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from services.policy.gate.html import HtmlView, Spot
from services.policy.gate.judged import Detector, Hit, Judged

_LONGEST_TAG = 2000
# A drawing of nothing but shapes and words, which neither acts nor fetches.
_DRAWING = re.compile(
    r"<svg(?:\s[^<>]*+)?(?:/>|>(?:[^<]++"
    r"|</?(?:path|g|circle|ellipse|rect|line|polyline|polygon|title|desc|text|tspan|defs)(?:[\s/][^<>]*+)?>)*+</svg>)",
    re.IGNORECASE,
)
_FETCHED = re.compile(r"url\(|href|src|style|[\s/\"']on[a-z]", re.IGNORECASE)
_IMAGE_BUTTON = re.compile(r"<input\s[^<>]*\btype\s*=\s*[\"']?image", re.IGNORECASE)
_PICTURE = re.compile(r"<(?:img|image|svg)[\s/>]", re.IGNORECASE)
_GOES = re.compile(r"location|open\s*\(|href", re.IGNORECASE)
# Outlook's own drawings, which others read as a comment.
_SHAPE = re.compile(r"<(/?)v:([a-z]{1,20})([^<>]*)>", re.IGNORECASE)
_SHAPE_LINK = re.compile(r"\shref\s*=\s*[\"']?[^\s\"'>]", re.IGNORECASE)
_SHAPE_PICTURE = re.compile(r"\ssrc\s*=\s*[\"']?[^\s\"'>]", re.IGNORECASE)


def build(parameters: dict[str, Any]) -> Detector:
    """Return the detector for `find`: `active`, `remote` or `linked_image`."""
    return {"active": _active, "remote": _remote, "linked_image": _linked_image}[parameters["find"]]


def _active(judged: Judged) -> Iterable[Hit]:
    if judged.html is not None:
        for spot in judged.html.active:
            if not (spot.kind == "svg" and _is_drawing(judged.html, spot)):
                yield Hit("html", spot.start, spot.end)


def _remote(judged: Judged) -> Iterable[Hit]:
    if judged.html is not None:
        for spot in judged.html.remote:
            yield Hit("html", spot.start, spot.end)


def _linked_image(judged: Judged) -> Iterable[Hit]:
    if judged.html is None:
        return
    source = judged.html.source
    for link in judged.html.links:
        if not link.quoted and (link.image or "url(" in _tag_around(source, link.start, link.end).lower()):
            yield Hit("html", link.start, link.end)
    for spot in judged.html.active:
        if not spot.quoted and _is_pictured(source, spot):
            yield Hit("html", spot.start, spot.end)
    yield from _linked_shapes(source)


def _is_drawing(view: HtmlView, spot: Spot) -> bool:
    drawing = _DRAWING.match(view.source, spot.start)
    return drawing is not None and _FETCHED.search(drawing.group()) is None


def _is_pictured(source: str, spot: Spot) -> bool:
    """Tell whether what acts is a picture to press: an image as a button, or one with a handler that leads away."""
    if spot.kind == "input":
        return _IMAGE_BUTTON.match(source, spot.start) is not None
    if spot.kind == "formaction":
        behind = source[spot.end : spot.end + _LONGEST_TAG].lower().partition("</button")[0]
        return _PICTURE.search(behind) is not None
    if not spot.kind.startswith("on") or _GOES.search(source, spot.start, spot.end) is None:
        return False
    return _PICTURE.match(_tag_around(source, spot.start, spot.end)) is not None


def _tag_around(source: str, start: int, end: int) -> str:
    """Return the tag around `[start, end)`, as far as it reaches within some distance."""
    opening = source.rfind("<", max(0, start - _LONGEST_TAG), start)
    closing = source.find(">", end, end + _LONGEST_TAG)
    return source[max(opening, 0) : closing if closing >= 0 else end]


def _linked_shapes(source: str) -> Iterator[Hit]:
    if "<v:" not in source and "<V:" not in source:
        return
    linked = ""
    for match in _SHAPE.finditer(source):
        closing, name, attributes = match.groups()
        if closing:
            linked = "" if name == linked else linked
            continue
        is_link = _SHAPE_LINK.search(attributes) is not None
        if _SHAPE_PICTURE.search(attributes) is not None and (linked or is_link):
            yield Hit("html", *match.span())
        if is_link and not attributes.endswith("/"):
            linked = name
