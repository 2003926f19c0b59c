"""What values the API takes: bounded, checked, and nothing that could not be stored or shown."""

import unicodedata
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.gateway.fields import (
    Address,
    Domain,
    Identifier,
    Language,
    Moment,
    OrderId,
    TimeZone,
    check_address,
    check_line,
    check_text,
)

pytestmark = pytest.mark.req("R-PRIVACY-4")


def takes(kind: Any, value: object) -> bool:  # noqa: ANN401 - annotated types have no type of their own
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@given(st.text())
def test_text_holds_no_control_characters_and_can_be_encoded(text: str) -> None:
    try:
        checked = check_text(text)
    except ValueError:
        assert any(unicodedata.category(character) in ("Cc", "Cs") for character in text)
        return
    assert checked == text
    assert "\0" not in checked.encode().decode()


@given(st.text(min_size=1))
def test_a_line_is_one_line(line: str) -> None:
    try:
        checked = check_line(line)
    except ValueError:
        return
    assert len(checked.splitlines()) == 1
    assert checked.strip()


@pytest.mark.parametrize("line", ["a\nb", "a\rb", "a\tb", "a\u2028b", "a\u202eb", "a\0", "\ud800", " ", "\u2067a"])
def test_lines_that_are_none(line: str) -> None:
    with pytest.raises(ValueError, match=r"character|blank"):
        check_line(line)


@pytest.mark.parametrize("address", ["a@b.example", "a.b+c@d-e.example", "o'neil@x.example", "x" * 64 + "@y.example"])
def test_good_addresses(address: str) -> None:
    assert check_address(address) == address


def test_the_domain_of_an_address_is_lower_case() -> None:
    assert check_address("Mario.Rossi@Posta.EXAMPLE") == "Mario.Rossi@posta.example"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@b.example",
        "a@",
        "a@b",
        ".a@b.example",
        "a.@b.example",
        "a..b@c.example",
        "a b@c.example",
        "a@b@c.example",
        "a@-b.example",
        "a@b-.example",
        "a@b..example",
        "a@[127.0.0.1]",
        "a@b.example\n",
        "a\n@b.example",
        "a@b.example>",
        "<a@b.example",
        '"a"@b.example',
        "x" * 65 + "@y.example",
        "a@" + "x" * 64 + ".example",
        "a@" + "x." * 130 + "example",
        "ä@b.example",
        "a@bä.example",
        "a@\u0430.example",
    ],
)
def test_bad_addresses(address: str) -> None:
    assert not takes(Address, address)


@given(st.emails(domains=st.just("mail.example")))
def test_an_address_never_breaks_out_of_a_header(address: str) -> None:
    try:
        checked = check_address(address)
    except ValueError:
        return
    assert not set(checked) & set('\r\n<>(),;:"[] \t\0')


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Domain, ["a.b", "xn--caf-dma.example"], ["A.b", "a", "a.b.", "a_b.example", "a" * 250 + ".example"]),
        (OrderId, ["123-1234567-1234567"], ["123-1234567-123456", "\u0661\u0662\u0663-1234567-1234567", "1", ""]),
        (Identifier, ["a", "A1PA6795UKMFR9", "x.y_z-1"], ["", "-a", "a/b", "a b", "a\n", "ä", "x" * 65]),
        (Language, ["it", "it-IT", "zh-Hans-CN", "es-419"], ["", "IT", "italian", "it_IT", "i", "it-it"]),
        (TimeZone, ["Europe/Rome", "UTC"], ["", "Europe/Atlantis", "../etc/passwd", "europe/rome "]),
        (
            Moment,
            ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00+09:00"],
            ["2026-03-01T10:00:00", "2026-03-01", "1772359200", 1772359200, 1.5, True, "0001-01-01T00:00:00+14:00", ""],
        ),
    ],
)
def test_what_a_kind_takes(kind: object, good: list[object], bad: list[object]) -> None:
    assert [value for value in good if not takes(kind, value)] == []
    assert [value for value in bad if takes(kind, value)] == []


@given(st.datetimes(min_value=datetime(1991, 1, 1), max_value=datetime(2198, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_a_moment_is_utc(moment: datetime) -> None:
    found = TypeAdapter(Moment).validate_python(moment.isoformat())
    offset = found.utcoffset()
    assert offset is not None
    assert offset.total_seconds() == 0
