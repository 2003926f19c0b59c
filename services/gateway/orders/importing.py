"""Bulk import: each row judged by itself, the good ones recorded together, the bad ones named."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.context import Gateway
from services.gateway.orders import service
from services.gateway.orders.schemas import ImportAnswer, ImportRow, RowAnswer
from services.gateway.orders.service import Outcome
from shared.problems import Problem

REFUSED = "refused"


async def import_orders(session: AsyncSession, gateway: Gateway, rows: Sequence[Mapping[str, object]]) -> ImportAnswer:
    """Record the good rows and return what became of each, in the rows' order."""
    answers: dict[int, RowAnswer] = {}
    good: list[tuple[int, ImportRow]] = []
    for number, row in enumerate(rows):
        try:
            good.append((number, ImportRow.model_validate(row)))
        except ValidationError as error:
            answers[number] = _refuse_form(number, row, error)
    # In the order of ids, so that two imports at once never wait for each other in a circle.
    for number, order in sorted(good, key=lambda item: item[1].order_id):
        answers[number] = await _record(session, gateway, number, order)
    results = [answers[number] for number in range(len(rows))]
    counts = {word: sum(answer.result == word for answer in results) for word in (*Outcome, REFUSED)}
    return ImportAnswer(rows=results, **counts)


async def _record(session: AsyncSession, gateway: Gateway, number: int, order: ImportRow) -> RowAnswer:
    try:
        _, outcome = await service.record_order(session, gateway, order.order_id, order)
    except Problem as problem:
        errors = problem.members.get("errors", [])
        return RowAnswer(
            row=number,
            order_id=order.order_id,
            result=REFUSED,
            problem=problem.detail,
            errors=errors if isinstance(errors, list) else [],
        )
    return RowAnswer(row=number, order_id=order.order_id, result=outcome)


def _refuse_form(number: int, row: Mapping[str, object], error: ValidationError) -> RowAnswer:
    return RowAnswer(
        row=number,
        order_id=_printable_id(row.get("order_id")),
        result=REFUSED,
        problem="The row does not validate.",
        errors=[
            {"field": _printable(".".join(map(str, item["loc"]))) or "row", "message": item["msg"]}
            for item in error.errors(include_url=False, include_context=False, include_input=False)[:20]
        ],
    )


def _printable_id(value: object) -> str | None:
    return _printable(value)[:19] if isinstance(value, str) else None


def _printable(name: str) -> str:
    """Return a caller's own word so that it can be shown: cut short, nothing in it that does not print."""
    return "".join(character if character.isprintable() else "?" for character in name[:100])
