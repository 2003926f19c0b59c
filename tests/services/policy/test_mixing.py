from collections import Counter

import pytest

from tests.services.policy.training.features import Text
from tests.services.policy.training.mixing import Part, mix, mix_two, mix_whole

pytestmark = pytest.mark.req("R-POLICY-2")

SEED = 3
THANKS = frozenset({"content.thanks_only"})


def _part(number: int, *, clean: bool = False, whole: bool = False, group: str = "en", size: int = 2) -> Part:
    text = Text((), tuple(f"{number}.{at}" for at in range(size)), reply=False)
    return Part(number, text, clean, (group,), THANKS if whole else frozenset())


def test_a_breaking_message_is_put_within_a_clean_one_of_its_group() -> None:
    parts = [_part(number, clean=number % 2 == 0, group="en" if number < 50 else "de") for number in range(100)]
    mixtures = list(mix(parts, SEED))
    assert Counter(one.inner % 2 for one in mixtures)[1] > 10
    for one in mixtures:
        assert one.outer % 2 == 0
        assert (one.inner < 50) is (one.outer < 50)


def test_the_sentences_of_the_one_stay_together_in_those_of_the_other() -> None:
    for one in mix([_part(number, clean=number > 20) for number in range(40)], SEED):
        at = one.text.body.index(f"{one.inner}.0")
        assert one.text.body[at : at + 2] == (f"{one.inner}.0", f"{one.inner}.1") or one.inner == one.outer
        assert sorted(one.text.body) == sorted(f"{number}.{at}" for number in (one.inner, one.outer) for at in (0, 1))


def test_two_breaking_messages_of_a_group_follow_each_other() -> None:
    parts = [_part(number, clean=number % 3 == 0, group="en" if number < 90 else "de") for number in range(180)]
    mixtures = list(mix_two(parts, SEED))
    assert len(mixtures) > 10
    for one in mixtures:
        assert one.inner % 3 != 0
        assert one.outer % 3 != 0
        assert (one.inner < 90) is (one.outer < 90)
        first, second = ([f"{number}.{at}" for at in (0, 1)] for number in (one.inner, one.outer))
        assert list(one.text.body) in ([*first, *second], [*second, *first])


def test_what_is_all_that_a_message_says_is_mixed_with_its_like_and_with_clean_ones() -> None:
    parts = [_part(number, clean=number < 30, whole=number >= 30) for number in range(60)]
    kinds = Counter((one.inner >= 30, one.outer >= 30) for one in mix_whole(parts, SEED))
    assert kinds[True, True] > 5
    assert kinds[True, False] > 5
    assert sum(kinds.values()) == kinds[True, True] + kinds[True, False]


def test_long_messages_are_not_put_within_others() -> None:
    parts = [_part(0, size=5), *(_part(number, clean=True) for number in range(2, 9))]
    assert {one.inner for one in mix(parts, SEED)} <= set(range(2, 9))


def test_the_same_parts_are_mixed_the_same_way() -> None:
    parts = [_part(number, clean=number % 3 == 0, whole=number % 3 == 1) for number in range(30)]
    assert list(mix(parts, SEED)) == list(mix(parts, SEED))
    assert list(mix_two(parts, SEED)) == list(mix_two(parts, SEED))
    assert list(mix_whole(parts, SEED)) == list(mix_whole(parts, SEED))
