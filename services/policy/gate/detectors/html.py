"""Finds the parts of an HTML body that act or fetch, and images that carry a link."""

from collections.abc import Iterable
from typing import Any

from services.policy.gate.judged import Detector, Hit, Judged


def build(parameters: dict[str, Any]) -> Detector:
    """Return the detector for `find`: `active`, `remote` or `linked_image`."""
    return {"active": _active, "remote": _remote, "linked_image": _linked_image}[parameters["find"]]


def _active(judged: Judged) -> Iterable[Hit]:
    if judged.html is not None:
        for spot in judged.html.active:
            yield Hit("html", spot.start, spot.end)


def _remote(judged: Judged) -> Iterable[Hit]:
    if judged.html is not None:
        for spot in judged.html.remote:
            yield Hit("html", spot.start, spot.end)


def _linked_image(judged: Judged) -> Iterable[Hit]:
    if judged.html is not None:
        for link in judged.html.links:
            if link.image and not link.quoted:
                yield Hit("html", link.start, link.end)
