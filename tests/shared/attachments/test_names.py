import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.attachments import names

pytestmark = pytest.mark.req("R-MAIL-6")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Rechnung \u2013 März.pdf", "Rechnung \u2013 März.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\anna\\a.txt", "a.txt"),
        ("a\0b\r\nc.txt", "abc.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("con.txt", "_con.txt"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("  a  b .txt. ", "a b .txt"),
        ("", "attachment"),
        ("...", "attachment"),
        ("\u200b", "attachment"),
        ("日本語.pdf", "日本語.pdf"),
        (".txt", "txt"),
    ],
)
def test_names_become_safe(name: str, safe: str) -> None:
    assert names.make_safe(name) == safe


@given(st.text(max_size=400))
def test_any_name_becomes_safe_once_for_all(name: str) -> None:
    safe = names.make_safe(name)
    assert 0 < len(safe) <= names.MAX_NAME
    assert not set(safe) & set('/\\\0\r\n"<>:|?*')


def test_a_long_name_keeps_its_extension() -> None:
    assert names.make_safe("x" * 500 + ".PDF").endswith("x.pdf")
