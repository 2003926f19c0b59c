import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail import html, markup, quotation
from tests.services.delivery.mail import corpus

pytestmark = pytest.mark.req("R-MAIL-5")


@pytest.mark.parametrize(
    "history",
    [
        "On Fri, Jan 5, 2024 at 12:00 PM Anna <a@b.example> wrote:\n\n> old",
        "On Fri, Jan 5, 2024 at 12:00 PM Anna Maria Bianchi\n<a@b.example> wrote:\n\n> old",
        "On 05/01/2024 12:00, Anna wrote:\n> old",
        "> On 5 Jan 2024, at 12:00, Anna <a@b.example> wrote:\n> \n> old",
        "Il giorno ven 5 gen 2024 alle ore 12:00 Anna <a@b.example> ha scritto:\n\n> vecchio",
        "Il 05/01/2024 12:00, Anna ha scritto:\n> vecchio",
        "Am Fr., 5. Jan. 2024 um 12:00 Uhr schrieb Anna <a@b.example>:\n\n> alt",
        "Am 05.01.24 um 12:00 schrieb Anna:\n> alt",
        "Am 05.01.2024 um 12:00 schrieb Anna <a@b.example>:\n\nalt ohne Zeichen",
        "Le ven. 5 janv. 2024 à 12:00, Anna <a@b.example> a écrit :\n\n> vieux",
        "Le 05/01/2024 à 12:00, Anna a écrit :\n> vieux",
        "El vie, 5 ene 2024 a las 12:00, Anna (<a@b.example>) escribió:\n\n> viejo",
        "El 05/01/2024 a las 12:00, Anna escribió:\n> viejo",
        "2024年1月5日(金) 12:00 Anna <a@b.example>:\n\n> 古い",
        "2024/01/05 12:00、Anna <a@b.example>のメール:\n\n> 古い",
        "On 2024/01/05 12:00, Anna wrote:\n> 古い",
        "-----Original Message-----\nFrom: Anna\nold",
        "-----Messaggio originale-----\nvecchio",
        "-----Ursprüngliche Nachricht-----\nalt",
        "-----Message d'origine-----\nvieux",
        "-----Mensaje original-----\nviejo",
        "-----元のメッセージ-----\n古い",
        "---------- Forwarded message ---------\nold",
        "________________________________\nFrom: Anna <a@b.example>\nSent: Friday\nTo: B\nSubject: x\n\nold",
        "From: Anna\nSent: Friday\nTo: B\nSubject: x\n\nold",
        "*From:* Anna\n*Sent:* Friday\n*To:* B\n*Subject:* x\n\nold",
        "Da: Anna\nInviato: venerdì\nA: B\nOggetto: x\n\nvecchio",
        "Von: Anna\nGesendet: Freitag\nAn: B\nBetreff: x\n\nalt",
        "De : Anna\nEnvoyé : vendredi\nÀ : B\nObjet : x\n\nvieux",
        "De: Anna\nEnviado: viernes\nPara: B\nAsunto: x\n\nviejo",
        "差出人: Anna\n送信日時: 2024年1月5日\n宛先: B\n件名: x\n\n古い",
        "Begin forwarded message:\n\nold",
    ],
)
def test_history_of_every_client_and_language_is_parted(history: str) -> None:
    split = quotation.split_text(f"New words.\n\nMore of them.\n\n{history}")
    assert split.new == "New words.\n\nMore of them."
    assert split.quoted.replace("\n", "") == history.replace("\n", "")


@pytest.mark.parametrize(
    "letter",
    [
        "On Monday he wrote:\nplease send it",
        "From: the shop\nI want my money",
        "On 5 May I wrote to you and got no answer.",
        "Il 5 maggio ha scritto che arriva.",
        "a > b\n--\nAnna",
        "Von: hier nach dort",
        "To: whom it may concern\nSubject: my order",
        "----------\nAnna",
    ],
)
def test_a_letter_that_looks_similar_stays_whole(letter: str) -> None:
    assert quotation.split_text(letter) == quotation.Split(letter, "")


def test_answers_between_quoted_lines_are_new() -> None:
    split = quotation.split_text("On 5 Jan 2024, at 1:00, A <a@b.example> wrote:\n> first?\nyes\n> second?\nno")
    assert split.new == "yes\nno"
    assert split.quoted.endswith("> first?\n> second?")


_LINES = st.sampled_from(
    ["", "text", "> quoted", "On 5 Jan 2024, A wrote:", "From: A", "Sent: x", "To: y", "---", "____________", "Da: x"]
)


