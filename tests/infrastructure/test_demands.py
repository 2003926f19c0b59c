import pytest

from tests.infrastructure.demands import DemandError, demanded


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("", set()),
        ("kafka", {"kafka"}),
        ("kafka,postgres", {"kafka", "postgres"}),
        (" postgres , ", {"postgres"}),
        ("promtool", {"promtool"}),
        ("compiled", {"compiled"}),
    ],
)
def test_names_are_read_from_the_variable(value: str, names: set[str]) -> None:
    assert demanded({"TRAMITE_REQUIRE": value}) == names


def test_nothing_is_demanded_by_default() -> None:
    assert demanded({}) == frozenset()


def test_unknown_name_is_refused() -> None:
    with pytest.raises(DemandError, match="names kafak; known are compiled, kafka, postgres, promtool"):
        demanded({"TRAMITE_REQUIRE": "kafak"})
