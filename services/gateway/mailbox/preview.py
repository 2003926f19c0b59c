"""Preview: the gate's decision and the exact mail, without sending anything (R-CONTACT-5)."""

from datetime import UTC, datetime

from services.gateway.access.domain import Caller
from services.gateway.context import Gateway
from services.gateway.mailbox.composing import compose, draft
from services.gateway.mailbox.reading import describe_findings
from services.gateway.mailbox.schemas import MendedAnswer, MessageBody, PreviewAnswer
from shared.contracts.questions import EvaluateQuestion, RenderQuestion


async def preview(gateway: Gateway, caller: Caller, body: MessageBody) -> PreviewAnswer:
    """Ask policy what it would decide, and delivery how the mail would look. Raises `Unavailable` if one is away."""
    async with gateway.database.reading() as session:
        drafted = await draft(session, caller, body, datetime.now(UTC))
    content = await compose(gateway.blobs, drafted, body)
    sealed = await gateway.blobs.seal_content(content)
    judged = await gateway.peers.evaluate(
        EvaluateQuestion(message=drafted.facts, content=sealed, seller_language=drafted.seller_language)
    )
    rendered = await gateway.peers.render(
        RenderQuestion(message=drafted.facts, content=judged.content, business_name=drafted.business_name)
    )
    mended = await gateway.blobs.open_content(judged.content)
    return PreviewAnswer(
        verdict=judged.decision.verdict,
        rule_set=judged.decision.rule_set,
        findings=describe_findings(judged.decision.findings, content),
        kind=drafted.facts.kind,
        content=MendedAnswer(subject=mended.subject, text=mended.text, html=mended.html),
        mail=rendered.mail,
    )
