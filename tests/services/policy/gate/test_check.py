"""The batch check: a decision a line, errors that name line and field, and a run that goes on."""

import json

import pytest

from services.policy.gate.check import Summary, check_lines
from services.policy.gate.ruleset import RuleSet

pytestmark = pytest.mark.req("R-POLICY-2")

RULES = RuleSet.load()
_MESSAGE = {
    "id": "m1",
    "lang": "it",
    "direction": "seller_to_buyer",
    "kind": "reply",
    "reason": None,
    "subject": "Re: colore",
    "text": "Mi scriva a mario@example.com",
    "html": None,
    "presale": False,
}


def _check(*lines: object, summary: Summary | None = None) -> list[dict[str, object]]:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return [json.loads(answer) for answer in check_lines(texts, RULES, frozenset({"amazon.it"}), summary)]


def test_answers_with_decision_findings_and_spans() -> None:
    [answer] = _check(_MESSAGE)
    assert (answer["id"], answer["decision"]) == ("m1", "rejected")
    findings = answer["findings"]
    assert isinstance(findings, list)
    assert findings[0]["rule"] == "content.contact_info"
    assert findings[0]["severity"] == "block"
    assert findings[0]["span"] == [12, 29]
    assert findings[0]["excerpt"] == "mario@example.com"
    assert findings[0]["message"] == RULES.by_id["content.contact_info"].explanation("it").message


def test_storefront_domains_are_the_marketplaces_own() -> None:
    [answer] = _check({**_MESSAGE, "text": "Veda https://www.amazon.it/gp/help"})
    assert answer["decision"] == "approved"


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ({**_MESSAGE, "direction": "up"}, "direction"),
        ({**_MESSAGE, "kind": None}, "kind"),
        ({**_MESSAGE, "text": 5}, "text"),
        ({**_MESSAGE, "html": ["x"]}, "html"),
        ({**_MESSAGE, "presale": "yes"}, "presale"),
        ({**_MESSAGE, "reason": 1}, "reason"),
        ({**_MESSAGE, "lang": {}}, "lang"),
    ],
)
def test_a_bad_line_names_line_and_field_and_the_run_goes_on(line: object, named: str) -> None:
    summary = Summary()
    first, bad, last = _check(_MESSAGE, line, _MESSAGE, summary=summary)
    assert bad["line"] == 2
    assert named in str(bad["error"])
    assert first["decision"] == last["decision"] == "rejected"
    assert (summary.errors, summary.decisions["rejected"]) == (1, 2)


def test_blank_lines_are_passed_over_but_counted() -> None:
    answers = _check(_MESSAGE, "", "  ", "{")
    assert answers[-1]["line"] == 4


def test_the_summary_counts_rules() -> None:
    summary = Summary()
    _check(_MESSAGE, _MESSAGE, summary=summary)
    assert "2 judged, 2 rejected, 0 unreadable" in str(summary)
    assert "content.contact_info: 2" in str(summary)
