from datetime import UTC, datetime

import pytest

from services.policy.candidates import build_candidate, mend_content, to_facts
from services.policy.gate.finding import Decision, Finding
from shared.contracts.facts import AttachmentContent, Content
from shared.contracts.vocabulary import Direction, Kind, Reason, Severity, Verdict
from tests.services.policy.world import ORDER_ID, message

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CONTENT = Content(
    subject="Ordine", text="nuovo", html="<p>nuovo</p>", quoted_text="vecchio", quoted_html="<p>vecchio</p>"
)


def test_a_candidate_has_the_messages_facts_and_only_its_new_words() -> None:
    candidate = build_candidate(message(Reason.WARRANTY), CONTENT, "de")
    assert (candidate.subject, candidate.text, candidate.html) == ("Ordine", "nuovo", "<p>nuovo</p>")
    assert (candidate.direction, candidate.kind, candidate.channel, candidate.reason) == (
        "seller_to_buyer", "proactive", "api", "warranty",
    )  # fmt: skip
    assert (candidate.language, candidate.sender_language, candidate.order_id) == ("it", "de", ORDER_ID)
    assert candidate.trusted_domains == {"amazon.it"}


def test_a_buyers_reply_is_one_to_the_rules_too() -> None:
    facts = message(None, direction=Direction.BUYER_TO_SELLER, kind=Kind.REPLY, order_id=None, presale=True)
    candidate = build_candidate(facts, CONTENT, "it")
    assert (candidate.direction, candidate.kind, candidate.reason) == ("buyer_to_seller", "reply", None)
    assert (candidate.order_id, candidate.presale) == (None, True)


def test_attachments_go_with_what_inspection_saw_in_them() -> None:
    attachment = AttachmentContent(blob="b", name="f.pdf", media_type="application/pdf", size=7, problems=("script",))
    [seen] = build_candidate(message(), CONTENT.model_copy(update={"attachments": (attachment,)}), "it").attachments
    assert (seen.name, seen.media_type, seen.size, seen.active) == ("f.pdf", "application/pdf", 7, ("script",))


@pytest.mark.req("R-POLICY-2")
@pytest.mark.parametrize("severity", Severity)
def test_a_decision_is_told_without_the_writers_words(severity: Severity) -> None:
    finding = Finding("content.contact_info", severity, "text", (3, 9), "secret", "It says.", "Leave it out.")
    verdict = "rejected" if severity is Severity.BLOCK else "approved"
    facts = to_facts(Decision(verdict, (finding,), "v1"), NOW)  # type: ignore[arg-type]  # one of the two
    assert facts.verdict is Verdict(verdict)
    assert (facts.rule_set, facts.decided_at) == ("v1", NOW)
    [told] = facts.findings
    assert (told.rule, told.severity, told.field, told.start, told.end) == (
        "content.contact_info", severity.value, "text", 3, 9,
    )  # fmt: skip
    assert "secret" not in facts.model_dump_json()


def test_only_what_was_mended_changes() -> None:
    assert mend_content(CONTENT, Decision("approved", (), "v1")) is CONTENT
    mended = mend_content(CONTENT, Decision("approved", (), "v1", mended_text="[…]", mended_html=""))
    assert mended == CONTENT.model_copy(update={"text": "[…]", "html": ""})
