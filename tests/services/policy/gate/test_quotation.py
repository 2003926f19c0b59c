"""Quoted history set apart from new words, as the usual mail programs mark it."""

import pytest

from services.policy.gate.quotation import fresh

pytestmark = pytest.mark.req("R-POLICY-2")

_QUOTES = [
    "Il giorno mar 14 mag 2024 alle ore 09:12 Giulia <x@y.it> ha scritto:\n> old",
    "Il lunedì 6 maggio 2024, 18:22:00 CEST, Giulia <x@y.it> ha scritto:\n\n> old",
    "On Tue, May 14, 2024 at 9:12 AM Julia\n<x8k2ma01qp7z@marketplace.amazon.com> wrote:\n> old",
    "Am 06.05.24 um 18:22 schrieb Robert:\n> old",
    "Le lun. 3 mars 2025 à 10:12, Paul a écrit :\n\n> old",
    "El mar, 4 mar 2025 a las 9:12, Pilar Sanz escribió:\nold",
    "2025年3月4日(火) 9:12 高橋 <t@docomo.ne.jp>:\n> old",
    "2024/05/06 18:22、山田のメール:\n> old",
    "-----Messaggio originale-----\nDa: Roberto\nold",
    "-------- Ursprüngliche Nachricht --------\nold",
    "________________________________\nDe : Paul\nEnvoyé : lundi\nÀ : moi\nold",
    "Von: Gerd\nGesendet: 12. März 2024 08:01\nAn: Perrin\nold",
    "差出人: 山田\n送信日時: 2025年3月4日\n件名: 注文\nold",
    "> old\n> old",
]


@pytest.mark.parametrize("quote", _QUOTES)
def test_leaves_out_what_is_quoted(quote: str) -> None:
    assert fresh(f"My answer is here.\n\n{quote}").text.strip() == "My answer is here."


def test_keeps_answers_between_quoted_lines() -> None:
    assert fresh("On 1 May 2024 X wrote:\n> one?\nYes.\n> two?\nNo.").text == "Yes.\nNo."


@pytest.mark.parametrize("quote", _QUOTES)
def test_a_message_of_nothing_but_quotation_is_all_new(quote: str) -> None:
    assert fresh(quote).text == quote


@pytest.mark.parametrize(
    "text",
    [
        "From: Monday on we are closed.",
        "Il 12 maggio il pacco parte.\nA presto",
        "On 3 May we ship.",
        "De: madera\nno hay más",
    ],
)
def test_leaves_ordinary_lines_alone(text: str) -> None:
    assert fresh(f"Hello.\n{text}").text == f"Hello.\n{text}"


def test_leads_back_to_the_original() -> None:
    source = "> old\nnew words"
    derived = fresh(source)
    assert source[derived.map.start(0) : derived.map.end(len(derived))] == "new words"
