"""What of a quotation the thread has said before."""

import textwrap
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.candidate import Candidate
from services.policy.gate.history import RUN, Known
from services.policy.gate.ruleset import RuleSet

pytestmark = pytest.mark.req("R-POLICY-1", "R-POLICY-2")

LETTERS = st.characters(codec="utf-8", categories=["L", "N"])
OTHER_LETTERS = LETTERS.filter(lambda one: not set(unicodedata.normalize("NFKD", one).casefold()) & set("xyz"))
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=12), min_size=3, max_size=60)
OTHER_WORDS = st.lists(st.text(OTHER_LETTERS, min_size=1, max_size=12), min_size=3, max_size=60)
RULES = RuleSet.load()
CALL = "call me on +39 347 7654321"


@given(WORDS, st.integers(20, 90), st.sampled_from(["", "> ", ">> ", "> > ", "| ", "\uff1e"]))
def test_what_was_said_is_known_however_it_is_wrapped_and_marked(words: list[str], width: int, mark: str) -> None:
    text = " ".join(words)
    lines = textwrap.wrap(text, width) or [text]
    assert Known([text]).pick_unknown("\n".join(mark + line for line in lines)).text.strip() == ""


@given(OTHER_WORDS, st.text(st.sampled_from("xyz"), min_size=RUN, max_size=40))
def test_what_was_not_said_is_picked_out_where_it_stands(words: list[str], new: str) -> None:
    said = " ".join(words)
    quotation = f"> {said}\n> {new}\n> {said}"
    picked = Known([said]).pick_unknown(quotation)
    assert new in picked.text
    at = picked.text.index(new)
    assert quotation[picked.map.start(at) : picked.map.end(at + len(new))] == new


@given(st.text(max_size=300))
def test_of_nothing_known_all_letters_are_picked(text: str) -> None:
    picked = Known().pick_unknown(text).text
    assert [one for one in text if one.isalnum()] == [one for one in picked if one.isalnum()]


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("Va bene, il colore è verde.", "> *Va bene*, il colore e\u0300 verde."),
        ("ok", "> ok"),
        ("Scelga: rosso, verde o blu", "> Scelga:\n>\n>   - rosso,\n>   - verde o\n>     blu"),
        ("ご注文の商品は明日発送いたします。", "> ご注文の商品は明日\n> 発送いたします。"),
        ("The price is 10 € for each of them", "> The price is 10\xa0€ for each\u200b of them"),
    ],
)
def test_what_mail_programs_change_makes_nothing_new(said: str, quoted: str) -> None:
    assert Known([said]).pick_unknown(quoted).text == ""


@pytest.mark.parametrize(
    "quoted", ["> 347 7654321", "> ok 347 7654321", "> 34\n> 77\n> 65\n> 43\n> 21", "> ok ok", "> @anna_verdi"]
)
def test_short_words_said_are_no_licence(quoted: str) -> None:
    assert Known(["ok"]).pick_unknown(quoted).text.strip()


def test_marks_do_not_part_what_they_stand_before() -> None:
    assert Known().pick_unknown("> call +39 347\n> 7654321").text == "call +39 347\n7654321\n"


def test_names_are_known_however_short() -> None:
    known = Known(names=["Bar.it", "kq3v7m2c9x4d@market.example", "x"])
    assert known.pick_unknown("Bar.it <kq3v7m2c9x4d@market.\nexample>").text == ""
    assert known.pick_unknown("x").text.strip() == "x"