@given(st.lists(_LINES, max_size=25))
def test_no_line_is_lost_or_doubled(lines: list[str]) -> None:
    split = quotation.split_text("\n".join(lines))
    both = [line for line in (split.new + "\n" + split.quoted).split("\n") if line]
    assert sorted(both) == sorted(line for line in lines if line)


@pytest.mark.parametrize(
    ("source", "new", "old"),
    [
        (
            '<p>neu</p><div class="gmail_quote"><div class="gmail_attr">On Jan 5, 2024 A wrote:<br></div>alt</div>',
            "neu",
            "On Jan 5, 2024 A wrote: alt",
        ),
        (
            '<p>neu</p><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Von:</b> A</div><div>alt</div>',
            "neu",
            "Von: A alt",
        ),
        (
            '<p>neu</p><blockquote type="cite"><p>On 5 Jan 2024, at 12:00, A wrote:</p><p>alt</p></blockquote>unten',
            "neu unten",
            "On 5 Jan 2024, at 12:00, A wrote: alt",
        ),
        (
            "<div><p>neu</p><div><p><b>Von:</b> Anna<br>Gesendet: x<br>An: B<br>Betreff: x</p></div><p>alt</p></div>",
            "neu",
            "Von: Anna Gesendet: x An: B Betreff: x alt",
        ),
        (
            '<p class="moz-cite-prefix">On 05/01/2024, A wrote:</p><blockquote type="cite">alt</blockquote><p>neu</p>',
            "neu",
            "On 05/01/2024, A wrote: alt",
        ),
        (
            "<div>neu</div><div>Am 5.1.2024 um 12:00 schrieb A &lt;a@b.c&gt;:</div><blockquote>alt</blockquote>",
            "neu",
            None,
        ),
        ("<p>On Monday</p><blockquote>a saying</blockquote>", "On Monday a saying", ""),
    ],
)
def test_html_is_parted_like_text(source: str, new: str, old: str | None) -> None:
    def words(part: str) -> str:
        return " ".join(line.strip("> -") for line in markup.write_text(part).split("\n") if line.strip("> -"))

    split = quotation.split_html(html.sanitise(source))
    assert words(split.new) == new
    assert old is None or words(split.quoted) == old
    assert html.sanitise(split.new) == split.new
    assert html.sanitise(split.quoted) == split.quoted


@corpus.needs_corpus
@pytest.mark.parametrize(
    ("name", "first", "last", "quoted"),
    [
        ("email_1_1", "Hi folks", "riak-users_lists.basho.com", False),
        ("email_1_2", "Hi,", "riak-users_lists.basho.com", True),
        ("email_1_3", "Oh thanks.", "riak-users_lists.basho.com", True),
        ("email_1_4", "Awesome!", "another problem with it.", True),
        ("email_1_5", "One: Here's", "for a while.", False),
        ("email_1_6", "I get proper", "torch of pixels", True),
        ("email_1_7", ":+1:", ":+1:", True),
        ("email_1_8", "I will reply under this one", "this is my signature", True),
        ("email_2_1", "Outlook with a reply", "Outlook with a reply", True),
        ("email_2_2", "Outlook with a reply", "directly above line", True),
        ("email_2_3", "Outlook with a reply", "unusual format", True),
        ("email_bullets", "test 2", "Director, Product Management*", True),
        ("email_gmail", "This is a test", "github message.", True),
        ("email_headers_no_delimiter", "And another reply!", "And another reply!", True),
        ("email_one_is_not_on", "Thank, this", "when I run...", True),
        ("email_partial_quote_header", "On your remote host", "tunnel is not working.", True),
        ("email_sig_delimiter_in_middle_of_line", "Hi there!", "kthxbai", False),
        ("email_sent_from_my_not_signature", "Here is another", "mobile phone.", False),
        ("greedy_on", "On your remote host", "tunnel is not working.", True),
        ("pathological", "I think you're onto", "get back to a computer.", True),
        ("correct_sig", "this is an email", "rick", False),
    ],
)
def test_the_corpus_of_replies(name: str, first: str, last: str, quoted: bool) -> None:  # noqa: FBT001 - a table's column
    text = (corpus.ROOT / "zapier__email-reply-parser" / f"test__emails__{name}.txt").read_text().replace("\r\n", "\n")
    split = quotation.split_text(text)
    assert split.new.startswith(first)
    assert split.new.rstrip().endswith(last)
    assert bool(split.quoted) is quoted
