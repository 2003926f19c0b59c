"""A message clearly in another language, and the benefit of the doubt."""

import pytest

from services.policy.gate.language import certain, clearly_other

pytestmark = pytest.mark.req("R-POLICY-3")

_TEXTS = {
    "it": "Buongiorno, la sua libreria è pronta per la spedizione ma ci serve sapere quale colore preferisce.",
    "en": "Good morning, your bookcase is ready to ship but we need to know which colour you would like.",
    "de": "Guten Morgen, Ihr Regal ist versandbereit, aber wir müssen noch wissen, welche Farbe Sie wünschen.",
    "fr": "Bonjour, votre bibliothèque est prête à partir mais nous devons savoir quelle couleur vous préférez.",
    "es": "Buenos días, su estantería está lista para el envío pero necesitamos saber qué color prefiere.",
    "ja": "おはようございます。本棚の発送準備ができましたが、どちらの色をご希望かお知らせください。",
}


@pytest.mark.parametrize("language", list(_TEXTS))
def test_knows_its_six_languages(language: str) -> None:
    assert certain(_TEXTS[language]) == language


@pytest.mark.parametrize("language", list(_TEXTS))
@pytest.mark.parametrize("wanted", list(_TEXTS))
def test_says_so_only_where_it_is_another(language: str, wanted: str) -> None:
    assert clearly_other(_TEXTS[language], wanted) == (None if language == wanted else language)


def test_a_locale_counts_as_its_language() -> None:
    assert clearly_other(_TEXTS["en"], "en-GB") is None


@pytest.mark.parametrize(
    "text", ["OK", "Grazie mille!", "WH-1000XM4 405-1234567-1234567", "", "https://www.amazon.it/gp/x"]
)
def test_short_text_has_the_benefit_of_the_doubt(text: str) -> None:
    assert clearly_other(text, "de") is None


def test_mixed_text_has_the_benefit_of_the_doubt() -> None:
    assert clearly_other(f"{_TEXTS['en']}\n{_TEXTS['de']}", "de") is None
