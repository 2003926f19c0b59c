"""SPF, DKIM and DMARC against a real name server on a socket."""

import asyncio
import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.delivery.authenticity.checks import examine
from services.delivery.authenticity.domain import Evidence, Origin, Verdict, judge
from services.delivery.authenticity.resolver import Resolver
from services.delivery.outbound.signing import Signer
from tests.services.delivery.authenticity.conftest import BARE, GOOD
from tests.services.delivery.authenticity.name_server import NameServer
from tests.services.delivery.installation import SELLER_ALIAS, write_mail

pytestmark = pytest.mark.req("R-MAIL-2")

OWN, FOREIGN = Origin("192.0.2.7", f"mail.{GOOD}"), Origin("198.51.100.9", "elsewhere.example")
AUTHOR = f"mario@{GOOD}"
NOW = datetime.now(UTC)


async def look(
    names: NameServer, origin: Origin, content: bytes, sender: str = AUTHOR, domain: str = GOOD, seconds: float = 5
) -> Evidence:
    resolver = Resolver.of(names.address, seconds)
    return await asyncio.to_thread(examine, resolver, origin, sender, domain, content)


async def test_what_the_domains_own_server_sends_is_proven_by_spf(names: NameServer, signer: Signer) -> None:
    evidence = await look(names, OWN, write_mail(AUTHOR, SELLER_ALIAS))
    assert evidence == Evidence("pass", "none", "pass", aligned=True)
    assert signer.keys.keys() == {GOOD}


async def test_a_signed_mail_that_was_forwarded_is_proven_by_dkim(names: NameServer, signer: Signer) -> None:
    mail = await signer.sign(write_mail(AUTHOR, SELLER_ALIAS), AUTHOR, NOW)
    evidence = await look(names, FOREIGN, mail)
    assert evidence == Evidence("fail", "pass", "pass", aligned=True)
    assert judge(evidence) is Verdict.PROVEN


async def test_a_changed_mail_is_not(names: NameServer, signer: Signer) -> None:
    mail = await signer.sign(write_mail(AUTHOR, SELLER_ALIAS), AUTHOR, NOW)
    evidence = await look(names, FOREIGN, mail.replace(b"va bene", b"va male"))
    assert evidence == Evidence("fail", "fail", "fail", aligned=False)
    assert judge(evidence) is Verdict.SPOOFED


async def test_the_envelope_sender_alone_proves_nothing(names: NameServer, signer: Signer) -> None:
    """Who may send for his own domain says From somebody else's."""
    names.publish({("evil.example", "TXT"): "v=spf1 ip4:198.51.100.0/24 -all"})
    evidence = await look(names, FOREIGN, write_mail(AUTHOR, SELLER_ALIAS), sender="x@evil.example")
    assert (evidence.spf, evidence.dmarc, evidence.aligned) == ("pass", "fail", False)
    assert judge(evidence) is Verdict.SPOOFED
    assert signer.keys.keys() == {GOOD}


async def test_a_signature_of_another_domain_proves_nothing(names: NameServer, signer: Signer) -> None:
    names.publish({("_dmarc.bank.example", "TXT"): "v=DMARC1; p=reject"})
    mail = await signer.sign(write_mail("boss@bank.example", SELLER_ALIAS), AUTHOR, NOW)
    evidence = await look(names, FOREIGN, mail, "boss@bank.example", "bank.example")
    assert (evidence.dkim, evidence.dmarc, evidence.aligned) == ("pass", "fail", False)
    assert judge(evidence) is Verdict.SPOOFED


async def test_a_record_that_wants_the_very_domain_is_obeyed(names: NameServer) -> None:
    names.publish(
        {(f"sub.{GOOD}", "TXT"): "v=spf1 ip4:192.0.2.0/24 -all", (f"_dmarc.{GOOD}", "TXT"): "v=DMARC1; p=none; aspf=s"}
    )
    mail = write_mail(AUTHOR, SELLER_ALIAS)
    assert judge(await look(names, OWN, mail, sender=f"x@sub.{GOOD}")) is Verdict.SPOOFED


