"""Every context rule through the doors that people use: HTTP and SMTP, on one running installation."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import pytest

from services.demo.doors import Refused, open_doors
from services.demo.mailboxes import MaildirMailboxes, read_text
from services.demo.market import MARKETPLACE_ID
from shared.contracts.vocabulary import identify_thread
from tests.journeys.installation import all_in_one
from tests.journeys.stage import DELAY, QUESTION, Pair, Stage, explain, rules

pytestmark = [pytest.mark.timeout(180)]

COUPON = "Con il coupon SCONTO10 avrà il 10% di sconto sul prossimo acquisto!"
ANSWER = "Certo, gliela prepariamo volentieri in blu come ci ha chiesto, la spediamo domani mattina."
LIMIT = 6


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The all-in-one with a small daily limit and quick steps of standing."""
    folder = tmp_path_factory.mktemp("context-rules")
    settings = {
        "TRAMITE_POLICY_QUOTA_BASE": str(LIMIT),
        "TRAMITE_POLICY_QUOTA_PER_ORDER": "0",
        "TRAMITE_POLICY_STANDING_TEMPLATES_ONLY": "2",
        "TRAMITE_POLICY_STANDING_SUSPENDED": "3",
        "TRAMITE_POLICY_STANDING_WEIGHTS": '{"content.promotion": 1}',
    }
    async with all_in_one(folder, **settings) as installation:
        mailboxes = MaildirMailboxes(installation.mail_dir)
        async with open_doors(installation.base_url, installation.smtp, mailboxes, patience=40) as doors:
            opened = Stage(doors, installation.operator)
            await opened.open()
            yield opened


@pytest.mark.req("R-POLICY-3")
@pytest.mark.parametrize(("days", "stopped"), [(29, set()), (31, {"contact.window"})])
async def test_window(stage: Stage, days: int, stopped: set[str]) -> None:
    pair = await stage.pair("delivered", days=days)
    assert rules(await pair.ask(DELAY, reason="other_required")) == stopped


@pytest.mark.req("R-POLICY-3")
async def test_a_reply_has_no_window(stage: Stage) -> None:
    pair = await stage.pair("delivered", days=200)
    question = await pair.write("buyer", "Buongiorno, la tazza si può lavare in lavastoviglie? Non trovo indicazioni.")
    await pair.read_mail(question, "lavastoviglie", to="seller")
    answer = await pair.write("seller", ANSWER, in_reply_to=question["id"])
    assert (answer["kind"], rules(answer)) == ("reply", set())


@pytest.mark.req("R-POLICY-3", "R-CONTACT-3")
async def test_order_id(stage: Stage) -> None:
    """A mail must show the order's id itself; of another's order it may not show the id at all."""
    pair, other = await stage.pair(), await stage.pair()
    assert rules(await pair.mail_buyer("Il suo ordine", QUESTION["it"])) == {"contact.order_id"}
    other_id = f"Ordine {other.order_id}"
    assert rules(await pair.mail_buyer(other_id, QUESTION["it"])) == {"contact.order_id"}
    passed = await pair.mail_buyer(f"Ordine {pair.order_id}", QUESTION["it"])
    assert (passed["channel"], passed["kind"], rules(passed)) == ("email", "proactive", set())
    sent = await pair.ask()
    assert rules(sent) == set()
    mail = await pair.read_mail(sent, QUESTION["it"])
    assert pair.order_id in mail["Subject"] + read_text(mail)


@pytest.mark.req("R-POLICY-3")
async def test_language(stage: Stage) -> None:
    pair = await stage.pair(language="de")
    foreign = await pair.ask(QUESTION["it"])
    assert rules(foreign) == {"contact.language"}
    assert "de" in explain(foreign, "contact.language")
    assert rules(await pair.ask(QUESTION["de"])) == set()
    assert rules(await pair.ask("OK 12 x 30 cm")) == set()


