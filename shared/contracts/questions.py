"""Questions one service asks another while a person waits. They change nothing."""

from shared.contracts.facts import DecisionFacts, MessageFacts, SealedContent
from shared.events import Fact


class EvaluateQuestion(Fact):
    """What would the gate say of this message now? Asked of policy, `POST /internal/evaluate`."""

    message: MessageFacts
    content: SealedContent
    seller_language: str


class EvaluateAnswer(Fact):
    """The decision, and the content as the gate would let it pass: mended where findings are fixes."""

    decision: DecisionFacts
    content: SealedContent


class RenderQuestion(Fact):
    """What mail would this message become? Asked of delivery, `POST /internal/render`."""

    message: MessageFacts
    content: SealedContent
    business_name: str


class RenderAnswer(Fact):
    """The mail as it would leave, recipient and aliases replaced by placeholders (RFC 5322 text)."""

    mail: str
