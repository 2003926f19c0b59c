from collections.abc import Iterable

import pytest

from services.policy.gate.candidate import Attachment, Candidate
from services.policy.gate.detectors.model import Adding, Learned, Unweighed, Weighing, build
from services.policy.gate.history import Known
from services.policy.gate.judged import Detector, Hit, Judged, Quotations
from services.policy.gate.model.weights import packaged
from services.policy.gate.ruleset import RuleSet

pytestmark = pytest.mark.req("R-POLICY-2")

RULES = RuleSet.load()
HIT = Hit("text", 0, 3)
INVOICE = Attachment("invoice.pdf", "application/pdf", "application/pdf", 1000)
HARMLESS = "The screws are in the small bag. Please charge the battery for two hours before you assemble the shelf."


def _silent(_: Judged) -> Iterable[Hit]:
    return ()


def _speaking(_: Judged) -> Iterable[Hit]:
    return [HIT]


def _found(weighing: Weighing, **fields: object) -> list[Hit]:
    return list(weighing(Judged(Candidate(**fields))))  # type: ignore[arg-type]  # each test names fields of its own


def test_finds_what_word_lists_do_not_and_shows_where() -> None:
    warning = "Attention seller: your seller account has been suspended, log in here to verify your password."
    text = f"The lid goes on the left.\n\n{warning}"
    hits = _found(Weighing("phishing", whole=False, words=_silent), direction="buyer_to_seller", text=text)
    assert len(hits) == 1
    assert "verify your password" in text[hits[0].start : hits[0].end]


def test_takes_back_what_speaks_for_nothing() -> None:
    weighing = Weighing("thanks_only", whole=True, words=_speaking)
    assert _found(weighing, text=HARMLESS, kind="reply") == []


def test_leaves_what_it_has_not_read_to_the_word_lists() -> None:
    weighing = Weighing("thanks_only", whole=True, words=_speaking)
    assert _found(weighing, text=HARMLESS * 400, kind="reply") == [HIT]
    hidden = f'<p>{HARMLESS}</p><p style="display:none">more</p>'
    assert _found(weighing, html=hidden, kind="reply") == [HIT]
    assert _found(weighing, text="", kind="reply") == [HIT]


def test_a_message_as_a_whole_is_more_than_its_words_where_something_is_attached() -> None:
    text = "Thank you so much for your order, we appreciate it! If you need anything, just write to us."
    weighing = Weighing("thanks_only", whole=True, words=_silent)
    assert _found(weighing, text=text)
    assert _found(weighing, text=text, attachments=(INVOICE,)) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "OK, will do."),
        ("en", "Thank you, it is on its way."),
        ("de", "Gut, dann machen wir es so. (404-0000000-0000001)"),
        ("de", "Ja, gerne."),
        ("it", "Sì, certo."),
        ("it", "Va bene, allora la prepariamo così."),
        ("fr", "Bien, nous la ferons donc ainsi."),
        ("es", "Sí, claro."),
        ("ja", "承知しました。そのようにお作りします。"),
    ],
)
def test_an_answer_of_a_few_words_is_not_judged_by_the_model_alone(language: str, text: str) -> None:
    answer = Candidate(kind="reply", text=text, language=language, sender_language=language)
    assert RULES.judge(answer).verdict == "approved"


def test_what_words_find_in_an_answer_of_a_few_words_is_found() -> None:
    weighing = Weighing("off_platform_payment", whole=False, words=_speaking)
    assert _found(weighing, text="Pay me by bank transfer instead.", kind="reply") == [HIT]


DESCRIBED = "Our address there is the name of our shop, then the curly a, then gmail and the usual ending."


def _adding(words: Detector) -> Adding:
    return Adding("contact_info", words, frozenset({"warranty"}))


def test_adds_where_somebody_is_to_be_found_as_described() -> None:
    assert list(_adding(_silent)(Judged(Candidate(text=DESCRIBED, kind="reply"))))
    assert not list(_adding(_silent)(Judged(Candidate(text=HARMLESS, kind="reply"))))


def test_adds_nothing_for_other_reasons_and_in_messages_to_sellers() -> None:
    assert not list(_adding(_silent)(Judged(Candidate(text=DESCRIBED, reason="warranty"))))
    assert not list(_adding(_silent)(Judged(Candidate(text=DESCRIBED, direction="buyer_to_seller", presale=True))))


def test_adds_nothing_to_a_few_words_and_to_what_is_quoted() -> None:
    quoted = Candidate(text=DESCRIBED, kind="reply", known=Known(("Where does it go?",)))
    assert not list(_adding(_silent)(Quotations(quoted, Known(("Where does it go?",)))))
    assert not list(_adding(_silent)(Judged(Candidate(text="gmail, the curly a", kind="reply"))))


def test_what_the_other_detector_finds_stands() -> None:
    for candidate in (Candidate(text=HARMLESS, kind="reply"), Candidate(text=HARMLESS, reason="warranty")):
        assert list(_adding(_speaking)(Judged(candidate))) == [HIT]


def test_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="unknown parameter"):
        build({"label": "spam", "strength": 1})
    assert build({"label": "spam"}) == Unweighed("spam", whole=False)


def test_every_label_of_a_rule_is_one_that_the_model_learned() -> None:
    weighings = {
        rule.id: detector.label for rule in RULES.rules for detector in rule.detectors if isinstance(detector, Learned)
    }
    assert set(weighings.values()) == set(packaged().order)
    assert all(rule == f"content.{label}" for rule, label in weighings.items())
