# ruff: noqa: RUF001  # full-width punctuation is what Japanese mail clients write
"""Sets quoted history apart from what the sender newly wrote, line by line.

Knows the marks of Outlook, Gmail, Apple Mail and Thunderbird in it, en, de, fr, es and ja. Where a message would
be nothing but quotation, all of it counts as new. Where the thread is known, what is set apart here and was not said
in it is judged all the same (`history`): a sender cannot hide words by quoting them.
"""

import re
from itertools import accumulate

from services.policy.gate.offsets import Derived
from services.policy.gate.scan import BLANK, LINE_END, Quick

_QUOTED_LINE = re.compile(r"[ \t]{0,3}(?:[>＞]|\|[ \t])")
_SEPARATOR_WORDS = (
    r"original message|forwarded message|reply message|begin (?:forwarded )?message|original message follows"
    r"|(?:the )?(?:buyer|customer)(?:'s)? (?:message|wrote)|your message"
    r"|messaggio originale|messaggio inoltrato|inizio messaggio(?: inoltrato)?|messaggio di risposta"
    r"|messaggio (?:del|dell') ?(?:cliente|acquirente)|il (?:suo|tuo) messaggio"
    r"|ursprüngliche nachricht|original-?nachricht|weitergeleitete nachricht|anfang der (?:weitergeleiteten )?nachricht"
    r"|nachricht (?:des|vom) (?:käufers?|kunden)|ihre nachricht"
    r"|message d'origine|message original|message initial|message transféré|début du message(?: transféré| réexpédié)?"
    r"|message (?:de l'|du )(?:acheteur|client)|votre message"
    r"|mensaje original|mensaje reenviado|(?:inicio|comienzo) del mensaje(?: reenviado)?"
    r"|mensaje del (?:comprador|cliente)|su mensaje"
    r"|元のメッセージ|転送されたメッセージ|転送メッセージ|オリジナルメッセージ|元メール|(?:購入者|お客様)(?:から)?のメッセージ"
)
_SEPARATOR = re.compile(
    r"\s*(?:[-_=*]{2,30}\s*)?"
    rf"(?:{_SEPARATOR_WORDS})"
    r"\s*[:：]?\s*(?:[-_=*]{2,30})?\s*$"
)
_RULE = re.compile(r"\s*[_-]{20,200}\s*$")
_FROM = re.compile(r"\s*\*{0,2}(?:from|von|da|de|expéditeur|mittente|remitente|差出人|送信者|送信元)\s?\*{0,2}\s?[:：]")
_HEADER = re.compile(
    r"\s*\*{0,2}(?:sent|date|to|cc|subject|reply-to|gesendet|datum|an|betreff|inviato|data|a|oggetto|envoyé|à|objet|enviado"
    r"|enviado el|fecha|para|asunto|送信日時|送信日|日付|日時|宛先|件名)\s?\*{0,2}\s?[:：]"
)
_WROTE = re.compile(
    r"(?:wrote|writes|ha scritto|schrieb(?: [^:\n]{1,160})?|hat geschrieben|a écrit|escribió(?: [^:\n]{1,160})?"
    r"|さん(?:は|が)書きました|のメール|のメッセージ|wrote [^:\n]{1,120})\s{0,3}(?:[:：]|-{2,9})\s*$"
)
_ADDRESSED = re.compile(r">\s{0,3}[:：]\s*$")
_ATTRIBUTION_START = re.compile(
    r"\s*(?:-{2,9}\s?)?(?:on|il|in data|am|le|el|\d{4}年|\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}"
    r"|\d{1,2}\.?\s\w{3,12}\.?\s\d{4}|<?[^\s@<>]{1,64}@[^\s@<>]{1,255}>?\s)"
)
_DATED = re.compile(r"\d")
# Of all the signs of history, each has one of these, or two hyphens. One class first: the search skips the rest.
_TELLING = re.compile(r"[>＞|:：_-](?:(?<!-)|-)")
_SEPARATING = Quick(
    rf"(?i)(?:^|{LINE_END}){BLANK}*(?:[-_=*]{{2,30}}{BLANK}*)?(?:{_SEPARATOR_WORDS}){BLANK}*[:：]?{BLANK}*"
    rf"(?:[-_=*]{{2,30}}{BLANK}*)?(?:$|{LINE_END})"
)
_LONGEST_ATTRIBUTION = 3
_LONGEST_HEADER = 6


def fresh(text: str) -> Derived:
    """Return the newly written lines of `text` with their places in it."""
    derived = Derived()
    separating = _SEPARATING.is_in(text)
    if not separating and _TELLING.search(text) is None:
        derived.append(text, 0, len(text))
        return derived
    lines = text.splitlines(keepends=True)
    kept = _kept(lines, separating=separating)
    if len(kept) == len(lines) or not any(lines[index].strip() for index in kept):
        derived.append(text, 0, len(text))
        return derived
    starts = [0, *accumulate(map(len, lines))]
    for index in kept:
        derived.append(lines[index], starts[index], starts[index + 1])
    return derived


def _kept(lines: list[str], *, separating: bool) -> list[int]:
    lowered = [line.lower() for line in lines]
    possible = set(range(len(lines))) if separating else _possible(lines)
    kept: list[int] = []
    index = 0
    while index < len(lines):
        if index not in possible:
            kept.append(index)
            index += 1
            continue
        if _QUOTED_LINE.match(lines[index]):
            index += 1
            continue
        if _begins_history(lowered, index):
            return kept
        after = _after_attribution(lowered, index)
        if after is None:
            kept.append(index)
            index += 1
            continue
        while after < len(lines) and not lines[after].strip():
            after += 1
        if after >= len(lines) or not _QUOTED_LINE.match(lines[after]):
            return kept  # the whole rest is the quoted message
        index = after
    return kept


def _possible(lines: list[str]) -> set[int]:
    """Return the lines with which an attribution, which may go on in the next lines, or a header can begin."""
    telling = [index for index, line in enumerate(lines) if _TELLING.search(line)]
    return {index - before for index in telling for before in range(_LONGEST_ATTRIBUTION)}


def _begins_history(lines: list[str], index: int) -> bool:
    line = lines[index]
    if _SEPARATOR.match(line):
        return True
    if _RULE.match(line):
        return index + 1 < len(lines) and _is_header(lines, index + 1)
    return _is_header(lines, index)


def _is_header(lines: list[str], index: int) -> bool:
    """Tell whether a copied message header (From, Sent, To, Subject) begins at `index`."""
    if not _FROM.match(lines[index]):
        return False
    block = lines[index + 1 : index + 1 + _LONGEST_HEADER]
    found = [bool(_HEADER.match(line)) for line in block if line.strip()]
    return found[:1] == [True] if index else sum(found) > 1


def _after_attribution(lines: list[str], index: int) -> int | None:
    """Return the line after an attribution ("On …, X wrote:") that begins at `index`, which may be wrapped."""
    if not _ATTRIBUTION_START.match(lines[index]):
        named = _WROTE.search(lines[index][-320:]) and ("<" in lines[index] or _DATED.search(lines[index]))
        return index + 1 if named else None
    joined = ""
    for length in range(_LONGEST_ATTRIBUTION):
        if index + length >= len(lines) or not lines[index + length].strip() or len(joined) > 400:  # noqa: PLR2004  # no attribution is that long
            return None
        joined += lines[index + length].rstrip("\r\n") + " "
        end = joined.rstrip()[-320:]
        if _DATED.search(joined) and (_WROTE.search(end) or _ADDRESSED.search(end)):
            return index + length + 1
    return None
