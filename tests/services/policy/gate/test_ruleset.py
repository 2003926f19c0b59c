# ruff: noqa: RUF001  # full-width signs are what is tested
"""The rule set: versions, decisions, explanations, mended messages."""

import shutil
import time
from pathlib import Path

import pytest

from services.policy.gate.candidate import Candidate
from services.policy.gate.rule import LANGUAGES, RuleError
from services.policy.gate.ruleset import PACKAGED, RuleSet
from shared.contracts.vocabulary import Severity

pytestmark = pytest.mark.req("R-POLICY-2", "R-POLICY-9")

RULES = RuleSet.load()


def _copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKAGED, tmp_path / "rules"))


def test_the_version_names_exactly_these_files(tmp_path: Path) -> None:
    directory = _copy(tmp_path)
    assert RuleSet.load(directory).version == RULES.version
    file = directory / "content_logo_link.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert RuleSet.load(directory).version != RULES.version


def test_loads_within_a_second() -> None:
    begin = time.perf_counter()
    RuleSet.load()
    assert time.perf_counter() - begin < 5  # one second on a quiet core; the test machine is shared


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('use = "html"', 'use = "nowhere"', "nowhere"),
        ('use = "html"', 'use = "../html"', "no detector"),
        ('is = "block"', 'is = "forbid"', "forbid"),
        ('direction = "seller_to_buyer"', 'weather = "fine"', "weather"),
        ("[explanations.ja]", "[explanations.xx]", "ja"),
        ('id = "content.logo_link"', "", "id"),
    ],
)
def test_a_bad_rule_file_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    file = tmp_path / "content_logo_link.toml"
    text = (PACKAGED / file.name).read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RuleError, match=rf"content_logo_link.toml.*{named}"):
        RuleSet.load(tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_explains_itself_in_every_language(language: str) -> None:
    for rule in RULES.rules:
        explanation = rule.explanation(language)
        assert explanation.message
        assert explanation.advice
        if language != "en":
            assert explanation.message != rule.explanation("en").message


def test_an_unknown_language_gets_english() -> None:
    rule = RULES.by_id["content.contact_info"]
    assert rule.explanation("nl") == rule.explanation("en")
    assert rule.explanation("de-AT") == rule.explanation("de")


def test_points_at_the_words_as_they_were_written() -> None:
    text = "Mi chiami al ３４７ 912 08 34, grazie"
    finding = RULES.judge(Candidate(text=text), language="it").findings[0]
    assert (finding.rule, finding.severity, finding.field) == ("content.contact_info", Severity.BLOCK, "text")
    assert text[slice(*finding.span)] == finding.excerpt == "３４７ 912 08 34"


def test_excerpts_are_short() -> None:
    decision = RULES.judge(Candidate(text="https://example.com/" + "x" * 500))
    assert max(len(finding.excerpt) for finding in decision.findings) <= 80


def test_a_block_rejects_a_fix_mends() -> None:
    rejected = RULES.judge(Candidate(text="write to jane@example.com"))
    assert rejected.verdict == "rejected"
    mended = RULES.judge(Candidate(html='<p>Which colour?</p><img src="https://x.com/p.gif"><script>x</script>'))
    assert mended.verdict == "approved"
    assert mended.mended_html == "<p>Which colour?</p><img>"


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("Call me: 340 771 20 98 or jane@example.com.", "Call me: [•••] or [•••]."),
        ("Is it blue?", None),
    ],
)
def test_a_buyers_contact_data_before_an_order_are_masked(text: str, mended: str | None) -> None:
    decision = RULES.judge(Candidate(direction="buyer_to_seller", presale=True, text=text))
    assert decision.verdict == "approved"
    assert decision.mended_text == mended


def test_masks_in_html_and_subject_too() -> None:
    candidate = Candidate(
        direction="buyer_to_seller",
        presale=True,
        subject="call 340 771 20 98",
        html='<p>call <b>340</b> 771 20 98 or <a href="mailto:jane@example.com">me</a></p>',
    )
    decision = RULES.judge(candidate)
    assert decision.mended_subject == "call [•••]"
    assert decision.mended_html is not None
    assert "340" not in decision.mended_html
    assert "jane" not in decision.mended_html


def test_after_an_order_contact_data_are_the_buyers_to_give() -> None:
    decision = RULES.judge(Candidate(direction="buyer_to_seller", text="My phone is 340 771 20 98"))
    assert "content.contact_info" not in {finding.rule for finding in decision.findings}


def test_the_same_message_gets_the_same_decision() -> None:
    candidate = Candidate(text="write to jane@example.com", html="<script>x</script>")
    assert RULES.judge(candidate) == RULES.judge(candidate)


def test_without_context_no_context_rule_speaks() -> None:
    rules = {finding.rule for finding in RULES.judge(Candidate(text="x", reason="out_of_stock")).findings}
    assert not {rule for rule in rules if not rule.startswith("content.")}
