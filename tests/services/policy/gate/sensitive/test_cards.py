"""Card and account numbers: their check digits tell them from other figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban, luhn

from services.policy.gate.candidate import Candidate
from services.policy.gate.ruleset import RuleSet

pytestmark = pytest.mark.req("R-POLICY-2")

RULES = RuleSet.load()


def is_sensitive(text: str) -> bool:
    return any(finding.rule == "content.sensitive" for finding in RULES.judge(Candidate(text=text)).findings)


def group(digits: str, separator: str) -> str:
    return separator.join(digits[start : start + 4] for start in range(0, len(digits), 4))


@given(st.integers(0, 10**14 - 1), st.sampled_from(["", " ", "-"]), st.sampled_from(["4", "5"]))
def test_a_card_number_is_found_however_it_is_grouped(body: int, separator: str, network: str) -> None:
    digits = (network + ("1" if network == "5" else "") + f"{body:014d}")[:15]
    card = digits + luhn.calc_check_digit(digits)
    assert is_sensitive(f"My card is {group(card, separator)}, take the money from there.")


@given(st.integers(0, 10**14 - 1))
def test_figures_with_a_wrong_check_digit_are_no_card(body: int) -> None:
    digits = f"4{body:014d}"
    wrong = str((int(luhn.calc_check_digit(digits)) + 1) % 10)
    assert not is_sensitive(f"The serial number of the lamp is {digits}{wrong}.")


@pytest.mark.parametrize(
    "country", ["IT60X0542811101000000123456", "DE89370400440532013000", "FR1420041010050500013M02606"]
)
def test_an_account_number_is_found(country: str) -> None:
    assert iban.is_valid(country)
    assert is_sensitive(f"IBAN {group(country, ' ')}")


def test_an_account_right_behind_an_order_id_is_found() -> None:
    assert is_sensitive("order 028-1234567-1234567IT60X0542811101000000123456")