class TestOptOut:
    """R-POLICY-4: what a buyer who refuses unsolicited messages gets, and what not."""

    pytestmark = pytest.mark.req("R-POLICY-4")

    async def test_what_the_order_does_not_need_is_refused_with_a_notice(self, stage: Stage) -> None:
        pair = await stage.pair(opted_out=True)
        message = await pair.ask(DELAY, reason="shipping_delay")
        assert rules(message) == {"contact.opt_out"}
        notice = await stage.doors.await_mail(
            pair.seller_address, lambda mail: mail["Auto-Submitted"] is not None, "the bounce notice"
        )
        assert pair.order_id in notice["Subject"]
        assert explain(message, "contact.opt_out").split(".")[0] in " ".join(read_text(notice).split())

    async def test_whoever_did_not_opt_out_gets_it(self, stage: Stage) -> None:
        pair = await stage.pair()
        assert rules(await pair.ask(DELAY, reason="shipping_delay")) == set()

    async def test_critical_reasons_pass(self, stage: Stage) -> None:
        pair = await stage.pair(opted_out=True)
        assert rules(await pair.ask()) == set()

    @pytest.mark.parametrize("trait", ["customised", "handmade", "wine"])
    async def test_orders_with_such_items_pass(self, stage: Stage, trait: str) -> None:
        pair = await stage.pair("unshipped", trait, opted_out=True)
        assert rules(await pair.ask(DELAY, reason="shipping_delay")) == set()

    async def test_replies_pass(self, stage: Stage) -> None:
        pair = await stage.pair(opted_out=True)
        question = await pair.write("buyer", "Buongiorno, quando pensate di spedire la mia tazza? Parto venerdì.")
        await pair.read_mail(question, "Parto venerdì", to="seller")
        answer = await pair.write("seller", DELAY, in_reply_to=question["id"])
        assert (answer["kind"], rules(answer)) == ("reply", set())

    @pytest.mark.parametrize("tag", ["[Important]", "[Importante]", "[WICHTIG]", "[重要]"])
    async def test_mail_with_the_important_tag_for_a_critical_purpose_passes(self, stage: Stage, tag: str) -> None:
        pair = await stage.pair(opted_out=True)
        assert rules(await pair.mail_buyer(f"Ordine {pair.order_id}", QUESTION["it"])) == {"contact.opt_out"}
        tagged = await pair.mail_buyer(f"{tag} Ordine {pair.order_id}", QUESTION["it"])
        assert rules(tagged) == set()

    async def test_a_buyer_changes_their_mind(self, stage: Stage) -> None:
        pair = await stage.pair()
        for opted_out, stopped in ((True, {"contact.opt_out"}), (False, set())):
            body = {"opted_out": opted_out}
            await stage.doors.call("PATCH", f"/v1/buyers/{pair.buyer}", pair.tokens["buyer"], body)
            assert rules(await pair.ask(DELAY, reason="shipping_delay")) == stopped


@pytest.mark.req("R-POLICY-4")
async def test_important_misuse(stage: Stage) -> None:
    pair = await stage.pair("shipped")
    subject = f"[Importante] Ordine {pair.order_id}"
    praise = "Buongiorno, alleghiamo il manuale della tazza e la fattura, speriamo che le siano utili."
    assert "contact.important_misuse" in rules(await pair.mail_buyer(subject, praise))
    other = await pair.ask(DELAY, reason="other_required", subject=subject)
    assert "contact.important_misuse" in rules(other)
    assert rules(await pair.ask(subject=subject)) == set()


@pytest.mark.req("R-POLICY-5")
async def test_daily_limit(stage: Stage) -> None:
    pair = await stage.pair()
    path = f"/v1/policy/quota?marketplace_id={MARKETPLACE_ID}"
    preview = {"order_id": pair.order_id, "reason": "request_order_information", "text": QUESTION["it"]}
    for used in range(LIMIT):
        quota = await stage.doors.call("GET", path, pair.tokens["seller"])
        assert (quota["limit"], quota["used"], quota["remaining"]) == (LIMIT, used, LIMIT - used)
        previewed = await stage.doors.call("POST", "/v1/messages:preview", pair.tokens["seller"], preview)
        assert previewed["verdict"] == "approved"
        assert rules(await pair.ask()) == set()
    beyond = await pair.ask()
    assert rules(beyond) == {"contact.daily_limit"}
    quota = await stage.doors.call("GET", path, pair.tokens["seller"])
    said = explain(beyond, "contact.daily_limit")
    assert f"{LIMIT} messaggi su {LIMIT}" in said
    assert quota["resets_at"][:16] in said
    # What buyers write is not counted, and does not lift the limit either.
    assert rules(await pair.write("buyer", "Buongiorno, la preferisco blu, e magari con il manico tondo.")) == set()
    assert rules(await pair.ask()) == {"contact.daily_limit"}


