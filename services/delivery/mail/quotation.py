"""Where new text ends and quoted history begins: Outlook, Gmail, Apple Mail, Thunderbird, in six languages."""

import html
import re
from dataclasses import dataclass
from typing import NamedTuple

from services.delivery.mail import markup

MAX_LINES = 20_000
MAX_LINE = 600
_ATTRIBUTION_LINES = 4
_HEADER_LINES = 8

# `On <date>, <name> wrote:` as clients write it in it, en, de, fr, es, ja; the line ends with a colon in all of them.
_ATTRIBUTION = re.compile(
    r"""^[>\s*]*(?:
        (?:on|le|el|il|am|il\s+giorno|il\s+gio|em|op)\b.{4,300}?
            (?:wrote|a\s+écrit|ha\s+scritto|escribió|schrieb(?:\s.{1,120})?|ha\s+escrito|escreveu|schreef(?:\s.{1,120})?)\s*[:\uff1a]?
      | (?:am|on|le|el|il)\s.{0,20}\d{1,4}.{2,300}?<[^<>\s]+@[^<>\s]+>\s*[:\uff1a]
      | \d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?.{0,300}?
            (?:[<\uff1c][^<>\uff1c\uff1e\s]+@[^<>\uff1c\uff1e\s]+[>\uff1e]
            |wrote|さん(?:は|が)?書きました|のメール|のメッセージ)\s*[:\uff1a]
      | .{1,200}(?:さん|様)?(?:は|が)(?:書きました|次のように書きました|書いています)\s*[:\uff1a]?
      | .{1,200}(?:<[^<>\s]+@[^<>\s]+>|\])\s*(?:wrote|ha\s+scritto|a\s+écrit|escribió|schrieb)\s*[:\uff1a]
      | (?:il|el|le)\s+\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}.{2,300}?(?:ha\s+scritto|escribió|a\s+écrit)\s*[:\uff1a]
    )\s*$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_ATTRIBUTION_START = re.compile(r"^[>\s*]*(?:on|le|el|il|am|em|op|\d{4}[-/.年])", re.IGNORECASE)
_DIVIDER = re.compile(
    r"""^[>\s]*(?:
        [-_=]{2,}\s*(?:original\s+(?:message|mail)|forwarded\s+message|messaggio\s+(?:originale|inoltrato)|ursprüngliche\s+nachricht
            |original-?nachricht|originalnachricht|weitergeleitete\s+nachricht|message\s+(?:d'origine|d\u2019origine|original|transféré|initial)
            |mensaje\s+(?:original|reenviado)|元のメッセージ|転送メッセージ|元のメール|original)\s*[-_=]{2,}
      | (?:begin\s+forwarded\s+message|inizio\s+messaggio\s+inoltrato|anfang\s+der\s+weitergeleiteten\s+nachricht
            |début\s+du\s+message\s+(?:réexpédié|transféré)|inicio\s+del\s+mensaje\s+reenviado|転送されたメッセージ)\s*[:\uff1a]
    )\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_RULE = re.compile(r"^[>\s]*[-_]{10,}\s*$")
_FIELD = re.compile(r"^[>\s*]*([^\W\d_][\w\s'\u2019.-]{0,24}?)\s*\*?\s*[:\uff1a]\s*\*?")
_FROM_NAMES = """
    from da von de expéditeur mittente absender remitente 差出人 送信者
"""
_OTHER_NAMES = """
    sent date subject to cc inviato data oggetto a gesendet datum betreff an kopie envoyé objet à pour destinataire
    fecha enviado asunto para 送信日時 日時 宛先 件名 日付 reply-to sujet
"""
_FROM_FIELDS = frozenset(_FROM_NAMES.split())
_OTHER_FIELDS = frozenset([*_OTHER_NAMES.split(), "enviado el", "envoyé le", "date d'envoi"])
_EMPTY = re.compile(r"<(div|p|span|blockquote|b|i|u|font|em|strong|a|ul|ol|li|table|tbody|tr|td)(?: [^<>]*)?>\s*</\1>")
_MAX_SHELLS = 30
_QUOTED_LINE = re.compile(r"^\s{0,3}>")


@dataclass(frozen=True, slots=True)
class Split:
    """A text in two: what the sender wrote now, and the history that came along."""

    new: str
    quoted: str


def _is_header_block(lines: list[str], start: int) -> bool:
    """Tell whether a block of copied header lines (Outlook) begins at a line: From, and two more fields soon after."""
    first = _FIELD.match(lines[start])
    if not first or first[1].strip().lower() not in _FROM_FIELDS:
        return False
    names = [hit[1].strip().lower() for line in lines[start + 1 : start + _HEADER_LINES] if (hit := _FIELD.match(line))]
    return sum(name in _OTHER_FIELDS for name in names) >= 2  # noqa: PLR2004 - one alone happens in a letter


def _is_attribution(line: str) -> bool:
    # A date has figures; `On Monday he wrote:` is a letter.
    return len(line) <= MAX_LINE and any(map(str.isdigit, line)) and bool(_ATTRIBUTION.match(line))


def _attribution_length(lines: list[str], start: int) -> int:
    """Count the lines of an attribution that begins at a line, 0 if none does; clients wrap it."""
    if _is_attribution(lines[start]):
        return 1
    if not _ATTRIBUTION_START.match(lines[start]):
        return 0
    for count in range(2, _ATTRIBUTION_LINES + 1):
        piece = lines[start : start + count]
        if len(piece) < count or not piece[-1].strip():
            return 0
        if _is_attribution(" ".join(line.strip() for line in piece)):
            return count
    return 0


def _next_filled(lines: list[str], start: int) -> int:
    return next((place for place in range(start, len(lines)) if lines[place].strip()), len(lines))


def _find_tail(lines: list[str], start: int) -> bool:
    """Tell whether all from a line on is history."""
    line = lines[start]
    if _DIVIDER.match(line) or _is_header_block(lines, start):
        return True
    if _RULE.match(line):
        following = _next_filled(lines, start + 1)
        return following < len(lines) and _is_header_block(lines, following)
    return False


def _mark_lines(lines: list[str]) -> list[bool]:
    """Say of each line whether it is quoted."""
    marks = [False] * len(lines)
    place = 0
    while place < len(lines):
        if _find_tail(lines, place):
            marks[place:] = [True] * (len(lines) - place)
            break
        length = _attribution_length(lines, place)
        if length:
            following = _next_filled(lines, place + length)
            marks[place : place + length] = [True] * length
            if following < len(lines) and not _QUOTED_LINE.match(lines[following]):
                # An attribution without `>` lines under it: the client quotes without marks, to the end.
                marks[place:] = [True] * (len(lines) - place)
                break
            place += length
            continue
        marks[place] = bool(_QUOTED_LINE.match(lines[place]))
        place += 1
    return marks


def split_text(text: str) -> Split:
    """Part plain text by lines, at most 20,000: each line is in one of the two, in order, blank ends trimmed.

    Answers between quoted lines are new text. A message that is nothing but history has empty new text.
    """
    lines = text.split("\n")
    judged = lines[:MAX_LINES]
    marks = _mark_lines(judged) + [False] * (len(lines) - len(judged))
    new = [line for line, quoted in zip(lines, marks, strict=True) if not quoted]
    history = [line for line, quoted in zip(lines, marks, strict=True) if quoted]
    return Split("\n".join(new).strip("\n"), "\n".join(history).strip("\n"))


@dataclass(slots=True)
class _Line:
    """One visible line of HTML: its text and the numbers of the pieces that make it."""

    text: str
    pieces: list[int]


class _Piece(NamedTuple):
    """A tag, or a run of text that stays on one line."""

    source: str
    token: markup.Token
    quoted: bool


def _cut(source: str) -> list[_Piece]:
    """Cut sanitised HTML into pieces, each with what its surrounding elements say of it."""
    pieces: list[_Piece] = []
    open_elements: list[bool] = []
    tail = False
    for token in markup.read_tokens(source):
        part = source[token.start : token.end]
        if token.is_text:
            texts = part.splitlines(keepends=True) if "\n" in part else [part]
            pieces += [_Piece(text, token, tail or any(open_elements[-1:])) for text in texts]
            continue
        tail = tail or ('id="' in token.attributes and token.attribute("id") == "quoted-tail")
        if not token.closing and token.name not in markup.VOID:
            marked = 'class="' in token.attributes or 'type="' in token.attributes
            sign = marked and (token.attribute("class") == "quoted" or token.attribute("type") == "cite")
            open_elements.append(sign or any(open_elements[-1:]))
        pieces.append(_Piece(part, token, tail or any(open_elements[-1:])))
        if token.closing and open_elements:
            open_elements.pop()
    return pieces


def _read_lines(pieces: list[_Piece]) -> list[_Line]:
    lines = [_Line("", [])]
    for number, piece in enumerate(pieces):
        if not piece.token.is_text:
            if piece.token.name in markup.VOID:
                lines[-1].pieces.append(number)
            if piece.token.name in markup.BLOCKS or piece.token.name == "br":
                lines.append(_Line("", []))
            continue
        # What is known to be history reads as a `>` line, so that an attribution above it is understood.
        text = html.unescape(piece.source).replace("\n", " ")
        lines[-1].text += "> " if piece.quoted and text.strip() else text
        lines[-1].pieces.append(number)
        if piece.source.endswith("\n"):
            lines.append(_Line("", []))
    return lines


def _write(pieces: list[_Piece], quoted: set[int], *, wanted: bool) -> str:
    """Write one side: all tags, so that it stays well-formed, and its own text; then drop what became empty."""
    out: list[str] = []
    for number, piece in enumerate(pieces):
        is_content = piece.token.is_text or piece.token.name in markup.VOID
        if is_content and (number in quoted) != wanted:
            continue
        out.append(piece.source)
    text = "".join(out)
    for _ in range(_MAX_SHELLS):
        shorter = _EMPTY.sub("", text)
        if shorter == text:
            break
        text = shorter
    return text.strip()


def split_html(source: str) -> Split:
    """Part sanitised HTML by the marks of ``html.sanitise`` and by its visible lines; both sides stay well-formed."""
    pieces = _cut(source)
    lines = _read_lines(pieces)[:MAX_LINES]
    marks = _mark_lines([line.text for line in lines])
    quoted = {number for number, piece in enumerate(pieces) if piece.quoted}
    for line, mark in zip(lines, marks, strict=True):
        if mark and not line.text.startswith("> "):
            quoted.update(line.pieces)
    return Split(_write(pieces, quoted, wanted=False), _write(pieces, quoted, wanted=True))
