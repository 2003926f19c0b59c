import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.links.address import is_number, is_private, parse

pytestmark = pytest.mark.req("R-POLICY-2")


@pytest.mark.parametrize(
    ("target", "scheme", "host"),
    [
        ("https://Shop.Example/a?b#c", "https", "shop.example"),
        ("//shop.example/a", "", "shop.example"),
        ("https:\\\\shop.example\\a", "https", "shop.example"),
        ("https://amazon.it@shop.example/", "https", "shop.example"),
        ("https://shop.example:8443/", "https", "shop.example"),
        ("ht\ttps://shop.example", "https", "shop.example"),
        ("hxxps://shop.example", "hxxps", "shop.example"),
        ("mailto:a@b.example", "mailto", ""),
        ("https://shop.example./", "https", "shop.example"),
        ("relative/path", "", ""),
    ],
)
def test_a_target_is_read_as_a_browser_reads_it(target: str, scheme: str, host: str) -> None:
    address = parse(target)
    assert (address.scheme, address.host) == (scheme, host)


@given(st.text(max_size=3000))
def test_reading_never_fails_and_keeps_to_its_bound(target: str) -> None:
    address = parse(target)
    assert len(address.host) <= 500
    assert address.host == address.host.lower()


@pytest.mark.parametrize(
    ("host", "number", "private"),
    [("192.168.1.1", True, True), ("8.8.8.8", True, False), ("shop.example", False, False), ("::1", True, True)],
)
def test_numbers_and_home_networks_are_told_apart(host: str, number: bool, private: bool) -> None:  # noqa: FBT001  # a table's columns
    assert is_number(host) is number
    assert is_private(host) is private
