from datetime import UTC, datetime, timedelta

from shared.metrics import ServiceMetrics


def read(metrics: ServiceMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, {"service": metrics.service, **labels})


def test_two_services_in_one_process_count_apart() -> None:
    first, second = ServiceMetrics("first"), ServiceMetrics("second")
    first.events_published.inc(3)
    first.count_handled("noted.v1", "handled", 2)
    assert read(first, "tramite_events_published_total") == 3
    assert read(first, "tramite_events_handled_total", type="noted.v1", outcome="handled") == 2
    assert read(second, "tramite_events_published_total") == 0
    assert b'service="first"' not in second.render()


def test_the_age_of_the_outbox_is_that_of_its_oldest_row() -> None:
    metrics = ServiceMetrics("notes")
    assert read(metrics, "tramite_outbox_age_seconds") == 0
    metrics.observe_outbox(datetime.now(UTC) - timedelta(seconds=90))
    age = read(metrics, "tramite_outbox_age_seconds")
    assert age is not None
    assert 90 <= age < 100
    metrics.observe_outbox(datetime.now(UTC) + timedelta(seconds=90))  # another machine's clock
    assert read(metrics, "tramite_outbox_age_seconds") == 0


def test_measures_are_there_before_anything_happened() -> None:
    text = ServiceMetrics("notes").render().decode()
    for name in ("tramite_outbox_age_seconds", "tramite_dead_letters", "tramite_consumer_stopped"):
        assert f'{name}{{service="notes"}} 0.0' in text
