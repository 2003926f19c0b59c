"""Addresses and handles as people disguise them, and the words that only look like them."""

import pytest

from services.policy.gate.candidate import Candidate
from services.policy.gate.ruleset import RuleSet

pytestmark = pytest.mark.req("R-POLICY-2")

RULES = RuleSet.load()


def has_contact(text: str) -> bool:
    findings = RULES.judge(Candidate(text=text, kind="reply")).findings
    return "content.contact_info" in {finding.rule for finding in findings}


@pytest.mark.parametrize(
    "text",
    [
        "tanaka-shop☆gmail.com（☆を@に変えてください）",  # noqa: RUF001  # as it is written
        "メールは tanaka アットマーク yahoo ドット co ドット jp までお願いします。",
        "ライン ID は tanaka_2020 です",
        "LINEのIDはtanaka2020です。検索してください。",
        "らいんで連絡ください",
        "ツイッターのDMでやり取りしましょう",
        "ゼロ九ゼロ、いちにさんよん、ごろくななはち",
        "06.12.34.56.78",
        "mario.rossi gmail. it",
        "discord: marktaylor#1234",
        "Mon mail : huguette.marin chez laposte point net. Bien à vous",
        "Rufen Sie uns wegen der fehlenden Teile an: 0431 7785210",
        "Nuestro encargado le atiende en el ６３７４４０９１５.",  # noqa: RUF001  # as it is written
        "My direct line is (555) 0142 with area code 415 in front.",
        "Vous composez le zéro un, puis 99, puis deux fois zéro, ensuite 6-1 et enfin 7-2.",
    ],
)
def test_disguises_are_seen_through(text: str) -> None:
    assert has_contact(text)


@pytest.mark.parametrize(
    "text",
    [
        "I know where you live. It's on the label.",
        "The voltage in your area drops to 110 at night. In that case it cuts off.",
        "新作のオンラインカタログに載っているラインの色は紺です。",
        "Sizes in stock: 06, 08, 10, 12, 14.",
        "If it is not with you by Friday, write to me and we'll send another at once. Jo",
        "Je l'ai essayé deux fois, puis 3 fois, et enfin 12 fois, 40 minutes.",
        "Das Teil 0431 7785210 fehlt leider noch.",
    ],
)
def test_words_are_no_addresses(text: str) -> None:
    assert not has_contact(text)
