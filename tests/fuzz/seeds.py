"""Where fuzzing begins: mails made by hand and by hypothesis, reports, files."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from tests.services.delivery.mail import generated, samples
from tests.shared.attachments import samples as files

_FIXTURES = Path(__file__).parents[1] / "services" / "delivery" / "mail" / "fixtures"
_QUOTED = "Thanks\n\nOn 5 Jan 2024, at 1:00, Anna <{real}> wrote:\n> hello\n> {real}\n"
_HTML = '<p>Hi <a href="mailto:{real}">{real}</a></p><blockquote type="cite">old</blockquote>'


def _draw_mails(count: int) -> list[bytes]:
    """Return the same generated mails at every call."""
    drawn: list[bytes] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(generated.mails(samples.REAL, samples.COUNTERPART))
    def collect(raw: bytes) -> None:
        drawn.append(raw)

    collect()
    return drawn


def _write_mails() -> list[bytes]:
    text, html = _QUOTED.format(real=samples.REAL), _HTML.format(real=samples.REAL)
    return [
        samples.mail(body=text),
        samples.mail("Content-Type: text/html; charset=utf-8", body=html),
        samples.multipart(("Content-Type: text/plain", text), ("Content-Type: text/html", html), subtype="alternative"),
        *_draw_mails(60),
    ]


def _write_texts() -> list[bytes]:
    bodies = (_QUOTED, _HTML, "{real}", "From: {real}\nSent: 1.1.\nTo: x\nSubject: y\n\nold", "call +39 333 1234567")
    return [body.format(real=samples.REAL).encode() for body in bodies]


def _write_planted() -> list[bytes]:
    return [bytes([form, form]) + b"hello > <b>there</b> &amp; =?utf-8?Q?x?=" for form in range(40)]


def _write_reports() -> list[bytes]:
    return [path.read_bytes() for path in sorted(_FIXTURES.glob("*.eml"))]


def _write_files() -> list[bytes]:
    made = [files.pdf(), files.package(), files.doc(), files.png(), files.jpeg(), files.gif(), b"plain text"]
    return [bytes([number]) + content for number, content in enumerate(made)]


SEEDS: Mapping[str, Callable[[], list[bytes]]] = {
    "intake": _write_mails,
    "leak": _write_planted,
    "rewriting": _write_texts,
    "quotation": _write_texts,
    "reports": _write_reports,
    "files": _write_files,
    "gate": _write_texts,
}


def write_corpus(folder: Path, octets: Iterable[bytes]) -> None:
    """Write seeds as files of a corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(octets):
        (folder / f"seed-{number:04}").write_bytes(one)
