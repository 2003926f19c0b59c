"""Telephone numbers as people write them, and the figures that are none."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from services.policy.gate.candidate import Candidate
from services.policy.gate.contact.phone import is_mobile
from services.policy.gate.ruleset import RuleSet

pytestmark = pytest.mark.req("R-POLICY-2")

RULES = RuleSet.load()
REGIONS = ("IT", "DE", "ES", "GB", "JP", "US")


def rules_of(text: str) -> set[str]:
    return {finding.rule for finding in RULES.judge(Candidate(text=text, reason="order_problem")).findings}


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("form", [PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164, PhoneNumberFormat.NATIONAL])
@pytest.mark.parametrize("kind", [PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE])
def test_a_number_to_call_is_found_in_every_form(region: str, form: int, kind: int) -> None:
    number = phonenumbers.example_number_for_type(region, kind)
    assert number is not None
    text = f"Please call us at {phonenumbers.format_number(number, form)} tomorrow."
    assert "content.contact_info" in rules_of(text)


@pytest.mark.parametrize("number", ["06 98 41 27 53", "+33 1 46 82 75 93", "0698412753", "01.46.82.75.93"])
def test_french_numbers_are_found(number: str) -> None:
    # The library's own French examples count upwards, as no real number does.
    assert "content.contact_info" in rules_of(f"Please call us at {number} tomorrow.")


@given(st.integers(0, 9_999_999), st.integers(0, 9_999_999), st.integers(100, 999))
def test_an_order_id_is_no_number_to_call(first: int, second: int, third: int) -> None:
    assert "content.contact_info" not in rules_of(f"About your order {third}-{first:07d}-{second:07d}: which colour?")


@given(st.dates(), st.decimals(0, 99_999, places=2), st.integers(1, 3000))
def test_dates_prices_and_measures_are_no_numbers_to_call(day: object, price: object, width: int) -> None:
    text = f"It arrives on {day}, costs {price} EUR and is {width} x {width} mm wide. Is that all right?"
    assert "content.contact_info" not in rules_of(text)


@pytest.mark.parametrize(
    ("digits", "mobile"), [("3331234567", True), ("0171234567", False), ("07911123456", True), ("0612345678", True)]
)
def test_mobile_numbers_are_told_by_their_beginning(digits: str, mobile: bool) -> None:  # noqa: FBT001  # a table's column
    assert is_mobile(digits) is mobile
