import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

import pytest

from services.policy.gate.candidate import Candidate
from services.policy.gate.ruleset import RuleSet
from shared.contracts.vocabulary import Reason
from tests.services.policy.labelled.messages import KEYS, LANGUAGES, PARTS, Labelled, Part, read_part, read_rows
from tests.services.policy.measurement import Outcome, blocked_clean, count, judge_all
from tests.services.policy.training.examples import read_examples

# What each line does, other tests show.
pytestmark = [pytest.mark.req("R-POLICY-2"), pytest.mark.no_cover]

BOTH_WAYS = {"content.contact_info", "content.active_html", "content.tracking_pixel"}
TO_BUYER = BOTH_WAYS | {
    "content.order_confirmation",
    "content.thanks_only",
    "content.promotion",
    "content.review_incentive",
    "content.review_change",
    "content.review_conditional",
    "content.cancel_request",
    "content.external_link",
    "content.logo_link",
    "content.unsubscribe",
    "content.sensitive",
    "content.off_platform_payment",
}
TO_SELLER = BOTH_WAYS | {"content.phishing", "content.spam"}
RULES = sorted(TO_BUYER | TO_SELLER)
MARKUP = {"content.logo_link", "content.tracking_pixel", "content.active_html"}

# What single languages are short of the goals on the held-out part: recall (goal 0.97), rounded down, and clean
# messages blocked (goal 0.01), rounded up. The part is the eighth one, of November 2026, by six who knew only the
# rules. The ones before it are in `dev`.
FOUND = {"ja": 0.955}
CLEAN_BLOCKED: dict[str, float] = {}

# Shorter ones anybody writes: "Thank you very much!".
SHORTEST = 20

each_file = pytest.mark.parametrize(("part", "lang"), [(part, lang) for part in PARTS for lang in LANGUAGES])
each_language = pytest.mark.parametrize("lang", LANGUAGES)


@cache
def read_once(part: Part) -> tuple[Labelled, ...]:
    return tuple(read_part(part))


@cache
def labelled(part: Part, lang: str) -> tuple[Labelled, ...]:
    return tuple(message for message in read_once(part) if message.lang == lang)


@cache
def judged() -> tuple[Outcome, ...]:
    """Judge the held-out part once."""
    return tuple(judge_all(RuleSet.load(), read_once("heldout")))


@cache
def learned() -> dict[str, str]:
    """Return the words of all longer messages that the model learns from, each with where it comes from."""
    return {
        written: example.hand or example.source
        for example in read_examples()
        if len(written := words(example.candidate)) > SHORTEST
    }


def words(message: Labelled | Candidate) -> str:
    """What is left of a message without its digits, marks, tags and capitals."""
    source = re.sub(r"<[^>]*>", " ", f"{message.text} {message.html or ''}").casefold()
    return " ".join(re.findall(r"[^\W\d_]+", source))


@each_file
def test_rows_have_the_format_of_the_batch_check(part: Part, lang: str) -> None:
    for row in read_rows(part, lang):
        assert tuple(row) == KEYS, row["id"]
        assert row["lang"] == lang, row["id"]
        assert row["direction"] in {"seller_to_buyer", "buyer_to_seller"}, row["id"]
        assert row["kind"] in {"proactive", "reply"}, row["id"]
        assert row["reason"] is None or row["reason"] in set(Reason), row["id"]
        assert all(isinstance(row[key], str) for key in ("id", "subject", "text")), row["id"]
        assert row["html"] is None or row["html"].strip(), row["id"]
        assert row["text"].strip() or row["html"], row["id"]
        assert isinstance(row["presale"], bool), row["id"]
        assert len(row["expect"]) == len(set(row["expect"])), row["id"]


@each_file
def test_labels_are_rules_that_apply_in_the_messages_direction(part: Part, lang: str) -> None:
    for message in labelled(part, lang):
        applicable = TO_BUYER if message.direction == "seller_to_buyer" else TO_SELLER
        assert message.expect <= applicable, message.id
        assert message.html or not message.expect & MARKUP, message.id


@each_file
def test_only_a_buyer_writes_before_an_order_and_only_there_is_contact_data_labelled(part: Part, lang: str) -> None:
    for message in labelled(part, lang):
        if message.direction == "seller_to_buyer":
            assert not message.presale, message.id
        elif "content.contact_info" in message.expect:
            assert message.presale, message.id


def test_ids_are_unique() -> None:
    ids = Counter(message.id for part in PARTS for message in read_once(part))
    assert [name for name, times in ids.items() if times > 1] == []


@each_language
def test_no_message_that_is_measured_on_is_learned_from(lang: str) -> None:
    found = [(m.id, learned()[words(m)]) for m in labelled("heldout", lang) if words(m) in learned()]
    assert found == []


@each_file
def test_every_rule_has_eight_messages(part: Part, lang: str) -> None:
    counts = Counter(rule for message in labelled(part, lang) for rule in message.expect)
    assert {rule: counts[rule] for rule in RULES if counts[rule] < 8} == {}


@each_language
def test_a_language_has_enough_messages_plain_and_html_replies_and_proactive(lang: str) -> None:
    messages = [message for part in PARTS for message in labelled(part, lang)]
    clean = [message for message in messages if message.clean]
    assert len(messages) >= 220
    assert len(clean) >= len(messages) / 3
    for chosen in (messages, clean):
        assert sum(message.html is not None for message in chosen) >= 10
        assert sum(message.kind == "reply" for message in chosen) >= 30
        assert sum(message.kind == "proactive" for message in chosen) >= 30
        assert sum(message.direction == "buyer_to_seller" for message in chosen) >= 15


def share_blocked(outcomes: Sequence[Outcome]) -> float:
    blocked, clean = blocked_clean(outcomes)
    return blocked / clean


def test_goal_for_recall() -> None:
    assert (count(judged()).recall or 0) >= 0.97


@pytest.mark.parametrize("rule", RULES)
def test_goal_for_every_rule(rule: str) -> None:
    assert (count(judged(), rule).recall or 0) >= 0.9


def test_goal_for_clean_messages() -> None:
    assert share_blocked(judged()) <= 0.01


@each_language
def test_no_language_falls_behind_what_it_reached(lang: str) -> None:
    outcomes = [outcome for outcome in judged() if outcome.message.lang == lang]
    assert (count(outcomes).recall or 0) >= FOUND.get(lang, 0.97)
    assert share_blocked(outcomes) <= CLEAN_BLOCKED.get(lang, 0.01)
