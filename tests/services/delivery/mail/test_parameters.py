import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail import encoding, parameters

pytestmark = pytest.mark.req("R-MAIL-6")


@pytest.mark.parametrize(
    "raw",
    [
        'attachment; filename="Prüfung.pdf"',
        "attachment; filename*=utf-8''Pr%C3%BCfung.pdf",
        "attachment; filename*=iso-8859-1'de'Pr%FCfung.pdf",
        "attachment; filename*0*=utf-8''Pr%C3%BC; filename*1=fung.pdf",
        "attachment; filename*1=\"fung.pdf\"; filename*0*=utf-8''Pr%C3%BC",
        'attachment; filename="=?utf-8?Q?Pr=C3=BCfung.pdf?="',
        "attachment; filename==?utf-8?B?UHLDvGZ1bmcucGRm?=",
        'attachment; filename="=?iso-8859-1?Q?Pr=FCfung?==?utf-8?Q?.pdf?="',
        "attachment; FileName=Prüfung.pdf; size=3",
        "attachment; filename=\"x.pdf\"; filename*=utf-8''Pr%C3%BCfung.pdf",
        "attachment;\r\n filename=Prüfung.pdf",
        "filename=Prüfung.pdf",
        'attachment; filename="Prüfung.pdf',
        'attachment; filename="Pr\udcfcfung.pdf"',
    ],
)
def test_every_form_of_a_file_name(raw: str) -> None:
    assert parameters.read_disposition(raw).parameters["filename"] == "Prüfung.pdf"


@pytest.mark.parametrize(
    ("raw", "value", "charset"),
    [
        ("text/plain; charset=utf-8", "text/plain", "utf-8"),
        ("Text/HTML; charset=us-ascii (plain text)", "text/html", "us-ascii"),
        ("text/plain;; charset='utf-8'", "text/plain", "utf-8"),
        ('text/plain; charset="utf-8"; charset=latin1', "text/plain", "utf-8"),
        ("text", "", None),
        ("", "", None),
        ("text/html charset=utf-8", "text/html", None),
    ],
)
def test_media_types(raw: str, value: str, charset: str | None) -> None:
    found = parameters.read_media_type(raw)
    assert (found.value, found.token("charset")) == (value, charset)


@given(st.text(min_size=1, max_size=200))
def test_a_name_that_was_written_is_read(name: str) -> None:
    written = encoding.write_parameter("filename", name)
    assert all(len(line) <= 78 for line in written.split("\r\n"))
    expected = encoding.one_line(name)
    assert (
        parameters.read_disposition("attachment" + written).parameters.get("filename", "").split() == expected.split()
    )


def test_parameters_are_bounded() -> None:
    raw = "text/plain" + "".join(f"; p{number}=x" for number in range(5000)) + f"; q={'y' * 100_000}"
    found = parameters.read_media_type(raw)
    assert len(found.parameters) <= parameters.MAX_PARAMETERS
    assert all(len(value) <= parameters.MAX_VALUE for value in found.parameters.values())
