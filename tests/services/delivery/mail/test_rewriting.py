import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail import html, rewriting
from services.delivery.mail.bodies import Attached
from services.delivery.mail.rewriting import Replacement
from tests.services.delivery.mail.samples import ALIAS

pytestmark = pytest.mark.req("R-MAIL-1")

REAL = "John.Doe+shop@Example.com"
REPLACEMENT = Replacement(frozenset({REAL, "müller@bücher.example"}), ALIAS, frozenset({"mx7.posta.example"}))


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("Write to john.doe+shop@example.com.", "Write to {}."),
        ("JOHN.DOE@EXAMPLE.COM", "{}"),
        ("<john.doe@example.com>", "<{}>"),
        ("mailto:john.doe%40example.com?subject=x", "mailto:{}?subject=x"),
        ("john.doe&#64;example&period;com", "{}"),
        ("john.doe&amp;#x40;example.com", "{}"),
        ("jo\u00adhn.d\u200boe@exam\u2060ple.com", "{}"),
        ("\uff2a\uff2f\uff28\uff2e\uff0e\uff44\uff4f\uff45\uff20example.com", "{}"),
        ("john.doe=example.com@bounces.example", "{}@bounces.example"),
        ("john.doe=40example.com", "{}"),
        ("john.doe (at) example [dot] com", "{}"),
        ("> mail john.doe@exam\n> ple.com now", "> mail {} now"),
        ("john.d=\noe@example.com", "{}"),
        ("連絡先john.doe@example.comです", "連絡先{}です"),
        ("john.doe+other@example.com", "{}"),
        ("_john.doe@example.com_", "_{}_"),
        ("see john.doe@example.com.Then go", "see {}.Then go"),
        ("to=john.doe@example.com&x", "to={}&x"),
        ("müller@xn--bcher-kva.example", "{}"),
        ("MÜLLER@BÜCHER.example", "{}"),
        ("john.doe@example.com\u200bx and x\u00adjohn.doe@example.com", "{}\u200bx and x\u00ad{}"),
        ("by mx7.posta.example with", "by marketplace.example.it with"),
        ("john.doe@example.com john.doe@example.com", "{} {}"),
    ],
)
def test_every_form_of_the_address_is_replaced(text: str, rewritten: str) -> None:
    assert rewriting.rewrite_text(text, REPLACEMENT) == rewritten.format(*[ALIAS] * 2)


@pytest.mark.parametrize(
    "text",
    [
        "xjohn.doe@example.com",
        "a.john.doe@example.com",
        "a-john.doe@example.com",
        "john.doe@example.com.au",
        "john.doe@example.community",
        "john.doe@example-com.example",
        "johnXdoe@example.com",
        "doe@example.com",
        "john.doe at example.com is no address",
        "example.com",
        "posta.example",
        "amx7.posta.example",
        "",
        "a@zz.example 100%40 &copy; &#64; \u200b soft\u00adhyphen",
    ],
)
def test_what_merely_looks_similar_stays(text: str) -> None:
    assert rewriting.rewrite_text(text, REPLACEMENT) == text


@pytest.mark.parametrize(
    ("source", "rewritten"),
    [
        ("<p>jo<b>hn.doe@exam</b>ple.com</p>", "<p>{}<b></b></p>"),
        (
            '<a href="mailto:JOHN.DOE%40example.com?x=1">write</a>',
            '<a href="mailto:{}?x=1" rel="noopener noreferrer nofollow">write</a>',
        ),
        ("<div>foo</div><div>john.doe@example.com</div>", "<div>foo</div><div>{}</div>"),
        ("john.doe&#64;example.com", "{}"),
        ("john<wbr>.doe@&shy;example.com", "{}<wbr>"),
        ('<img src="cid:x" alt="john.doe@example.com">', '<img src="cid:x" alt="{}">'),
        ("a &lt;john.doe@example.com&gt; &amp; b", "a &lt;{}&gt; &amp; b"),
        ("foo<b>john.doe@example.com</b>bar", "foo<b>{}</b>bar"),
    ],
)
def test_html_is_replaced_across_tags_and_in_attributes(source: str, rewritten: str) -> None:
    assert rewriting.rewrite_html(html.sanitise(source), REPLACEMENT) == rewritten.format(ALIAS)


def test_the_alias_itself_and_nothing_known_change_nothing() -> None:
    assert rewriting.rewrite_text(f"x {ALIAS} y", Replacement(frozenset({ALIAS}), ALIAS)) == f"x {ALIAS} y"
    assert rewriting.rewrite_text("a@b.example", Replacement(frozenset(), ALIAS)) == "a@b.example"


def test_a_longer_address_wins_over_one_that_it_holds() -> None:
    both = Replacement(frozenset({"doe@example.com", "john-doe@example.com"}), ALIAS)
    assert rewriting.rewrite_text("john-doe@example.com", both) == ALIAS


