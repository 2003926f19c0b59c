"""Delivery reports in RFC 3464's form and in all the forms from before, and what they say of a message of ours."""

import email
import email.policy
import logging
import re
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from flufl.bounce import all_failures

from services.delivery.mail import automation, headers, mending
from services.delivery.mail.parsing import IncomingMail, parse
from services.delivery.mail.refusal import Refusal

MAX_OCTETS = 512 * 1024
# The library tries every line with every pattern; who wrote a report says it at once.
MAX_LIBRARY_OCTETS = 64 * 1024
MAX_FAILURES = 100
MAX_DIAGNOSTIC = 500

# The library logs what it looks at; a report is full of addresses.
logging.getLogger("flufl.bounce").disabled = True

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REPLY_CODE = re.compile(r"\b([45])\d\d\b")
_IDENTIFIER_LINE = re.compile(r"^[> \t]*message-id:[ \t]*(<[^<>\s]{3,498}>)", re.IGNORECASE | re.MULTILINE)
_GROUP = re.compile(r"\n[ \t]*\n")
_FIELD = re.compile(r"^([A-Za-z-]+)[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_SUBJECT_HARD = re.compile(
    r"""undeliver|delivery\s+(?:has\s+)?fail|fail(?:ed|ure)\s+(?:mail|notice|delivery)|returned\s+mail|mail\s+(?:error|delivery\s+failed)
      |(?:could|can)\s*not\s+be\s+delivered|not\s+delivered|delivery\s+(?:status\s+notification\s+\(failure\)|failure|problem)
      |mancata\s+consegna|(?:messaggio|posta)\s+non\s+(?:recapitat|consegnat)|unzustellbar|nicht\s+zugestellt|zustellung\s+fehlgeschlagen
      |non\s+(?:remis|distribué|délivré)|échec\s+de\s+(?:la\s+)?(?:remise|distribution)|no\s+(?:entregado|se\s+pudo\s+entregar)
      |error\s+de\s+entrega|配信(?:不能|できません|エラー|に失敗)|送信できません|未配信""",
    re.IGNORECASE | re.VERBOSE,
)
_TEXT_HARD = re.compile(
    r"""(?:could|can)\s*not\s+be\s+delivered|undeliverable|delivery\s+(?:has\s+)?failed|permanent\s+(?:error|failure)|user\s+unknown
      |no\s+such\s+user|non\s+è\s+stato\s+possibile\s+(?:recapitare|consegnare)|konnte\s+nicht\s+zugestellt
      |n['\u2019]a\s+pas\s+pu\s+être\s+(?:remis|distribué|délivré)|no\s+(?:se\s+)?(?:ha\s+podido|pudo)\s+(?:ser\s+)?entreg|配信できませんでした""",
    re.IGNORECASE | re.VERBOSE,
)
_TEXT_SOFT = re.compile(
    r"""(?:message|mail)\s+(?:\S+\s+)?(?:is\s+|has\s+been\s+)?delayed|will\s+(?:continue|keep)\s+(?:to\s+)?(?:try|retry)|still\s+being\s+retried
      |delivery\s+attempts\s+will\s+continue|not\s+yet\s+been\s+delivered|verzögert|in\s+ritardo|retardé|retrasado|遅延""",
    re.IGNORECASE | re.VERBOSE,
)

_ENCODED = re.compile(r"[A-Za-z0-9+/=\s]+")
_ENCODED_LEAST = 40
_TEXT_WINDOW = 10_000
_ADDRESS = re.compile(r"[\w.+=%&'*/!#$^{}~-]{1,64}@[\w-]+(?:\.[\w-]+)+")


class Outcome(StrEnum):
    """What a report means for the message: given up, still tried, arrived, answered by a machine, or no report."""

    HARD = "hard"
    SOFT = "soft"
    DELIVERED = "delivered"
    AUTO_REPLY = "auto_reply"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient's fate as the far side tells it. Address and diagnostic are personal data: never log them."""

    address: str
    outcome: Outcome
    status: str | None
    diagnostic: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report read: the outcome for the message, per recipient as far as named, and the identifier of the message."""

    outcome: Outcome
    failures: tuple[Failure, ...] = ()
    status: str | None = None
    original_message_id: str | None = None


def _outcome_of(action: str, status: str | None) -> Outcome:
    word = action.strip().lower()
    for beginning, outcome in (
        ("fail", Outcome.HARD),
        ("error", Outcome.HARD),
        ("delay", Outcome.SOFT),
        ("deliver", Outcome.DELIVERED),
        ("relay", Outcome.DELIVERED),
        ("expand", Outcome.DELIVERED),
    ):
        if word.startswith(beginning):
            return outcome
    return {"4": Outcome.SOFT, "2": Outcome.DELIVERED}.get((status or "")[:1], Outcome.HARD)


def _address_of(value: str) -> str:
    address = headers.decode_words(value.partition(";")[2] or value).strip().strip("<>")
    return address[:320] if "@" in address else ""


def _read_group(group: str) -> Failure | None:
    fields = {name.lower(): headers.unfold(value) for name, value in _FIELD.findall(group)}
    if not {"final-recipient", "original-recipient"} & fields.keys():
        return None
    diagnostic = fields.get("diagnostic-code", "")
    hit = _STATUS.search(fields.get("status", "")) or _STATUS.search(diagnostic)
    status = hit[0] if hit else None
    address = _address_of(fields.get("original-recipient", "")) or _address_of(fields.get("final-recipient", ""))
    return Failure(address, _outcome_of(fields.get("action", ""), status), status, diagnostic[:MAX_DIAGNOSTIC])


def _text_of(part: Message) -> str:
    """Give a part's text, groups of a delivery status included, with LF line ends."""
    try:
        whole = part.as_bytes(policy=part.policy.clone(linesep="\n", max_line_length=None))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""
    return whole.decode("utf-8", "replace").replace("\r\n", "\n")


