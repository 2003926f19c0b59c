"""Subjects in the buyer's language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.mailbox.subjects import load_subjects, make_subject
from shared.contracts.vocabulary import Reason

ORDER = "111-0000001-0000001"


@pytest.mark.req("R-CONTACT-2", "R-CONTACT-3")
def test_every_language_has_a_subject_for_every_reason_with_the_order_in_it() -> None:
    subjects = load_subjects()
    assert {"it", "en", "de", "fr", "es", "ja"} <= subjects.keys()
    for language, lines in subjects.items():
        assert lines.keys() == {*Reason, "order", "question"}, language
        for reason in (*Reason, None):
            subject = make_subject(language, reason, ORDER)
            assert ORDER in subject, (language, reason)
            assert len(subject) <= 120


@given(st.text(max_size=16), st.none() | st.sampled_from(Reason))
def test_other_languages_get_english(language: str, reason: Reason | None) -> None:
    if language.partition("-")[0] not in load_subjects():
        assert make_subject(language, reason, ORDER) == make_subject("en", reason, ORDER)


def test_regions_share_a_language() -> None:
    assert make_subject("de-AT", None, None) == make_subject("de", None, None) == "Eine Frage"