@pytest.mark.parametrize(
    ("name", "rewritten"),
    [
        ("john.doe@example.com.pdf", "{}.pdf"),
        ("Mail_from_JOHN.DOE%40example.com_2024.pdf", "Mail_from_{}_2024.pdf"),
        ("john.doe_at_example.com-1.txt", "{}-1.txt"),
        ("john.doe_example.com.txt", "{}.txt"),
        ("xjohn.doe@example.com.pdf", "xjohn.doe@example.com.pdf"),
        ("invoice.pdf", "invoice.pdf"),
    ],
)
def test_file_names(name: str, rewritten: str) -> None:
    assert rewriting.rewrite_file_name(name, REPLACEMENT) == rewritten.format(ALIAS)


def test_files_are_rewritten_in_name_and_plain_text() -> None:
    part = Attached("From JOHN.DOE@example.com.txt", "text/plain", "Grüße john.doe@example.com".encode("cp1252"))
    assert rewriting.rewrite_attached(part, REPLACEMENT) == Attached(
        f"From {ALIAS}.txt", "text/plain", f"Grüße {ALIAS}".encode()
    )
    untouched = Attached("a.txt", "text/plain", "Grüße".encode("cp1252"))
    assert rewriting.rewrite_attached(untouched, REPLACEMENT) == untouched
    binary = Attached("a.pdf", "application/pdf", b"john.doe@example.com")
    assert rewriting.rewrite_attached(binary, REPLACEMENT) == binary


@given(st.text(max_size=120))
def test_text_without_the_address_keeps_every_character(text: str) -> None:
    assert rewriting.rewrite_text(text, REPLACEMENT) == text


@given(
    st.text(alphabet="abc \n<>&;\u200b@.", max_size=40), st.text(alphabet=" \n<>&;()\u200b,", min_size=1, max_size=20)
)
def test_the_surroundings_keep_every_character(before: str, after: str) -> None:
    replacement = Replacement(frozenset({"zoe@zz.example"}), ALIAS)
    text = f"{before} zoe@zz.example{after}{before}"
    assert rewriting.rewrite_text(text, replacement) == f"{before} {ALIAS}{after}{before}"


SHORT = Replacement(frozenset({"a@home.example"}), ALIAS)


@pytest.mark.parametrize(
    "before",
    [
        "",
        "a banana " * 600,
        "a" * 100_000 + " ",
        "\u0130" * 400 + " ",
        "a" + "x" * 1_998 + " ",
        "a@home.exampl " * 3_000,
        *("a" + "x" * length + " " for length in range(1_980, 2_020)),
    ],
)
@pytest.mark.parametrize("address", ["a@home.example", "A@HOME.EXAMPLE", "a+tag (at) home&#46;exam\u00adple"])
def test_an_address_is_found_wherever_it_stands_in_a_long_text(before: str, address: str) -> None:
    assert rewriting.names_writer(f"{before}{address} {before}", SHORT)
    assert rewriting.names_writer(f"{before}{address}.Then {before}", SHORT)


@pytest.mark.parametrize("length", [0, *range(280, 320), *range(1_680, 1_720), *range(1_960, 2_040)])
def test_where_a_long_text_is_parted_no_other_word_becomes_the_address(length: int) -> None:
    """A piece must not begin within a longer name, nor end within a longer domain."""
    text = "a" + "-" * length + "banana@home.example " + "-" * length + "a@home.example.net"
    assert not rewriting.names_writer(text, SHORT)


def test_in_a_long_text_there_is_nothing_to_find_without_an_address() -> None:
    assert not rewriting.names_writer("a@home.example", Replacement(frozenset(), ALIAS))


@given(st.text(alphabet="a@home.xpl \u0130%&", max_size=200), st.integers(0, 2_500))
def test_what_is_found_in_a_long_text_is_what_would_be_replaced(text: str, place: int) -> None:
    text = "a" + "- " * place + text + " a@home.example"
    assert rewriting.names_writer(text, SHORT)
    assert rewriting.rewrite_text(text, SHORT) != text


def test_patterns_of_a_writer_are_compiled_once_and_long_ones_are_not_kept() -> None:
    first, again = (Replacement(frozenset({REAL}), alias).pattern for alias in (ALIAS, "other@alias.example"))
    assert first is again
    kept = rewriting._compile.cache_info().currsize  # noqa: SLF001 - what is bounded
    long = Replacement(frozenset(f"somebody{number}@home.example" for number in range(20)), ALIAS)
    assert rewriting.rewrite_text("somebody19@home.example", long) == ALIAS
    assert rewriting._compile.cache_info().currsize == kept  # noqa: SLF001 - see above