def _plain(group: str) -> str:
    # Filters on the way encode groups that must stand plain (RFC 3464 section 2.1).
    if len(group) < _ENCODED_LEAST or not _ENCODED.fullmatch(group):
        return group
    return headers.decode_base64(group.encode("ascii")).decode("utf-8", "replace").replace("\r\n", "\n")


def _read_status_parts(message: Message) -> list[Failure]:
    failures: list[Failure] = []
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            groups = _GROUP.split("\n\n".join(map(_plain, _GROUP.split(_text_of(part).partition("\n\n")[2]))))
            failures += [failure for group in groups if (failure := _read_group(group))]
    return list(dict.fromkeys(failures))[:MAX_FAILURES]


def _original_identifier(message: Message, raw: str, mail: IncomingMail | None) -> str | None:
    """Find the identifier of the message that came back: in the returned copy, in the text, or as what is answered."""
    for part in message.walk():
        if part is not message and part.get("message-id"):
            found = headers.read_identifiers(str(part["message-id"]))
            if found:
                return found[0]
    body = raw.partition("\n\n")[2]
    named = re.search(r"^original-message-id:[ \t]*(<[^<>\s]{3,498}>)", body, re.IGNORECASE | re.MULTILINE)
    hit = named or _IDENTIFIER_LINE.search(body)
    if hit:
        return hit[1]
    answered = (*mail.in_reply_to, *reversed(mail.references)) if mail else ()
    return answered[0] if answered else None


def _decode(address: bytes) -> str:
    return address.decode("utf-8", "replace")


def _by_library(raw: bytes) -> list[Failure]:
    try:
        message = email.message_from_bytes(mending.mend_header(raw), policy=email.policy.compat32)
        delayed, failed = all_failures(message)
    except Exception:  # noqa: BLE001 - its detectors raise anything on damaged reports; then the words decide
        return []
    # Its loosest patterns also find signs in ordinary text; what is no address is no recipient.
    pairs = [(_decode(address), Outcome.HARD) for address in sorted(failed)]
    pairs += [(_decode(address), Outcome.SOFT) for address in sorted(delayed)]
    sound = [(address, outcome) for address, outcome in pairs if _ADDRESS.fullmatch(address)]
    return [Failure(address, outcome, None, "") for address, outcome in sound[:MAX_FAILURES]]


def _by_words(mail: IncomingMail) -> Outcome:
    """Judge a report in free words: the subject says it is one, the text how it stands."""
    says_so = bool(_SUBJECT_HARD.search(mail.subject))
    is_report = automation.recognise(mail, None) is automation.Automatic.DELIVERY_REPORT
    if not (says_so or is_report):
        return Outcome.NONE
    if _TEXT_SOFT.search(mail.text[:_TEXT_WINDOW]):
        return Outcome.SOFT
    if says_so and is_report:
        return Outcome.HARD
    return Outcome.HARD if _TEXT_HARD.search(mail.subject + "\n" + mail.text[:_TEXT_WINDOW]) else Outcome.NONE


def _worst(failures: list[Failure]) -> Outcome:
    return next(
        (outcome for outcome in (Outcome.HARD, Outcome.SOFT) if any(it.outcome is outcome for it in failures)),
        Outcome.DELIVERED,
    )


def classify(raw: bytes) -> Report:
    """Read a mail that came to a bounce address; never fails. Only the first 512 KiB are looked at.

    HARD: the far side has given up. SOFT: it still tries. DELIVERED: a positive report. AUTO_REPLY: a vacation note, a
    read receipt or other machine's answer. NONE: nothing that says what became of the message.
    """
    raw = raw[:MAX_OCTETS]
    try:
        mail: IncomingMail | None = parse(raw)
    except Refusal:
        mail = None
    try:
        message = email.message_from_bytes(mending.mend_header(raw), policy=email.policy.compat32)
        failures = _read_status_parts(message) or _by_library(raw[:MAX_LIBRARY_OCTETS])
        identifier = _original_identifier(message, raw.decode("utf-8", "replace").replace("\r\n", "\n"), mail)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Report(Outcome.NONE)
    outcome = _worst(failures) if failures else _by_words(mail) if mail else Outcome.NONE
    if outcome is Outcome.NONE:
        is_automatic = mail is not None and automation.recognise(mail, None) is not None
        return Report(Outcome.AUTO_REPLY if is_automatic else outcome, original_message_id=identifier)
    status = next((failure.status for failure in failures if failure.status), None)
    if status is None and mail and (hit := _STATUS.search(mail.text[:_TEXT_WINDOW])):
        status = hit[0]
    return Report(outcome, tuple(failures), status, identifier)
