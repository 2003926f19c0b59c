"""Which words a message holds, and which ones a search asks for."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.mailbox.words import MOST_WORDS, list_words, show, split_keyword, split_text, takes_long
from shared.contracts.facts import AttachmentContent, Content

pytestmark = pytest.mark.req("R-INBOX-1")
_SHORTEST_TO_COMPARE = 0.01
LATIN = st.text("aàbBcCéøßzZ019", min_size=1, max_size=8)
JAPANESE = st.text("返品箱壊れたケーキお届けがぱー々", min_size=1, max_size=30)
SEPARATORS = st.sampled_from([" ", "\n", ", ", "-", "_", "'", ". ", "\u3000", "。", "・"])


def finds(keyword: str, text: str) -> bool:
    wanted = split_keyword(keyword)
    return bool(wanted) and set(wanted) <= set(split_text(text))


@given(st.lists(LATIN, min_size=1, max_size=8), SEPARATORS, st.data())
def test_whole_words_are_found_whatever_stands_between(words: list[str], between: str, data: st.DataObject) -> None:
    text = between.join(words)
    some = data.draw(st.lists(st.sampled_from(words), min_size=1, max_size=4))
    assert finds(" ".join(some), text)
    assert finds(" ".join(some).upper(), text)
    longer = data.draw(st.sampled_from(words)) + "x"
    assert not finds(longer, text)


@given(JAPANESE, st.data(), st.text("ab1返 。", max_size=5), st.text("ab1品 。", max_size=5))
def test_any_stretch_of_japanese_is_found(text: str, data: st.DataObject, before: str, after: str) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert finds(text[start:end], f"{before}{text}{after}")


@given(st.text(max_size=200))
def test_what_is_searched_for_is_among_the_words_of_the_same_text(text: str) -> None:
    assert set(split_keyword(text)) <= set(split_text(text))


@given(st.text("ab@.-< x返", max_size=40), st.text("ab@.-> x返", max_size=40))
def test_no_address_is_among_the_words(before: str, after: str) -> None:
    words = set(split_text(f"{before}Mario.Rossi@posta.example{after}"))
    assert not words & {"mario", "rossi", "posta", "example"}


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("perche", "Perché no?"),
        ("PERCHÉ", "perche\u0301 no"),
        ("strasse", "Lindenstraße, Große STRASSE"),
        ("grosse", "Die GRÖSSE stimmt"),
        ("lodz", "Łódź"),
        ("soeur", "ma sœur"),
        ("istanbul", "İSTANBUL"),
        ("ordine", "l'ordine"),
        ("M", "taglia M"),
        ("rechnung_2024.pdf", "Rechnung-2024 (PDF)"),
        ("カップ", "ｺｰﾋｰｶｯﾌﾟが割れた"),
        ("\uff21\uff22\uff23\uff11", "abc1"),
        ("届けが遅れて", "お届けが遅\r\nれています"),
        ("箱 壊れ", "届いた箱が壊れていました"),
        ("月5日", "正月5日に"),
        ("iPhoneケース", "新しいiPhoneケースです"),
    ],
)
def test_what_is_found(keyword: str, text: str) -> None:
    assert finds(keyword, text)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("ordin", "ordine"),
        ("ordine tazza", "ordine"),
        ("かが", "がか"),
        ("カキ", "ガキ"),
        ("品返", "返品"),
        ("2月", "12月"),
        ("コーヒー", "コー・ヒー"),
        ("!?", "!?"),
    ],
)
def test_what_is_not_found(keyword: str, text: str) -> None:
    assert not finds(keyword, text)


def test_html_is_read_as_it_shows() -> None:
    source = (
        "<head><title>Titolo</title><style>.rosso{}</style></head><p class='blu>x'>re<b>so</b> &egrave; qui</p>"
        "<div>tazza</div>verde<script>var giallo</script><!-- nero --> &lt;i&gt; <td>fine"
    )
    words = set(split_text(show(source)))
    assert words == {"reso", "e", "qui", "tazza", "verde", "i", "fine"}


def test_all_parts_of_a_content_are_read_and_no_more_than_2000_words() -> None:
    part = AttachmentContent(blob="x", name="fattura.pdf", media_type="application/pdf", size=1)
    content = Content(
        subject="Oggetto", text="testo testo", html="<p>testo ricco</p>", quoted_text="storia", attachments=(part,)
    )
    assert list_words(content) == ["oggetto", "fattura", "pdf", "testo", "ricco"]
    long = content.model_copy(update={"text": " ".join(map(str, range(MOST_WORDS * 2)))})
    assert len(list_words(long)) == len(set(list_words(long))) == MOST_WORDS
    assert list_words(long)[:3] == ["oggetto", "fattura", "pdf"]


def test_html_is_read_as_far_as_deep_nesting_allows() -> None:
    content = Content(subject="", text="", html=f"{'<b><p>' * 1_665} presto {'<b><p>' * 1_665} tardi")
    assert list_words(content) == ["presto"]


@pytest.mark.parametrize(
    ("text", "html", "long"),
    [(20_000, None, False), (20_001, None, True), (0, 2_000, False), (0, 2_001, True), (20_000, 2_000, False)],
)
def test_long_html_takes_long_and_so_does_very_long_text(text: int, html: int | None, *, long: bool) -> None:
    source = None if html is None else "x" * html
    assert takes_long(Content(subject="", text="x" * text, html=source)) is long


@pytest.mark.parametrize("piece", ["a", "@", "<div>", "<!--", "返", "a@", "\n返", ".", "\u0301"])
def test_reading_takes_time_in_proportion_to_the_length(piece: str) -> None:
    """Strangers write it: none of these may keep the reader busy."""

    def seconds(pieces: int) -> float:
        text = piece * pieces
        begin = time.process_time()
        list_words(Content(subject="", text=text, html=text))
        return time.process_time() - begin

    # Other work on the machine slows one measurement down, not each of three.
    short = max(_SHORTEST_TO_COMPARE, min(seconds(4_000) for _ in range(3)))
    assert min(seconds(16_000) for _ in range(3)) < short * 8
