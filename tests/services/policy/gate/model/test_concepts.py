import pytest

from services.policy.gate.model.concepts import Concepts, features, joint_features, packaged

pytestmark = pytest.mark.req("R-POLICY-2")

LANGUAGES = ("it", "en", "de", "fr", "es", "ja")
CONCEPTS = Concepts({"PAY": {"en": "pay", "de": "überweis*", "ja": "払 支払い"}, "REFUND": {"en": "payback"}})


def test_finds_words_and_beginnings_of_words() -> None:
    assert CONCEPTS.of_word("pay") == ("PAY",)
    assert CONCEPTS.of_word("pays") == ()
    assert CONCEPTS.of_word("uberweisung") == CONCEPTS.of_word("ueberweisen") == ("PAY",)


def test_takes_the_longest_japanese_word() -> None:
    assert CONCEPTS.of_run("支払い方法") == (("PAY",), 3)
    assert CONCEPTS.of_run("払う") == (("PAY",), 1)
    assert CONCEPTS.of_run("方法") == ((), 1)


def test_signs_mean_something_too() -> None:
    assert CONCEPTS.of_word("€") == CONCEPTS.of_word("$") != CONCEPTS.of_word("?")


def test_two_words_name_what_they_speak_of_in_their_order() -> None:
    assert list(features(("A", "B"))) == ["C:A", "C:B"]
    assert list(features(("A",), reply=True)) == ["C:A", "RC:A"]
    assert list(joint_features(("A", "B"), ("B",))) == ["P:A>B"]


@pytest.mark.parametrize(
    "words",
    [
        {"en": "cancel", "de": "stornieren", "it": "annullare", "fr": "annuler", "es": "cancelar"},
        {"en": "review", "de": "bewertung", "it": "recensione", "fr": "commentaire", "es": "opinion"},
        {"en": "discount", "de": "rabatt", "it": "sconto", "fr": "remise", "es": "descuento"},
    ],
)
def test_says_the_same_of_the_same_word_in_any_language(words: dict[str, str]) -> None:
    shared = set.intersection(*(set(packaged().of_word(word)) for word in words.values()))
    assert len(shared) == 1
