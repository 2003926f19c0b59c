"""A trusted upstream's Authentication-Results: only its own field counts, only at the top."""

import pytest

from services.delivery.authenticity.domain import Evidence, Verdict, judge
from services.delivery.authenticity.upstream import NOTHING, read_results

pytestmark = pytest.mark.req("R-MAIL-2")

DOMAIN = "casa-rossi.example"
TRUSTED = {"mx.front.example"}
PASSING = (
    f"mx.front.example; spf=pass smtp.mailfrom=x@{DOMAIN}; dkim=pass header.d={DOMAIN}; dmarc=pass header.from={DOMAIN}"
)
FAILING = f"mx.front.example; spf=fail smtp.mailfrom=x@{DOMAIN}; dmarc=fail header.from={DOMAIN}"


def _mail(*fields: str) -> bytes:
    lines = "".join(f"Authentication-Results: {field}\r\n" for field in fields)
    return f"Received: x\r\n{lines}From: <mario@{DOMAIN}>\r\n\r\nAuthentication-Results: {PASSING}\r\n".encode()


def test_the_upstreams_word_counts() -> None:
    assert read_results(_mail(PASSING), DOMAIN, TRUSTED) == Evidence("pass", "pass", "pass", aligned=True)
    assert judge(read_results(_mail(FAILING), DOMAIN, TRUSTED)) is Verdict.SPOOFED


def test_only_the_topmost_field_counts() -> None:
    assert judge(read_results(_mail(FAILING, PASSING), DOMAIN, TRUSTED)) is Verdict.SPOOFED
    assert read_results(_mail(PASSING.replace("mx.front", "mx.evil"), PASSING), DOMAIN, TRUSTED) == NOTHING


@pytest.mark.parametrize(
    "field",
    [
        PASSING.replace("mx.front.example", "mx.evil.example"),
        "mx.front.example; none",
        "mx.front.example",
        ";;;",
        "mx.front.example; spf=pass smtp.mailfrom=x@evil.example; dkim=pass header.d=evil.example",
        "mx.front.example; dmarc=pass header.from=evil.example",
        "",
    ],
)
def test_anything_else_proves_nothing(field: str) -> None:
    assert judge(read_results(_mail(field), DOMAIN, TRUSTED)) is not Verdict.PROVEN


def test_without_a_field_nothing_is_proven_whatever_the_text_says() -> None:
    assert read_results(_mail(), DOMAIN, TRUSTED) == NOTHING


def test_a_folded_field_is_read_whole() -> None:
    assert read_results(_mail(PASSING.replace("; ", ";\r\n ")), DOMAIN, TRUSTED).dmarc == "pass"
