"""Routes of the policy service. Only the gateway calls them; it knows who may ask."""

from fastapi import APIRouter

from services.policy.gate.rule import Rule
from services.policy.schemas import RuleAnswer, RulesAnswer, SituationAnswer
from services.policy.service import Gate
from shared.consumer import NotYetKnown
from shared.contracts.questions import EvaluateAnswer, EvaluateQuestion
from shared.db import Database
from shared.problems import Unavailable


def create_router(database: Database, gate: Gate) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/internal", tags=["policy"])

    @router.post("/evaluate")
    async def evaluate(question: EvaluateQuestion) -> EvaluateAnswer:
        """Say what the gate would decide now; nothing is counted, kept or sent."""
        try:
            async with database.reading() as session:
                decision, content = await gate.evaluate(
                    session, question.message, question.content, question.seller_language
                )
        except NotYetKnown as error:
            raise Unavailable("The gate has not heard of this order or party yet; try again in a second.") from error
        return EvaluateAnswer(decision=decision, content=content)

    @router.get("/rules")
    async def list_rules() -> RulesAnswer:
        """Give the rule set in force, as documentation."""
        return RulesAnswer(
            version=gate.rules.version,
            shadow=gate.shadow.version if gate.shadow else None,
            rules=[_describe(rule) for rule in gate.rules.rules],
        )

    return router


def _describe(rule: Rule) -> RuleAnswer:
    situations = [
        SituationAnswer(
            severity=situation.severity, when={name: list(values) for name, values in situation.conditions.items()}
        )
        for situation in rule.situations
    ]
    return RuleAnswer(id=rule.id, title=rule.title, rationale=rule.rationale, advice=rule.advice, situations=situations)
