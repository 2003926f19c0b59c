"""No input makes the gate slow: twice the length takes about twice the time."""

import time

import pytest

from services.policy.gate.candidate import Candidate
from services.policy.gate.compiled import is_compiled
from services.policy.gate.ruleset import RuleSet

pytestmark = [
    pytest.mark.req("R-POLICY-2"),
    # Whoever counts lines takes more time for some of them than for others.
    pytest.mark.no_cover,
    # CI demands compiled loops. As they are written they take fifty times as long, and longer texts ask more of them.
    pytest.mark.skipif(not is_compiled(), reason="the times are those of compiled loops: install a C compiler"),
]

RULES = RuleSet.load()
_HOSTILE = [
    "a@",
    "@",
    "1 ",
    "one ",
    "due, ",
    "www.",
    "a.",
    "a . ",
    "http://",
    "<a ",
    '<a href="',
    "&#",
    "> \n",
    "On 1, x\n",
    "whatsapp ",
    "a-",
    "(at)",
    "a(at)b(dot)",
    "3-3 8.",
    "+39",
    "€1.",
    "12x",
    "com dot com ",
    " ",
    "\n",
    ".",
    "<div>",
    "<a href=x>y",
    "[(",
    "〇九",
    "qr code ",
    "0oil",
    "<style>",
    "<style><",
    "<a =",
    '<a b="',
    "<!-- -",
    "<a\n",
    "<p style='display:none'>",
    "DE12 3456 ",
    "unsubscribe https://a.b.com ",
    "password: ",
    "4111 ",
    "tel 347 1234567 ",
    "\u200b3",
    "a\u0301",
    "www x punto com ",
    "On 1 Jan 2020 x wrote:\n",
    "From: a\nSent: b\n",
    "<blockquote>",
    "a b ",
    "review ",
    "gratis ",
    "number ",
    "number 07 then ",
    "number 1 then 07700 900 in ",
    "https://a.com日",
    "line「ab12」",
    "ending is ",
    "0 1 m ",
    "chiocciola ",
    "a[.]",
    "lineで送",
    " dot ",
    " .",
]
_LENGTH = 20_000
_SHORTEST_TO_COMPARE = 0.05


def _seconds(text: str) -> float:
    begin = time.process_time()
    RULES.judge(Candidate(text=text, kind="reply"))
    RULES.judge(Candidate(html=text, kind="reply"))
    return time.process_time() - begin


@pytest.mark.parametrize("piece", _HOSTILE, ids=repr)
def test_takes_time_in_proportion_to_the_length(piece: str) -> None:
    short = (piece * (_LENGTH // len(piece) + 1))[:_LENGTH]
    # Other work on the machine slows one measurement down, not each of three.
    assert any(_keeps_proportion(short) for _ in range(3))


def _keeps_proportion(short: str) -> bool:
    taken = _seconds(short * 4)
    # Most are over before it matters what the short one takes.
    return taken < _SHORTEST_TO_COMPARE * 8 or taken < _seconds(short) * 8


def test_judges_a_megabyte() -> None:
    text = "Gentile cliente, quale colore preferisce per il suo articolo? Le misure sono 120x60 cm. " * 12_000
    begin = time.perf_counter()
    RULES.judge(Candidate(text=text))
    assert len(text) > 1_000_000
    assert time.perf_counter() - begin < 10
