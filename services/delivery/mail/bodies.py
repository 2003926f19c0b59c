"""The tree of a mail's parts: which are its text, which are attached, which are of a kind that is never relayed."""

import binascii
import re
from dataclasses import dataclass, field
from email.message import Message

from services.delivery.mail import charsets, flowed, headers, parameters
from services.delivery.mail.refusal import Refusal

MAX_DEPTH = 20
MAX_PARTS = 200
MAX_UUENCODED = 50

# Parts by the kind that admission judges; a part's type by itself says enough.
_KINDS = {
    "multipart/signed": "protected",
    "multipart/encrypted": "protected",
    "application/pkcs7-mime": "protected",
    "application/x-pkcs7-mime": "protected",
    "application/pkcs7-signature": "protected",
    "application/x-pkcs7-signature": "protected",
    "application/pgp": "protected",
    "application/pgp-encrypted": "protected",
    "application/pgp-signature": "protected",
    "text/calendar": "calendar",
    "application/ics": "calendar",
    "text/vcard": "vcard",
    "text/x-vcard": "vcard",
    "text/directory": "vcard",
    "application/ms-tnef": "tnef",
    "application/vnd.ms-tnef": "tnef",
    "message/partial": "partial",
    "message/external-body": "external",
    "message/delivery-status": "report",
    "message/disposition-notification": "receipt",
    "message/feedback-report": "report",
}
_ARMOUR = re.compile(r"^-----BEGIN PGP (?:SIGNED )?MESSAGE-----[ \t]*$", re.MULTILINE)
_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n", re.MULTILINE)
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")
_ENRICHED = re.compile(r"<(?!<)/?[^<>\n]{1,60}>")
_HIDDEN_PART = re.compile(rb"^content-(?:type|transfer-encoding)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_ALTERNATIVE_ONLY = frozenset({"text/x-amp-html", "text/watch-html", "application/applefile"})


@dataclass(frozen=True, slots=True)
class Attached:
    """A part that is not text: decoded name (as sent, unsafe), declared type, Content-ID without brackets, octets."""

    name: str
    media_type: str
    content: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """One stretch of a mail's text, in one or both forms."""

    plain: str | None
    html: str | None


@dataclass(slots=True)
class Contents:
    """All parts of a mail, sorted."""

    media_type: str
    report_type: str | None
    bodies: list[Body] = field(default_factory=list)
    attached: list[Attached] = field(default_factory=list)
    enclosed: set[str] = field(default_factory=set)
    parts: int = 0


def _raw_field(part: Message, name: str) -> str:
    # The accessor by name wraps octets beyond ASCII in an object that cannot be read back.
    return next((str(value) for key, value in part.raw_items() if key.lower() == name), "")


def _own_octets(part: Message) -> bytes:
    """Give a leaf's octets before any transfer decoding."""
    # The accessor replaces octets it cannot decode, and fails on a charset with a null character.
    payload: object = part._payload  # type: ignore[attr-defined] # noqa: SLF001 - see above
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""


def _uu_lines(lines: list[bytes]) -> tuple[bytes, int]:
    """Decode uuencoded lines up to `end`; gives the octets and how many lines were read, 0 if none."""
    content: list[bytes] = []
    for number, line in enumerate(lines):
        stripped = line.rstrip(b"\r\n")
        if stripped.strip() == b"end":
            return b"".join(content), number + 1
        if not stripped:
            continue
        try:
            content.append(binascii.a2b_uu(stripped))
        except binascii.Error:
            # Some encoders write lines that are too long: the length octet decides.
            wanted = (((stripped[0] - 32) & 63) * 4 + 5) // 3
            try:
                content.append(binascii.a2b_uu(stripped[:wanted]))
            except binascii.Error:
                return b"", 0
    return b"", 0


def _take_uuencoded(content: bytes, contents: Contents) -> bytes:
    """Cut uuencoded files out of a text and attach them."""
    rest = b""
    for _ in range(MAX_UUENCODED):
        hit = _UU_BEGIN.search(content)
        if not hit:
            break
        after = content[hit.end() :]
        lines = after.splitlines(keepends=True)
        octets, used = _uu_lines(lines)
        if not used:
            rest, content = rest + content[: hit.end()], after
            continue
        name = charsets.decode(hit[1], None).strip()
        contents.attached.append(Attached(name, "application/octet-stream", octets))
        rest, content = rest + content[: hit.start()], b"".join(lines[used:])
        _count_part(contents)
    return rest + content


def _octet(hit: re.Match[bytes]) -> bytes:
    return bytes([int(hit[1], 16)])


def _join_or_end(line: bytes) -> bytes:
    """Strip a quoted-printable line's trailing blanks; a soft break takes its line end with it."""
    text = line.rstrip(b"\r\n")
    stripped = text.rstrip(b" \t")
    return stripped[:-1] if stripped.endswith(b"=") else stripped + line[len(text) :]


def decode_transfer(raw: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding (RFC 2045), forgiving; an unknown one is taken for none."""
    words = encoding.replace(";", " ").split()
    name = words[0].strip("\"'").lower() if words else ""
    if name == "base64":
        # Words on lines are text that was declared base64 by mistake.
        return raw if len(raw.split()) > 2 * len(raw.splitlines()) + 2 else headers.decode_base64(raw)
    if name == "quoted-printable":
        # Blanks at the end of a line were added on the way (section 6.7, rule 3).
        return b"".join(_QUOTED.sub(_octet, _join_or_end(line)) for line in raw.splitlines(keepends=True))
    if name in {"x-uuencode", "uuencode", "uue", "x-uue"} and (hit := _UU_BEGIN.search(raw)):
        octets, used = _uu_lines(raw[hit.end() :].splitlines(keepends=True))
        return octets if used else raw
    return raw


def _count_part(contents: Contents) -> None:
    contents.parts += 1
    if contents.parts > MAX_PARTS:
        raise Refusal(
            "too_many_parts", "5.6.0", "The message has too many parts to be read; please send fewer attachments."
        )


def _add_text(part_type: parameters.Field, content: bytes, contents: Contents) -> None:
    if part_type.value != "text/html":
        content = _take_uuencoded(content, contents)
    text = charsets.normalise_lines(charsets.decode(content, part_type.token("charset")))
    if part_type.value == "text/html":
        contents.bodies.append(Body(None, text))
        return
    if (part_type.token("format") or "").lower() == "flowed":
        text = flowed.unfold_paragraphs(text, delete_space=(part_type.token("delsp") or "").lower() == "yes")
    if part_type.value in {"text/enriched", "text/richtext"}:
        text = _ENRICHED.sub("", text).replace("<<", "<")
    if _ARMOUR.search(text):
        contents.enclosed.add("protected")
    contents.bodies.append(Body(text, None))


def _add_leaf(part: Message, part_type: parameters.Field, contents: Contents) -> None:
    content = decode_transfer(_own_octets(part), headers.unfold(_raw_field(part, "content-transfer-encoding")))
    disposition = parameters.read_disposition(_raw_field(part, "content-disposition"))
    name = disposition.parameters.get("filename") or part_type.parameters.get("name", "")
    named = bool(disposition.parameters.get("filename") or (name and disposition.value))
    is_text = part_type.value.startswith("text/") and part_type.value not in _KINDS
    if is_text and disposition.value != "attachment" and not named:
        _add_text(part_type, content, contents)
        return
    if part_type.value in _ALTERNATIVE_ONLY:
        return
    identifier = headers.unfold(_raw_field(part, "content-id")).strip("<> \t") or None
    if name.lower() == "winmail.dat":
        contents.enclosed.add("tnef")
    contents.attached.append(Attached(name, part_type.value, content, identifier))


def _merge_alternatives(contents: Contents, since: int) -> None:
    """Make one body of the alternatives found since; two texts that differ are both kept, none is worth losing."""
    found = contents.bodies[since:]
    plains = list(dict.fromkeys(body.plain for body in found if body.plain is not None))
    htmls = list(dict.fromkeys(body.html for body in found if body.html is not None))
    if plains or htmls:
        plain = "\n".join(plains) if plains else None
        contents.bodies[since:] = [Body(plain, "\n".join(htmls) if htmls else None)]


def _visit(part: Message, contents: Contents, depth: int, default: str) -> None:
    _count_part(contents)
    if depth > MAX_DEPTH:
        raise Refusal("too_deep", "5.6.0", "The parts of the message are nested too deeply to be read.")
    part_type = parameters.read_media_type(_raw_field(part, "content-type"))
    if not part_type.value:
        part_type = parameters.Field(default, part_type.parameters)
    kind = _KINDS.get(part_type.value) or ("message" if part_type.value.startswith("message/") else None)
    if kind or part_type.value == "text/rfc822-headers":
        contents.enclosed.add(kind or "report")
    children: object = part.get_payload() if part.is_multipart() else None
    if part_type.value.startswith("message/") and kind:
        return
    if not isinstance(children, list):
        # A multipart without a usable boundary is read as the text it is, unless that text hides encoded parts.
        if part_type.value.startswith("multipart/") and _HIDDEN_PART.search(_own_octets(part)):
            raise Refusal(
                "damaged_parts",
                "5.6.0",
                "The parts of the message cannot be told apart; please send the message again.",
            )
        if part_type.value.startswith(("multipart/", "message/")):
            part_type = parameters.Field("text/plain", part_type.parameters)
        _add_leaf(part, part_type, contents)
        return
    since = len(contents.bodies)
    for child in children:
        _visit(child, contents, depth + 1, "message/rfc822" if part_type.value == "multipart/digest" else "text/plain")
    if part_type.value == "multipart/alternative":
        _merge_alternatives(contents, since)


def collect(message: Message) -> Contents:
    """Sort all parts of a parsed mail; refuses more than 200 parts and more than 20 levels."""
    top = parameters.read_media_type(_raw_field(message, "content-type"))
    report = top.token("report-type") if top.value == "multipart/report" else None
    contents = Contents(top.value or "text/plain", report.lower() if report else None)
    if top.value == "multipart/report":
        contents.enclosed.add("report")
    try:
        _visit(message, contents, 1, "text/plain")
    except RecursionError as error:
        raise Refusal("too_deep", "5.6.0", "The parts of the message are nested too deeply to be read.") from error
    return contents
