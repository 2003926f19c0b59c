"""Draws conclusions from what is known about order, parties and past; finds nothing where no context is given."""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from services.policy.gate.candidate import Context
from services.policy.gate.judged import Detector, Hit, Judged
from services.policy.gate.language import clearly_other
from services.policy.gate.wordlist import Words, flat

_ORDER_ID = re.compile(r"(?<!\d)(\d{3})[\s-]{0,2}(\d{7})[\s-]{0,2}(\d{7})(?!\d)")
_TAG = re.compile(r"\[\s{0,2}([^\]\n]{1,20}?)\s{0,2}\]")

Check = Callable[[Judged, Context], "dict[str, str] | None"]


def build(parameters: dict[str, Any]) -> Detector:
    """Return the detector for `check`; its other parameters are the limits and words of that check.

    A check answers with facts for the explanation, `variant` among them where the rule has several, or with None.
    """
    check: Check = _CHECKS[parameters["check"]](parameters)

    def find(judged: Judged) -> Iterable[Hit]:
        if judged.context is not None:
            facts = check(judged, judged.context)
            if facts is not None:
                yield Hit("message", 0, 0, excerpt="", facts=facts, variant=facts.get("variant", ""))

    return find


def _when(holds: Callable[[Judged, Context], bool]) -> Callable[[dict[str, Any]], Check]:
    """Return a check without limits or words: a plain condition."""
    return lambda _: lambda judged, context: {} if holds(judged, context) else None


def _window(parameters: dict[str, Any]) -> Check:
    days = parameters["days"]

    def check(_: Judged, context: Context) -> dict[str, str] | None:
        completed = context.order.completed_at if context.order else None
        late = completed is not None and context.now - completed > timedelta(days=days)
        return {"days": str(days)} if late else None

    return check


def _order_id(_: dict[str, Any]) -> Check:
    def check(judged: Judged, context: Context) -> dict[str, str] | None:
        named = {
            "-".join(match.groups()) for passage in judged.passages for match in _ORDER_ID.finditer(passage.text.text)
        }
        # Whoever writes by a form or the API chose the order, and its id is put in; a mail must show it itself.
        if judged.candidate.order_id is not None and judged.candidate.channel != "email":
            named.add(judged.candidate.order_id)
        known = context.order_ids | ({context.order.id} if context.order else set())
        return None if named and named <= known else {}

    return check


def _language(_: dict[str, Any]) -> Check:
    def check(judged: Judged, context: Context) -> dict[str, str] | None:
        if context.template:
            return None
        # Subjects are made from reason and order where the seller gives none: they say nothing of the seller's words.
        words = "\n".join(
            passage.text.text for passage in judged.passages if passage.field != "subject" and not passage.hidden
        )
        wanted = context.buyer_language or judged.candidate.language
        found = clearly_other(words, wanted)
        return None if found is None else {"language": wanted, "found": found}

    return check


def _tagged(parameters: dict[str, Any]) -> Callable[[Judged], bool]:
    tags = frozenset(parameters["tags"])
    return lambda judged: any(
        match.group(1) in tags
        for passage in judged.passages
        if passage.field == "subject"
        for match in _TAG.finditer(passage.text.text)
    )


def _opt_out(parameters: dict[str, Any]) -> Check:
    tagged = _tagged(parameters)
    traits = frozenset(parameters["traits"])

    def check(judged: Judged, context: Context) -> dict[str, str] | None:
        if not context.opted_out or context.critical:
            return None
        if context.order is not None and context.order.traits & traits:
            return None
        excepted = context.important_tag and judged.candidate.reason is None and tagged(judged)
        return None if excepted else {}

    return check


def _important_misuse(parameters: dict[str, Any]) -> Check:
    tagged = _tagged(parameters)
    idle = Words(flat(parameters["not_critical"]))
    needed = Words(flat(parameters["critical"]))

    def check(judged: Judged, context: Context) -> dict[str, str] | None:
        if context.critical or not context.important_tag or not tagged(judged):
            return None
        if judged.candidate.reason is not None:
            return {}
        words = "\n".join(passage.text.folded for passage in judged.passages)
        return {} if idle.search(words) and not needed.search(words) else None

    return check


def _daily_limit(_: dict[str, Any]) -> Check:
    def check(_: Judged, context: Context) -> dict[str, str] | None:
        quota = context.quota
        if quota is None or quota.used < quota.limit:
            return None
        resets_at = quota.resets_at.isoformat(timespec="minutes")
        return {"limit": str(quota.limit), "used": str(quota.used), "resets_at": resets_at}

    return check


def _out_of_stock(parameters: dict[str, Any]) -> Check:
    adjustments = frozenset(parameters["adjustments"])
    adjusted, why = Words(flat(parameters["adjusted"])), Words(flat(parameters["why"]))

    def check(judged: Judged, context: Context) -> dict[str, str] | None:
        if context.order is None or not context.order.adjustments & adjustments:
            return {}
        words = "\n".join(passage.text.folded for passage in judged.passages)
        said = adjusted.search(words) is not None and why.search(words) is not None
        return None if said or context.template else {}

    return check


def _reason_closed(_: dict[str, Any]) -> Check:
    def check(judged: Judged, context: Context) -> dict[str, str] | None:
        closed = judged.candidate.reason is not None and not context.reason_open
        return {"why": context.reason_closed_why} if closed else None

    return check


def _has_order(context: Context) -> bool:
    """Whether the two have or had an order: such a buyer is no new one (R-INBOX-8)."""
    return context.order is not None or bool(context.order_ids)


def _blocked(_: dict[str, Any]) -> Check:
    def check(judged: Judged, context: Context) -> dict[str, str] | None:
        if context.blocked_by_operator:
            return {"variant": "operator"}
        about_order = judged.candidate.direction == "buyer_to_seller" and context.has_open_order
        return {} if context.blocked_by_receiver and not about_order else None

    return check


_CHECKS: dict[str, Callable[[dict[str, Any]], Check]] = {
    "suspended": _when(lambda _, context: context.standing == "suspended"),
    "templates_only": _when(lambda _, context: context.standing == "templates_only" and not context.template),
    "reason_closed": _reason_closed,
    "window": _window,
    "order_id": _order_id,
    "language": _language,
    "opt_out": _opt_out,
    "important_misuse": _important_misuse,
    "daily_limit": _daily_limit,
    "review_repeat": _when(lambda _, context: context.review_asked),
    "out_of_stock": _out_of_stock,
    "recipient": _when(
        lambda _, context: context.receiver_is_seller or not context.counterpart or not context.sender_authorised
    ),
    "messaging_off": _when(lambda _, context: not context.messaging_on and not _has_order(context)),
    "blocked": _blocked,
    "automatic": _when(lambda _, context: bool(context.automatic)),
}