@pytest.mark.req("R-POLICY-6", "R-CONTACT-4")
async def test_review_repeat(stage: Stage) -> None:
    pair = await stage.pair("delivered", days=10)
    words = "Le chiediamo una recensione del suo acquisto."
    assert rules(await pair.ask(words, reason="request_review")) == set()
    assert "contact.review_repeat" in rules(await pair.ask(words, reason="request_review"))
    await pair.record_order("delivered", days=10, order_id=f"702-{pair.number:07d}-0000001")
    other = await pair.ask(words, reason="request_review", order_id=f"702-{pair.number:07d}-0000001")
    assert rules(other) == set()


@pytest.mark.req("R-POLICY-8")
async def test_out_of_stock(stage: Stage) -> None:
    pair = await stage.pair()
    told = "Purtroppo la tazza blu è esaurita: abbiamo rimborsato l'intero importo del suo ordine."
    without = await pair.ask(told, reason="out_of_stock")
    assert {"contact.out_of_stock", "contact.reason_closed"} <= rules(without)
    adjustment = {
        "reason": "NoInventory",
        "amount": "19.90",
        "currency": "EUR",
        "adjusted_at": without["accepted_at"],
    }
    await pair.record_order(adjustments=[adjustment])
    assert rules(await pair.ask(told, reason="out_of_stock")) == set()
    vague = await pair.ask("Purtroppo dobbiamo darle una cattiva notizia sul suo ordine.", reason="out_of_stock")
    assert "contact.out_of_stock" in rules(vague)
    asked = f"{told} Può annullare lei l'ordine, per favore?"
    assert "content.cancel_request" in rules(await pair.ask(asked, reason="out_of_stock"))


@pytest.mark.req("R-POLICY-3", "R-CONTACT-1")
async def test_reason_closed(stage: Stage) -> None:
    pair = await stage.pair()
    message = await pair.ask("Le chiediamo una recensione del suo acquisto.", reason="request_review")
    assert rules(message) == {"contact.reason_closed"}
    assert "non ancora spedito" in explain(message, "contact.reason_closed")
    assert rules(await pair.ask(reason="confirm_customisation")) == {"contact.reason_closed"}
    await pair.record_order("unshipped", "customised")
    assert rules(await pair.ask(reason="confirm_customisation")) == set()


@pytest.mark.req("R-POLICY-6", "R-ALIAS-5", "R-MAIL-2")
async def test_recipient(stage: Stage) -> None:
    """Nobody but its counterpart writes to an alias, and a seller's mail comes from an authorised address."""
    pair, other = await stage.pair(), await stage.pair()
    alias = await pair.find_alias()
    subject = f"Ordine {pair.order_id}"
    assert rules(await pair.mail_buyer(subject, QUESTION["it"])) == set()
    with pytest.raises(Refused, match="No such address"):
        await stage.doors.send_mail(_write(other.seller_address, alias, subject), alias)
    with pytest.raises(Refused, match="authorised sender addresses"):
        await stage.doors.send_mail(_write("altro@bottega.example", alias, subject), alias)
    with pytest.raises(Refused, match=r"404|422"):
        await pair.ask(order_id=other.order_id)
    # A shop that asks another shop without having bought anything is no customer.
    address = {"address": other.seller_address, "language": "it"}
    await stage.doors.call("PUT", f"/v1/buyers/{pair.buyer}-shop", stage.operator, address)
    body = {"role": "buyer", "subject": f"{pair.buyer}-shop"}
    token = (await stage.doors.call("POST", "/v1/tokens", stage.operator, body))["token"]
    pair.tokens["shop"] = token
    asked = await pair.write(
        "shop",
        "Buongiorno, questa tazza esiste anche in rosso?",
        order_id=None,
        marketplace_id=MARKETPLACE_ID,
        seller_id=pair.seller,
    )
    assert rules(asked) == {"contact.recipient"}


