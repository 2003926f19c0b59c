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
        "El buzón de facturación, sin espacios: f a c t u r a s @ t o l d o n o r . e s",
        "0 6 3 9 9 8 7 7 0 1 à votre disposition jusqu'à 20 heures.",
        "Unsere Werkstatt hat die (0 64 21) 98 73 10, Mo-Do 8-16 Uhr, Fr bis 13 Uhr.",
        "Österreich-Kunden bitte unter +43 1 9346 118 melden, das ist unser Wiener Büro.",
        "Codice 347 123 4567. Scriva quando vuole al 347 765 4321",
        "I'm solderjoe#0482 on Discord if you want to screen share.",
        "Para evitar estafas escríbame por WhatsApp.",
        "Schreiben Sie uns über WhatsApp, wir benachrichtigen Sie dann.",
        "For a claim: 0161 496 0033, ask for Bob.",
        "Recambios Duero 612 345 678, pregunte por Pepe.",
        "Ruf uns an: +43 1 58858",
        "Bestellung 0151 22040000 mit den Füßen aus Eiche, wie letzte Woche besprochen, Peter 0151 22047719",
        "email: j.smith at thefenderyard. ch",
        "sales AT thefenderyard DOT ie and I'll get the PDF across tonight",
        "Busque «Vinilos Tormenta» en Facebook y déjeme un mensaje allí con la dirección.",
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
        "Das Teil ist 0151 22047719.",
        "Teillieferung 0151 22047719 ist unterwegs.",
        "It is tested to the standard EN 1078 2012.",
        "The standard hinge 471205 fits your cupboard.",
        "Brightness levels are 0/20/50/80/100.",
        "The bag is bright orange. Net weight: 500 g.",
        "La référence du joint de la porte : 06 39 98 12 45.",
        "Your Discord mug, lot#1234, ships tomorrow.",
        "On Instagram there is another shop with the same name; that is not us.",
        "Nous avons cherché sur Facebook la photo du modèle, c'est bien le bleu.",
        "La pieza que falta se localiza en el despiece, posición 120340.",
        "Pour réinitialiser le coffre-fort, composez le 000000 puis #.",
        "Il supporto del cellulare ruota di +15/30/45/60/75.",
        "Two times ten, three times twenty, four times thirty: that is all you need to knit.",
        "The cover closes on snap 15mm buttons.",
        "La referencia de la junta es 600 210 445 y la suya, la de la foto, es la 600 210 454.",
        "El recambio 91 04 77 215 sustituye al 91 04 77 118, solo cambia el color de la tapa.",
        "Mettez les interrupteurs DIP sur 1 0 0 1 1 0 1 0 pour la télécommande ancienne génération.",
        "La référence est 06 39 98 12 45, gravée sous le pied.",
        "Your claim is 02-7719-440 on our side and I can see the photos you sent.",
    ],
)
def test_words_are_no_addresses(text: str) -> None:
    assert not has_contact(text)
