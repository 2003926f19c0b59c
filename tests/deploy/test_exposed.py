import pytest

from tests.deploy.exposed import expose, find_unknown


def test_series_of_each_kind_are_known_with_their_labels() -> None:
    exposed = expose()
    assert exposed["tramite_decisions_total"] >= {"verdict", "direction", "channel", "rule_set"}
    assert "le" in exposed["tramite_judge_seconds_bucket"]
    assert "tramite_judge_seconds_count" in exposed
    assert "state" in exposed["tramite_mail_queue"]
    assert "tramite_decisions" not in exposed
    assert "tramite_judge_seconds" not in exposed


@pytest.mark.parametrize(
    ("expression", "unknown"),
    [
        ('sum by (service) (rate(tramite_http_requests_total{status="5xx"}[5m]))', []),
        ("max by (state) (tramite_mail_queue)", []),
        ("rate(tramite_http_requests[5m])", ["tramite_http_requests"]),
        ('tramite_http_requests_total{code="500"}', ["tramite_http_requests_total{code}"]),
        ("max by (state, queue) (tramite_mail_queue)", ["by (queue)"]),
        ('up{job="gateway"}', []),
    ],
)
def test_what_nobody_exposes_is_found(expression: str, unknown: list[str]) -> None:
    assert find_unknown(expression) == unknown
