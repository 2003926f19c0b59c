from pathlib import Path

import pytest

from tests.services.policy.labelled.messages import LANGUAGES
from tests.services.policy.training.drawing import draw_messages, read_grammar, tidy
from tests.services.policy.training.examples import GRAMMARS, LABELS

pytestmark = pytest.mark.req("R-POLICY-2")

GRAMMAR = """
# greetings
greet = Hello, | Good morning,
greet = Dear {name},
name = Ann
:: promotion,spam s2b pr
- {greet} buy now .\\nthanks
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "en.txt"
    path.write_text(text, "utf-8")
    return path


def test_slots_are_filled_with_any_of_their_alternatives(tmp_path: Path) -> None:
    drawn = list(draw_messages(read_grammar(write(tmp_path, GRAMMAR)), 40, seed=1))
    greetings = ("Hello,", "Good morning,", "Dear Ann,")
    assert {one.text for one in drawn} == {f"{greeting} buy now.\nThanks" for greeting in greetings}
    assert {one.kind for one in drawn} == {"p", "r"}
    assert {(one.labels, one.direction) for one in drawn} == {("promotion,spam", "s2b")}


def test_the_same_seed_draws_the_same(tmp_path: Path) -> None:
    grammar = read_grammar(write(tmp_path, GRAMMAR))
    assert list(draw_messages(grammar, 5, seed=3)) == list(draw_messages(grammar, 5, seed=3))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a sentence", "line 1"),
        (":: - s2b p\n- {missing}", "missing"),
        ("one = {one}\n:: - s2b p\n- {one}", "within themselves"),
    ],
)
def test_what_is_wrong_with_a_grammar_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        list(draw_messages(read_grammar(write(tmp_path, text)), 1, seed=1))


def test_blanks_and_capitals_are_put_right() -> None:
    assert tidy("  hello  , you . how are you ?\\n fine !") == "Hello, you. How are you?\nFine!"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mould_can_be_drawn_and_names_labels_that_are_learned(language: str) -> None:
    drawn = list(draw_messages(read_grammar(GRAMMARS / f"{language}.txt"), 1, seed=1))
    # Ways out of mailing lists and ways to somebody are learned from what people wrote, and from nothing drawn.
    assert {name for one in drawn for name in one.labels.split(",")} == {"-", *LABELS} - {"unsubscribe", "contact_info"}
    assert {(one.direction, one.kind) for one in drawn} <= {(d, k) for d in ("s2b", "b2s") for k in "pr"}
    assert all("{" not in one.text and one.text.strip() for one in drawn)
