"""The public corpora: obfuscated contact data is found, what is no number and no link is left alone."""

import json
import os
from pathlib import Path

import pytest

from services.policy.gate.candidate import Candidate
from services.policy.gate.ruleset import RuleSet

RULES = RuleSet.load()
CORPUS = Path(os.environ.get("TRAMITE_CORPUS", Path(__file__).parents[5] / "shared" / "corpus")) / "policy"
pytestmark = [
    pytest.mark.req("R-POLICY-2"),
    # What each line does, other tests show.
    pytest.mark.no_cover,
    pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the public corpora are not at {CORPUS} (TRAMITE_CORPUS)"),
]


def _found(text: str) -> set[str]:
    findings = RULES.judge(Candidate(text=text)).findings
    return {finding.rule for finding in findings} & {"content.contact_info", "content.external_link"}


def test_finds_obfuscated_contact_data() -> None:
    cases = json.loads((CORPUS / "ramparts" / "cases.json").read_text(encoding="utf-8"))["cases"]
    disguised = [case["text"] for case in cases if case["matches"]]
    found = [text for text in disguised if "content.contact_info" in _found(text)]
    assert len(found) / len(disguised) >= 0.95


def test_leaves_clean_ramparts_texts_alone() -> None:
    cases = json.loads((CORPUS / "ramparts" / "cases.json").read_text(encoding="utf-8"))["cases"]
    assert [case["text"] for case in cases if not case["matches"] and _found(case["text"])] == []


def test_takes_no_impossible_number_for_a_telephone() -> None:
    cases = json.loads((CORPUS / "libphonenumber" / "matcher_cases.json").read_text(encoding="utf-8"))
    impossible = [case["text"] for case in cases["leniency_cases"] if case["level"] == "impossible"]
    assert impossible
    assert [text for text in impossible if _found(text)] == []


def test_finds_the_example_numbers_of_the_storefronts_countries_beside_a_telephone_word() -> None:
    rows = json.loads((CORPUS / "libphonenumber" / "example_numbers.json").read_text(encoding="utf-8"))["rows"]
    numbers = [
        ("" if row["region"] == "IT" else row["national_prefix"] or "") + row["national_number"]
        for row in rows
        if row["region"] in {"IT", "DE", "FR", "ES", "GB", "JP"} and row["type"] in {"mobile", "fixedLine"}
    ]
    assert [number for number in numbers if not _found(f"call me on {number}")] == []


def test_takes_no_look_alike_for_a_link() -> None:
    lines = (CORPUS / "linkify-it" / "not_links.txt").read_text(encoding="utf-8").splitlines()
    texts = [line.split("  %")[0].split(" //")[0] for line in lines if line.strip() and not line.startswith("%")]
    assert [text for text in texts if _found(text)] == []
