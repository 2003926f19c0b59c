import pytest

from services.policy.gate.candidate import Candidate
from services.policy.gate.detectors.link import build
from services.policy.gate.judged import Judged
from services.policy.gate.ruleset import RuleSet

pytestmark = pytest.mark.req("R-POLICY-2")

IMITATION = build({"find": "imitation", "genuine": ["shopcdn.net"]})
RULES = RuleSet.load()


def poses(host: str, *trusted: str) -> bool:
    """Whether a buyer's link to `host` poses as a marketplace at `trusted`."""
    text = f"Please look at https://{host}/login"
    candidate = Candidate(direction="buyer_to_seller", text=text, trusted_domains=frozenset(trusted))
    return any(True for _ in IMITATION(Judged(candidate)))


@pytest.mark.parametrize(
    ("host", "trusted"),
    [
        ("seller-central.amaz0n-it.info", "amazon.it"),
        ("amazon.com.case-review.net", "amazon.it"),
        ("amazon-login.com", "amazon.com.be"),
        ("bernstein-login.com", "bernstein.de"),
        ("shop1-login.com", "shop1.com"),
        ("shopl-login.com", "shop1.com"),
        ("xn--amazn-3ta.it", "amazon.it"),
    ],
)
def test_the_marketplace_s_name_in_a_foreign_domain_poses(host: str, trusted: str) -> None:
    assert poses(host, trusted)


@pytest.mark.parametrize(
    ("host", "trusted"),
    [
        ("www.amazon.it", "amazon.it"),
        ("www.amazon.de", "amazon.it"),
        ("www.amazon.com", "amazon.co.uk"),
        ("www.amazon.co.jp", "amazon.it"),
        ("www.labottegaveneta.com", "bottega.example"),
        ("images.shopcdn.net", "shopc.com"),
        ("garden-tools.com", "den.com"),
    ],
)
def test_its_own_shops_and_words_that_hold_its_name_do_not(host: str, trusted: str) -> None:
    assert not poses(host, trusted)


def test_a_link_that_shows_the_marketplace_and_leads_elsewhere_poses() -> None:
    html = '<a href="https://parcel-desk.info/pay">https://www.amazon.it/pay</a>'
    candidate = Candidate(direction="buyer_to_seller", html=html, trusted_domains=frozenset({"amazon.it"}))
    assert [hit.field for hit in IMITATION(Judged(candidate))] == ["html"]


@pytest.mark.parametrize(
    "text", ["Bitte eine Adresse auf dem Festland, Best.Nr 305-8816254-9977103.", "Es geht um Art.Nr. 4471, danke."]
)
def test_an_abbreviated_number_is_no_site(text: str) -> None:
    findings = RULES.judge(Candidate(text=text, kind="reply", language="de")).findings
    assert "content.external_link" not in {finding.rule for finding in findings}
