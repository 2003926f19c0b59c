"""What is fuzzed: functions of octets that end well, or raise because something is wrong with us."""

from collections import Counter
from collections.abc import Callable, Mapping

from services.delivery.mail import html, parsing, quotation, reports, rewriting
from services.delivery.mail.automation import recognise
from services.delivery.mail.refusal import Refusal
from services.policy.gate.candidate import Candidate
from services.policy.gate.history import Known
from services.policy.gate.ruleset import RuleSet
from shared import attachments
from tests.services.delivery.mail import samples
from tests.services.delivery.mail.test_leaks import DISGUISES, assert_no_trace

LONGEST = 20_000
_LONGEST_LINE = 998
_FORMS = sorted(DISGUISES)
_REPLACEMENT = rewriting.Replacement(frozenset({samples.REAL}), samples.ALIAS)
_FILES = ("a.pdf", "a.docx", "a.doc", "a.png", "a.jpg", "a.gif", "a.txt")
_RULES = RuleSet.load()


def fuzz_intake(octets: bytes) -> None:
    """Any mail is relayed in sound form, or refused in words (R-MAIL-1, R-MAIL-3)."""
    try:
        recognise(parsing.parse(octets), samples.REAL)
        _, composed = samples.relay(octets)
    except Refusal:
        return
    bare = composed.replace(b"\r\n", b"")
    assert b"\r" not in bare
    assert b"\n" not in bare
    assert all(len(line) <= _LONGEST_LINE for line in composed.split(b"\r\n"))
    parsing.parse(composed)


def fuzz_leak(octets: bytes) -> None:
    """A real address in any disguise, amid anything, is found and replaced (R-MAIL-1)."""
    form, subtype, filler = octets[:1], octets[1:2], octets[2:].decode("utf-8", "replace")
    # Without these letters the filler itself cannot spell the address.
    filler = filler.translate(str.maketrans("aAbB", "oOdD")).replace("\r", " ").replace("\0", " ")
    planted = DISGUISES[_FORMS[sum(form) % len(_FORMS)]](samples.REAL)
    is_html = sum(subtype) % 2
    if is_html:
        filler = filler.replace("<", " ").replace("&", " ")
        planted = planted.replace("<", "&lt;").replace(">", "&gt;")
    half = len(filler) // 2
    body = f"{filler[:half]}\n\n{planted}\n\n{filler[half:]}"
    kind = "html" if is_html else "plain"
    try:
        _, composed = samples.relay(samples.mail(f"Content-Type: text/{kind}; charset=utf-8", body=body))
    except Refusal:
        return
    assert_no_trace(composed)


def fuzz_rewriting(octets: bytes) -> None:
    """One pass leaves nothing for a second, in text and in HTML."""
    text = octets.decode("utf-8", "replace")
    once = rewriting.rewrite_text(text, _REPLACEMENT)
    assert rewriting.rewrite_text(once, _REPLACEMENT) == once
    clean = rewriting.rewrite_html(html.sanitise(text), _REPLACEMENT)
    assert rewriting.rewrite_html(clean, _REPLACEMENT) == clean


def fuzz_quotation(octets: bytes) -> None:
    """Parting new text from history loses no line."""
    text = octets.decode("utf-8", "replace")
    split = quotation.split_text(text)
    assert _lines(text) == _lines(split.new) + _lines(split.quoted)
    quotation.split_html(html.sanitise(text))


def fuzz_reports(octets: bytes) -> None:
    """Any mail to a bounce address is classified (RFC 3464)."""
    assert reports.classify(octets).outcome


def fuzz_files(octets: bytes) -> None:
    """Any file is judged, and one that may pass is written anew and read."""
    facts = attachments.inspect(_FILES[sum(octets[:1]) % len(_FILES)], "", octets[1:])
    if not facts.may_pass:
        return
    try:
        content = attachments.scrub(octets[1:], facts.media_type)
    except ValueError:
        return
    attachments.read_texts(content, facts.media_type)


def fuzz_gate(octets: bytes) -> None:
    """Any text is judged, and what is found stands in it (R-POLICY-2)."""
    text = octets.decode("utf-8", "replace")
    half = len(text) // 2
    fields = {"text": text[:half], "html": text[half:], "quoted_text": text[half:], "quoted_html": text[:half]}
    decision = _RULES.judge(Candidate(kind="reply", known=Known([text[: half // 2]]), **fields))  # type: ignore[arg-type]  # fields of a candidate by name
    for finding in decision.findings:
        start, end = finding.span
        assert 0 <= start <= end <= len(fields.get(finding.field, ""))


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "intake": fuzz_intake,
    "leak": fuzz_leak,
    "rewriting": fuzz_rewriting,
    "quotation": fuzz_quotation,
    "reports": fuzz_reports,
    "files": fuzz_files,
    "gate": fuzz_gate,
}


def _lines(text: str) -> Counter[str]:
    return Counter(line for line in text.split("\n") if line.strip())
