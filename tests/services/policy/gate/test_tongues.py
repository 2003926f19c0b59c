"""The languages a text may be in: never too narrow."""

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate import tongues
from services.policy.gate.characters import ACCENTLESS
from services.policy.gate.tongues import LANGUAGES, spoken

pytestmark = pytest.mark.req("R-POLICY-2")


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("la preghiamo di togliere la recensione che ha lasciato", "it"),
        ("please take down the review you left for our shop", "en"),
        ("bitte nehmen sie die bewertung, die sie uns gegeben haben, zuruck", "de"),
        ("merci de retirer l'avis que vous nous avez laisse", "fr"),
        ("por favor, quite la resena que nos dejo el otro dia", "es"),
        ("レビューを削除してください", "ja"),
    ],
)
def test_knows_each_language_by_its_small_words(sentence: str, language: str) -> None:
    assert spoken([sentence]) == {language}


def test_holds_every_language_possible_where_nothing_tells() -> None:
    assert spoken([]) == LANGUAGES
    assert spoken(["ok!!!", "123"]) == LANGUAGES


def test_counts_the_languages_of_all_sentences() -> None:
    assert spoken(["leave us the best review you can", "grazie per il suo ordine da noi"]) == {"en", "it"}


_WORD = re.compile(r"[a-z]+")
_SMALL = ["la", "que", "de", "die", "in", "the", "our", "e", "est", "z", "zq", "noi", "x" * 50]


@cache
def _weights() -> dict[str, list[tuple[str, float]]]:
    lists = tomllib.loads(Path(tongues.__file__).with_name("stopwords.toml").read_text(encoding="utf-8"))
    owners: dict[str, set[str]] = {}
    for code in LANGUAGES & lists.keys():
        for word in lists[code]:
            owners.setdefault(word.translate(ACCENTLESS).strip("'"), set()).add(code)
    return {word: [(code, 1 / len(codes)) for code in codes] for word, codes in owners.items()}


def _plainly_spoken(sentences: list[str]) -> set[str]:
    found: set[str] = set()
    for sentence in sentences:
        if re.search(r"[\u3041-\u30ff\u4e00-\u9fff]", sentence[:4000]):
            found.add("ja")
        scores: dict[str, float] = {}
        for word in _WORD.findall(sentence[:4000]):
            for code, weight in _weights().get(word, []):
                scores[code] = scores.get(code, 0.0) + weight
        best = max(scores.values(), default=0.0)
        close = 0.85 if best >= 1.6 else 0.6
        found |= {code for code, score in scores.items() if best >= 1 and score >= close * best}
    return found or set(LANGUAGES)


_SENTENCES = st.lists(
    st.tuples(st.sampled_from(_SMALL) | st.sampled_from(sorted(_weights())), st.sampled_from(" 'é1`{\n")), max_size=20
).map(lambda words: "".join(word + after for word, after in words))
_ODD = st.text("\u3040\u3041\u30ff\u3100\u4dff\u4e00\u9fff\ua000 é`a", max_size=3)


@given(st.lists(st.tuples(_ODD, _SENTENCES).map("".join), max_size=4))
def test_adds_up_as_plain_patterns_do(sentences: list[str]) -> None:
    assert tongues.spoken(sentences) == _plainly_spoken(sentences)


def test_looks_at_so_much_of_a_sentence_only() -> None:
    blank = " " * 3996
    for end in ["the of", "the", "ththe", "あ", "    あ"]:
        sentence = "the " + blank[: -len(end)] + end
        for cut in (sentence, " " + sentence, "   " + sentence):
            assert tongues.spoken([cut]) == _plainly_spoken([cut])
