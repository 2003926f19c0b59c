"""Where buyers live, which nobody needs to know before an order."""

import time

import pytest

from services.policy.gate.candidate import Candidate, Direction
from services.policy.gate.ruleset import RuleSet

pytestmark = pytest.mark.req("R-POLICY-2")

RULES = RuleSet.load()
_LENGTH = 10_000
_SHORTEST_TO_COMPARE = 0.05


def _mended(text: str) -> str | None:
    decision = RULES.judge(Candidate(text=text, direction="buyer_to_seller", kind="proactive", presale=True))
    assert all(finding.rule == "content.contact_info" for finding in decision.findings)
    return decision.mended_text


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("Do you deliver to 17 Canal Street, Leeds LS1 4DT?", "Do you deliver to [•••], Leeds LS1 4DT?"),
        ("We live at 8 Oak Drive, is the lift needed?", "We live at [•••], is the lift needed?"),
        ("Abito in via dei Glicini 18, 00172 Roma.", "Abito in [•••], 00172 Roma."),
        ("Salite al piano in V.le Monza n. 114/3?", "Salite al piano in [•••]?"),
        ("Liefern Sie in die Karl-Marx-Straße 7a in Jena?", "Liefern Sie in die [•••] in Jena?"),
        ("Unsere Adresse: Grüner Weg 8, 4. Stock.", "Unsere Adresse: [•••], 4. Stock."),
        ("J'habite 114 bis, place de la Mairie.", "J'habite [•••]."),
        ("Livrez-vous au 27 rue du Général Leclerc ?", "Livrez-vous au [•••] ?"),
        ("¿Suben el sofá en c/ Serrano nº 45, Madrid?", "¿Suben el sofá en [•••], Madrid?"),
        ("Vivo en plaza Mayor, 8 y no hay ascensor.", "Vivo en [•••] y no hay ascensor."),
        ("住所は埼玉県川口市並木3-14-2です。", "住所は[•••]です。"),
        ("京都市中京区烏丸三丁目12番地に届きますか。", "[•••]に届きますか。"),
    ],
)
def test_a_buyers_address_before_an_order_is_masked(text: str, mended: str) -> None:
    assert _mended(text) == mended


@pytest.mark.parametrize(
    "text",
    [
        "Do you deliver to Leeds, LS1 4DT?",
        "Is it a 2 way street sign, and does the 12 piece place mat set come in red?",
        "Is this a 3 drive bay case?",
        "Spedite a 00172 Roma, via corriere in 24 ore?",
        "Si collega via bluetooth 5 o via cavo? E il piano è largo circa 120 cm?",
        "Il corso dura 12 settimane?",
        "Liefern Sie nach 6020 Innsbruck, und das noch im Mai 24?",
        "Passt der Wagen auf einen Stellplatz 5 m lang?",
        "Livrez-vous à 29200 Brest ? Est-ce un autocar de 24 places ?",
        "¿Envían a 50016 Zaragoza? La calle está cortada hasta el 19.",
        "横浜市まで2-3日で届きますか。",
        "市販のネジ3-4本で足りますか。",
    ],
)
def test_towns_postcodes_and_other_figures_are_no_address(text: str) -> None:
    assert _mended(text) is None


@pytest.mark.parametrize("direction", ["seller_to_buyer", "buyer_to_seller"])
def test_after_an_order_an_address_is_the_buyers_to_give_and_the_sellers_to_ask(direction: Direction) -> None:
    candidate = Candidate(text="Is it 17 Canal Street, Leeds?", direction=direction, kind="reply")
    assert RULES.judge(candidate).findings == ()


@pytest.mark.parametrize(
    "piece", ["via a ", "12 a ", "12 rue a ", "c/a ", "a-", "astr. 1", "市", "市並木", "1-", "flat "]
)
def test_takes_time_in_proportion_to_the_length(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length] + " 9"
        begin = time.process_time()
        RULES.judge(Candidate(text=text, direction="buyer_to_seller", kind="proactive", presale=True))
        return time.process_time() - begin

    # Other work on the machine slows one measurement down, not each of three.
    assert any(seconds(_LENGTH * 4) < max(seconds(_LENGTH), _SHORTEST_TO_COMPARE) * 8 for _ in range(3))
