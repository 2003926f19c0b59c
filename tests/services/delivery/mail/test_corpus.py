"""Every mail of the corpus goes the whole way: relayed whole, or refused in words."""

import re
from collections import Counter
from collections.abc import Callable
from html import unescape

import pytest

from services.delivery.mail import markup, parsing
from services.delivery.mail.parsing import IncomingMail
from services.delivery.mail.refusal import Refusal
from services.delivery.mail.relaying import RelayedContent
from tests.services.delivery.mail import corpus, samples

# What each line does, other tests show; counting lines of so many mails takes three times as long.
pytestmark = [pytest.mark.req("R-MAIL-1", "R-MAIL-5"), corpus.needs_corpus, pytest.mark.no_cover]


_SENTENCE = re.compile(r"55[024] 5\.\d\.\d [A-Z].{10,}[.]")


def letters(text: str | None) -> str:
    return "".join((text or "").split())


def letters_of_html(source: str | None) -> str:
    texts = [token.text for token in markup.read_tokens(source or "") if token.is_text]
    return letters(unescape("".join(texts)))


def check_wire(octets: bytes) -> None:
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", octets)
    assert max(map(len, octets.split(b"\r\n"))) <= 998


def check_characters(incoming: IncomingMail, content: RelayedContent, octets: bytes) -> None:
    """What came in decoded, the addresses replaced, is what the counterpart decodes."""
    arrived = parsing.parse(octets)
    assert letters(arrived.text) == letters(content.text)
    assert letters(arrived.subject) == letters(content.subject)
    assert letters_of_html(arrived.html).endswith(letters_of_html(content.html))
    assert [part.name for part in arrived.attachments] == [part.name for part in content.attachments]
    assert [part.content for part in arrived.attachments] == [part.content for part in content.attachments]
    if not any(name in incoming.text.lower() for address in incoming.addresses for name in address.lower().split("@")):
        hosts = [host for host in incoming.hosts if host in incoming.text.lower()]
        assert hosts or content.text == incoming.text


def check_addresses(incoming: IncomingMail, octets: bytes) -> None:
    arrived = parsing.parse(octets)
    seen = "\n".join([arrived.subject, arrived.text, arrived.html or "", octets.decode("utf-8", "replace")]).lower()
    for address in incoming.addresses:
        assert not re.search(rf"(?<![\w.+-]){re.escape(address.lower())}(?![\w-]|\.\w)", seen), address
    own = samples.ALIAS.rpartition("@")[2]
    header = octets.partition(b"\r\n\r\n")[0].decode("utf-8").lower()
    assert not [host for host in incoming.hosts if "." in host and host != own and host in header]


def relay(raw: bytes) -> str:
    """Take one mail through and check what comes out; gives how it ended."""
    try:
        incoming = parsing.parse(raw)
        content, octets = samples.relay(raw, real="nobody@nowhere.example")
    except Refusal as refused:
        return refused.reason if _SENTENCE.fullmatch(refused.reply) else "refused without a sentence"
    check_wire(octets)
    check_characters(incoming, content, octets)
    check_addresses(incoming, octets)
    return "relayed"


def test_every_mail_is_relayed_whole_or_refused_in_words(record_property: Callable[[str, object], None]) -> None:
    counts = Counter(relay(path.read_bytes()) for path in corpus.paths())
    total = sum(counts.values())
    refused = ", ".join(f"{count} {reason}" for reason, count in counts.most_common() if reason != "relayed")
    record_property(
        "mail corpus", f"{total} mails, {counts['relayed']} relayed, {total - counts['relayed']} refused: {refused}"
    )
    assert total > 400
    assert counts["relayed"] > total / 2
    assert not counts["refused without a sentence"]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_line_ends_make_no_difference(ending: bytes) -> None:
    for path in corpus.paths("mikel__mail"):
        raw = re.sub(rb"\r\n|\r|\n", ending, path.read_bytes())
        assert relay(raw) != "refused without a sentence"