def _write(sender: str, alias: str, subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, alias, subject
    mail.set_content(QUESTION["it"])
    return mail


@pytest.mark.req("R-POLICY-10", "R-INBOX-5")
async def test_blocked_by_the_receiver(stage: Stage) -> None:
    pair = await stage.pair()
    await pair.ask()
    thread = identify_thread(MARKETPLACE_ID, pair.seller, pair.buyer)
    path = f"/v1/threads/{thread}/block"
    await stage.doors.call("PUT", path, pair.tokens["buyer"])
    blocked = await pair.doors.insist(lambda: _until_stopped(pair), "the block to take hold")
    assert rules(blocked) == {"contact.blocked"}
    assert "marketplace" not in explain(blocked, "contact.blocked")
    await stage.doors.call("DELETE", path, pair.tokens["buyer"])
    await stage.doors.call("PUT", path, pair.tokens["seller"])
    # A blocked buyer still reaches the seller about an open order, and no longer about one that is over.
    words = "Buongiorno, avrei ancora una domanda: la tazza si può mettere nel forno a microonde?"
    assert rules(await pair.write("buyer", words)) == set()
    await pair.record_order("delivered", days=2)

    async def stopped() -> dict[str, Any] | None:
        message = await pair.write("buyer", words)
        return message if rules(message) else None

    assert rules(await pair.doors.insist(stopped, "the seller's block")) == {"contact.blocked"}


async def _until_stopped(pair: Pair) -> dict[str, Any] | None:
    message = await pair.ask()
    return message if rules(message) else None


@pytest.mark.req("R-POLICY-10")
async def test_blocked_by_an_operator(stage: Stage) -> None:
    pair = await stage.pair()
    blocked = await pair.decide(f"blocks/seller/{pair.seller}", "PUT")
    assert blocked["history"][0]["changed_by"] == "operator first"
    message = await pair.ask()
    assert rules(message) == {"contact.blocked"}
    assert "marketplace" in explain(message, "contact.blocked")
    await pair.decide(f"blocks/seller/{pair.seller}:lift")
    assert rules(await pair.ask()) == set()
    await pair.decide(f"blocks/buyer/{pair.buyer}", "PUT")
    assert rules(await pair.write("buyer", "Buongiorno, quando arriva la tazza?")) == {"contact.blocked"}


@pytest.mark.req("R-MAIL-4", "R-POLICY-1")
async def test_auto_reply(stage: Stage) -> None:
    """An automatic mail is taken, passed on to nobody and answered by nobody."""
    pair = await stage.pair()
    question = await pair.ask()
    alias = str((await pair.read_mail(question, QUESTION["it"]))["From"].addresses[0].addr_spec)
    for header in ({"Auto_Submitted": "auto-replied"}, {"List_Id": "<news.example>"}, {"X_Autoreply": "yes"}):
        answer = await pair.bring_mail("buyer", alias, "Re: ordine", "Sono assente fino a lunedì.", **header)
        assert answer.startswith("2")
    written = await pair.mail("buyer", alias, "Re: ordine", "La preferisco blu, grazie mille e buona giornata!")
    assert rules(written) == set()
    assert set(await pair.list_messages("buyer")) == {question["id"], written["id"]}
    mails = stage.doors.mailboxes.list_mails
    assert not [mail for mail in mails(pair.buyer_address) if mail["Auto-Submitted"]]
    assert not [mail for mail in mails(pair.seller_address) if "assente" in read_text(mail)]


@pytest.mark.req("R-POLICY-7")
async def test_standing(stage: Stage) -> None:
    """Violations restrict to templates, then suspend; the seller sees why; an operator lifts it; all is audited."""
    pair = await stage.pair("delivered", days=10)
    path = f"/v1/policy/standings/{pair.seller}"
    for _ in range(2):
        assert "content.promotion" in rules(await pair.ask(COUPON, reason="other_required"))
    free = await pair.ask(DELAY, reason="other_required")
    assert rules(free) == {"standing.templates_only"}
    assert rules(await pair.ask("Le chiediamo una recensione.", reason="request_review")) == set()
    seen = await stage.doors.call("GET", path, pair.tokens["seller"])
    assert (seen["standing"], seen["points"]) == ("templates_only", 2)
    notice = await stage.doors.await_mail(
        pair.seller_address, lambda mail: "stato per i messaggi" in mail["Subject"], "the notice"
    )
    assert "solo con i modelli" in " ".join(read_text(notice).split())
    assert "content.promotion" in read_text(notice)
    assert "content.promotion" in {count["rule"] for count in seen["counts"]}
    await pair.ask(COUPON, reason="other_required")
    question = await pair.write("buyer", "Buongiorno, posso cambiare la tazza con una più grande? Grazie.")
    await pair.read_mail(question, "più grande", to="seller")
    reply = await pair.write("seller", ANSWER, in_reply_to=question["id"])
    assert rules(reply) == {"standing.suspended"}
    restricted = await stage.doors.call("GET", "/v1/policy/standings?standing=suspended", stage.operator)
    assert pair.seller in {item["seller_id"] for item in restricted["items"]}
    await pair.decide(f"standings/{pair.seller}:lift", reason="Si sono scusati.")
    assert rules(await pair.write("seller", ANSWER, in_reply_to=question["id"])) == set()
    seen = await stage.doors.call("GET", path, pair.tokens["seller"])
    assert [(change["standing"], change["changed_by"]) for change in seen["history"]] == [
        ("good", "operator"),
        ("suspended", "automatic"),
        ("templates_only", "automatic"),
    ]
    assert seen["history"][0]["cause"] == "Si sono scusati."
    await pair.decide(f"standings/{pair.seller}", "PUT", standing="suspended")
    assert rules(await pair.ask(DELAY, reason="other_required")) == {"standing.suspended"}


@pytest.mark.req("R-POLICY-10", "R-POLICY-2")
async def test_override(stage: Stage) -> None:
    """An operator lets a rejected message pass, and cannot call back what was delivered."""
    pair = await stage.pair()
    message = await pair.ask(f"{QUESTION['it']} {COUPON}")
    assert "content.promotion" in rules(message)
    decided = await pair.decide(f"messages/{message['id']}:approve", reason="Lo ha chiesto il cliente.")
    assert (decided["verdict"], decided["rules_verdict"]) == ("approved", "rejected")
    await pair.await_status("seller", message["id"], "delivered")
    mail = await pair.read_mail(message, "SCONTO10")
    assert pair.order_id in mail["Subject"]

    async def block() -> str | None:
        try:
            await pair.decide(f"messages/{message['id']}:block")
        except Refused as refused:
            return str(refused)
        return None

    assert "409" in await pair.doors.insist(block, "a refusal")
    standing = await stage.doors.call("GET", f"/v1/policy/standings/{pair.seller}", pair.tokens["seller"])
    assert standing["points"] == 0


@pytest.mark.req("R-CONTACT-5")
async def test_preview(stage: Stage) -> None:
    """Findings, mended text and the mail; nothing is counted, kept or sent."""
    pair = await stage.pair("delivered", days=10)
    body = {
        "order_id": pair.order_id,
        "reason": "request_review",
        "text": "Le chiediamo una recensione.",
        "html": '<p>Le chiediamo una recensione.</p><img src="https://track.example/p.gif" width="1" height="1">',
    }
    previews = [
        await stage.doors.call("POST", "/v1/messages:preview", pair.tokens["seller"], body) for _ in range(LIMIT + 2)
    ]
    assert {preview["verdict"] for preview in previews} == {"approved"}
    seen = previews[-1]
    assert "content.tracking_pixel" in {finding["rule"] for finding in seen["findings"]}
    assert "track.example" not in seen["content"]["html"] + seen["mail"]
    assert pair.order_id in seen["mail"]
    stopped = await stage.doors.call(
        "POST", "/v1/messages:preview", pair.tokens["seller"], body | {"text": COUPON, "html": None}
    )
    assert stopped["verdict"] == "rejected"
    quota = f"/v1/policy/quota?marketplace_id={MARKETPLACE_ID}"
    assert (await stage.doors.call("GET", quota, pair.tokens["seller"]))["used"] == 0
    standing = await stage.doors.call("GET", f"/v1/policy/standings/{pair.seller}", pair.tokens["seller"])
    assert standing["points"] == 0
    assert await pair.list_messages("seller") == []
    assert stage.doors.mailboxes.list_mails(pair.buyer_address) == []
    assert rules(await pair.ask(body["text"], reason="request_review", html=body["html"])) == set()
