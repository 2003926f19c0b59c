"""Judges attachments by the facts found out about them: type, size, what is active, whether they are called for."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.policy.gate.candidate import Attachment
from services.policy.gate.judged import Detector, Hit, Judged

_MEGABYTE = 1_000_000


def build(parameters: dict[str, Any]) -> Detector:
    """Return the detector for `find`: `type`, `size`, `active` or `unneeded` (R-MAIL-6)."""
    find = parameters["find"]
    if find == "type":
        return _type(parameters["types"])
    if find == "size":
        return _size(parameters["largest"], parameters["all_together"])
    return {"active": _active, "unneeded": _unneeded(frozenset(parameters.get("reasons", ())))}[find]


def _hit(attachment: Attachment, **facts: str) -> Hit:
    return Hit("attachment", 0, 0, excerpt=attachment.name, facts={"name": attachment.name, **facts})


def _type(types: Mapping[str, list[str]]) -> Detector:
    def find(judged: Judged) -> Iterable[Hit]:
        for attachment in judged.candidate.attachments:
            extension = attachment.name.rpartition(".")[2].lower()
            if attachment.media_type.lower() not in types.get(extension, ()):
                yield _hit(attachment, types=", ".join(sorted(types)))

    return find


def _size(largest: int, all_together: int) -> Detector:
    def find(judged: Judged) -> Iterable[Hit]:
        attachments = judged.candidate.attachments
        limits = {"largest": f"{largest // _MEGABYTE} MB", "all": f"{all_together // _MEGABYTE} MB"}
        for attachment in attachments:
            if attachment.size >= largest:
                yield _hit(attachment, **limits)
        if sum(attachment.size for attachment in attachments) > all_together:
            yield Hit("message", 0, 0, excerpt="", facts=limits)

    return find


def _active(judged: Judged) -> Iterable[Hit]:
    for attachment in judged.candidate.attachments:
        if attachment.active:
            yield _hit(attachment)


def _unneeded(reasons: frozenset[str]) -> Detector:
    def find(judged: Judged) -> Iterable[Hit]:
        reason = judged.candidate.reason
        if reason is not None and reason not in reasons:
            for attachment in judged.candidate.attachments:
                yield _hit(attachment)

    return find