@pytest.mark.parametrize(
    ("target", "held"),
    [
        ("http://Amazon.it", True),
        ("mailto:kq3v7m2c9x4d@market.example", True),
        ("https://www.shop.example/page", True),
        ("https://track.example/r/1", True),
        ("https://amazon.de/", True),
        ("mailto:anna@shop.example", True),
        ("https://wa.me/393477654321", False),
        ("tel:+393477654321", False),
        ("https://anna@shop.example", False),
        ("https://shop.example", False),
        ("https://track.example/r/12", False),
        ("https://t.me/hi", False),
        ("https://t.me/", False),
        ("https://let.me", False),
        ("https://ship.to", False),
        ("javascript:[]", False),
        ("#", True),
    ],
)
def test_links_are_known_by_where_they_lead(target: str, *, held: bool) -> None:
    said = "see https://www.shop.example/page, or amazon.de. Just let me hint at it <anna@shop.example>, we ship.To you"
    known = Known([said], ["Amazon.it", "kq3v7m2c9x4d@market.example"], ["http://track.example/r/1"])
    assert known.holds_link(target) is held


def test_a_link_is_not_known_by_letters_that_the_thread_holds_across_words() -> None:
    quotation = '<p>Fine.</p><blockquote><a href="https://t.me/hi">here</a></blockquote>'
    known = Known(["Let me hint at the colours that are here."])
    assert {words.strip('"') for _, words in _judge(text="Fine.", html=quotation, known=known)} == {"https://t.me/hi"}


def test_short_lines_that_were_said_apart_make_no_number() -> None:
    known = Known(["Number 1 is\n347\nof them", "ok\n76 54\nok", "321", "Bye\nMario"])
    assert known.pick_unknown("> 347\n>\n> 76 54\n> 321").text.split() == ["347", "76", "54", "321"]
    assert known.pick_unknown("> 321").text == known.pick_unknown("> Bye\n>\n> Mario").text == ""


def _judge(**fields: object) -> list[tuple[str, str]]:
    candidate = Candidate(kind="reply", **fields)  # type: ignore[arg-type]  # any fields of a candidate
    sources = {name: getattr(candidate, name) or "" for name in ("text", "html", "quoted_text", "quoted_html")}
    decision = RULES.judge(candidate)
    return [(one.field, sources[one.field][slice(*one.span)]) for one in decision.findings]


def test_quotations_are_left_out_where_no_thread_is_known() -> None:
    assert _judge(text=f"Fine.\n> {CALL}", quoted_text=f"> {CALL}") == []


def test_each_forged_place_is_found_once() -> None:
    found = _judge(
        text=f"The parcel leaves tomorrow.\n> {CALL}",
        html=f"<p>The parcel leaves tomorrow.</p><blockquote>{CALL}</blockquote>",
        quoted_text=f"> {CALL}",
        quoted_html=f"<p>{CALL}</p>",
        known=Known(),
    )
    assert sorted(field for field, _ in found) == ["html", "quoted_html", "quoted_text", "text"]
    assert all("347 7654321" in words for _, words in found)


def test_new_words_are_not_judged_twice() -> None:
    found = _judge(text=f"{CALL}\n> What colour do you want?", known=Known())
    assert [field for field, _ in found] == ["text"]


def test_a_quotation_is_mended_where_a_message_would_be() -> None:
    """Before an order a buyer's own details are masked."""
    candidate = Candidate(
        direction="buyer_to_seller",
        kind="reply",
        presale=True,
        text="Is it blue?",
        quoted_text=f"> {CALL}",
        quoted_html=f"<p>{CALL}</p>",
        known=Known(),
    )
    decision = RULES.judge(candidate)
    assert decision.verdict == "approved"
    assert decision.mended_quoted_text is not None
    assert decision.mended_quoted_html is not None
    assert "347" not in decision.mended_quoted_text + decision.mended_quoted_html
    assert decision.mended_text is None


def test_a_courtesy_in_a_quotation_makes_the_message_no_courtesy() -> None:
    assert _judge(text="The parcel leaves tomorrow.", quoted_text="> Thank you so much!", known=Known()) == []


@pytest.mark.parametrize("piece", ["> a", "\n", "abc ", "7", "é\u0301"])
def test_it_takes_time_in_proportion_to_the_length(piece: str) -> None:
    started = time.perf_counter()
    Known([piece * 50_000, "x" * 400_000]).pick_unknown(piece * 50_000)
    assert time.perf_counter() - started < 5