async def test_organisations_under_one_public_suffix_are_strangers(names: NameServer) -> None:
    names.publish(
        {("evil.co.uk", "TXT"): "v=spf1 ip4:192.0.2.0/24 -all", ("evil.zz", "TXT"): "v=spf1 ip4:192.0.2.0/24 -all"}
    )
    for evil, good in (("evil.co.uk", "shop.co.uk"), ("evil.zz", "shop.zz")):
        evidence = await look(names, OWN, write_mail(f"a@{good}", SELLER_ALIAS), f"a@{evil}", good)
        assert (evidence.spf, evidence.aligned) == ("pass", False)


async def test_a_domain_that_publishes_nothing_is_unproven(names: NameServer) -> None:
    evidence = await look(names, OWN, write_mail(f"a@{BARE}", SELLER_ALIAS), f"a@{BARE}", BARE)
    assert evidence == Evidence("none", "none", "none", aligned=False)
    assert judge(evidence) is Verdict.UNPROVEN


async def test_spf_without_dmarc_is_enough_for_the_same_organisation(names: NameServer) -> None:
    names.publish({(f"bounces.{BARE}", "TXT"): "v=spf1 a:mx.posta-nuda.example -all", (f"mx.{BARE}", "A"): "192.0.2.7"})
    evidence = await look(names, OWN, write_mail(f"a@{BARE}", SELLER_ALIAS), f"x@bounces.{BARE}", BARE)
    assert evidence == Evidence("pass", "none", "none", aligned=True)
    assert judge(evidence) is Verdict.PROVEN


async def test_a_silent_name_server_is_waited_for_no_longer_than_set(names: NameServer, signer: Signer) -> None:
    names.silent |= {GOOD, f"s1._domainkey.{GOOD}", f"_dmarc.{GOOD}"}
    mail = await signer.sign(write_mail(AUTHOR, SELLER_ALIAS), AUTHOR, NOW)
    started = time.monotonic()
    evidence = await look(names, FOREIGN, mail, seconds=0.3)
    assert time.monotonic() - started < 3
    assert evidence == Evidence("temperror", "temperror", "temperror", aligned=False)
    assert judge(evidence) is Verdict.UNDECIDED


async def test_records_that_go_round_in_circles_come_to_an_end(names: NameServer) -> None:
    names.publish({(GOOD, "TXT"): f"v=spf1 include:{BARE} -all", (BARE, "TXT"): f"v=spf1 include:{GOOD} -all"})
    assert (await look(names, OWN, write_mail(AUTHOR, SELLER_ALIAS))).spf == "permerror"
    assert len(names.asked) < 60


@pytest.mark.parametrize("record", ["v=spf1 ip4:nonsense -all", "v=spf1 include: -all", "v=spf1 exists:%{z}.x -all"])
async def test_broken_records_are_the_domains_trouble(names: NameServer, record: str) -> None:
    names.publish({(GOOD, "TXT"): record})
    assert (await look(names, OWN, write_mail(AUTHOR, SELLER_ALIAS))).spf == "permerror"


@given(header=st.binary(max_size=300), address=st.sampled_from(["192.0.2.7", "2001:db8::7", "", "unknown"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_nothing_in_a_mail_makes_it_fail(header: bytes, address: str) -> None:
    resolver = Resolver.of("127.0.0.1:9", 0.05)
    mail = b"DKIM-Signature: " + header + b"\r\nFrom: <" + AUTHOR.encode() + b">\r\n\r\nx\r\n"
    evidence = examine(resolver, Origin(address, ""), AUTHOR, GOOD, mail)
    assert not evidence.aligned
    assert judge(evidence) is not Verdict.PROVEN


@pytest.mark.parametrize("servers", ["nobody", "127.0.0.1:port", "10.0.0.1:53,"])
def test_a_name_server_that_is_none_is_a_configuration_error(servers: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - dnspython's own words
        Resolver.of(servers, 1)


def test_name_servers_of_both_families_are_read() -> None:
    found = Resolver.of("192.0.2.1,[2001:db8::1]:5353,2001:db8::2", 1).inner.nameservers
    assert [str(server) for server in found] == ["Do53:192.0.2.1@53", "Do53:2001:db8::1@5353", "Do53:2001:db8::2@53"]
