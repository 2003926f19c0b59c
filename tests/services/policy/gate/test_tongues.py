"""The languages a text may be in: never too narrow."""

import pytest

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
