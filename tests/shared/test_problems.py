import json
from typing import Annotated

import httpx2
import pytest
from fastapi import Body, FastAPI, HTTPException
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared import problems, tracing


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    order_id: str = Field(pattern=r"^\d{3}-\d{7}-\d{7}$")
    quantities: list[int] = []
    note: Annotated[str, AfterValidator(str), Field(min_length=1, max_length=3)] = "-"
    labels: list[str] = Field(default=[], max_length=1)


class OutOfInk(problems.Problem):
    slug = "out-of-ink"
    title = "Out of ink"
    status = 507


ERRORS: dict[str, Exception] = {
    "own": OutOfInk("Fill it up.", headers={"Retry-After": "5"}, colour="blue"),
    "found": problems.NotFound("No such order."),
    "token": problems.Unauthenticated("Show a token."),
    "invalid": problems.Invalid.of("order_id", "17 digits"),
    "framework": HTTPException(409, "no"),
    "bug": RuntimeError("anna@example.org at line 3"),
}


@pytest.fixture
def client() -> httpx2.AsyncClient:
    app = FastAPI()
    problems.add_problem_handlers(app)

    @app.post("/orders")
    async def record(order: Annotated[Order, Body()]) -> Order:
        return order

    @app.get("/errors/{name}")
    async def fail(name: str) -> None:
        raise ERRORS[name]

    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://test")


async def fetch(client: httpx2.AsyncClient, name: str) -> tuple[httpx2.Response, dict[str, object]]:
    response = await client.get(f"/errors/{name}")
    assert response.headers["content-type"] == problems.MEDIA_TYPE
    document: dict[str, object] = response.json()
    assert document["status"] == response.status_code
    return response, document


async def test_a_problem_becomes_its_document_with_its_own_members(client: httpx2.AsyncClient) -> None:
    response, document = await fetch(client, "own")
    assert response.headers["retry-after"] == "5"
    assert document == {
        "type": "/problems/out-of-ink",
        "title": "Out of ink",
        "status": 507,
        "detail": "Fill it up.",
        "colour": "blue",
    }


@pytest.mark.parametrize(("name", "status"), [("found", 404), ("token", 401), ("invalid", 422), ("framework", 409)])
async def test_each_has_its_status(client: httpx2.AsyncClient, name: str, status: int) -> None:
    response, _ = await fetch(client, name)
    assert response.status_code == status
    assert response.headers.get("www-authenticate") == ("Bearer" if name == "token" else None)


async def test_a_problem_for_one_field_names_it(client: httpx2.AsyncClient) -> None:
    _, document = await fetch(client, "invalid")
    assert document["errors"] == [{"field": "order_id", "message": "17 digits"}]


@pytest.mark.req("R-ALIAS-6")
async def test_a_bug_says_nothing_of_itself(client: httpx2.AsyncClient) -> None:
    response, document = await fetch(client, "bug")
    assert response.status_code == 500
    assert "anna" not in json.dumps(document)


@pytest.mark.req("R-PRIVACY-4")
@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        (b"{", 400, ["1"]),
        (b"\xff\xfe", 400, None),
        (b"[" * 100_000, 400, None),
        (b"[]", 422, ["body"]),
        (b"{}", 422, ["order_id"]),
        (b'{"order_id": "secret"}', 422, ["order_id"]),
        (b'{"order_id": "123-1234567-1234567", "quantities": [1, "x"]}', 422, ["quantities.1"]),
        (b'{"order_id": "123-1234567-1234567", "\\ud800": 1}', 422, ["body"]),
        (b'{"order_id": "123-1234567-1234567", "\\u0000\\u202e": 1}', 422, ["??"]),
        (b'{"order_id": "123-1234567-1234567", "' + b"n" * 5_000 + b'": 1}', 422, ["n" * 64]),
        (b'{"order_id": "\\ud800"}', 422, ["order_id"]),
        (b'{"order_id": "123-1234567-1234567", "quantities": [1e999]}', 422, ["quantities.0"]),
    ],
)
async def test_bad_bodies_name_the_field_and_quote_nothing(
    client: httpx2.AsyncClient, body: bytes, status: int, fields: list[str] | None
) -> None:
    response = await client.post("/orders", content=body, headers={"content-type": "application/json"})
    assert response.status_code == status
    assert response.headers["content-type"] == problems.MEDIA_TYPE
    document = response.json()
    assert "secret" not in response.text
    if fields is not None:
        assert [error["field"] for error in document["errors"]] == fields


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("note", "", "String should have at least 1 character"),
        ("note", "long", "String should have at most 3 characters"),
        ("labels", ["a", "b"], "List should have at most 1 item after validation, not 2"),
    ],
)
async def test_the_length_of_a_string_is_told_in_characters(
    client: httpx2.AsyncClient, field: str, value: object, told: str
) -> None:
    response = await client.post("/orders", json={"order_id": "111-0000003-0000003", field: value})
    assert response.json()["errors"] == [{"field": field, "message": told}]


async def test_a_body_with_very_many_errors_gets_an_answer_of_bounded_length(client: httpx2.AsyncClient) -> None:
    body = {"order_id": "x", "quantities": ["x"] * 10_000}
    response = await client.post("/orders", json=body)
    assert len(response.json()["errors"]) == 50
    assert len(response.text) < 10_000


async def test_an_unknown_path_and_a_wrong_method_are_problems_too(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/nowhere")).json()["type"] == "/problems/not-found"
    assert (await client.get("/orders")).json()["type"] == "/problems/method-not-allowed"


def test_a_document_names_the_trace_it_belongs_to() -> None:
    with tracing.open_span():
        trace_id = tracing.current_trace_id()
        document = problems.render_problem(400, "x", "X", "x")
    assert document["trace_id"] == trace_id


def test_routes_can_say_which_problems_they_have() -> None:
    documented = problems.document_problems(problems.NotFound, OutOfInk)
    assert {status: answer["description"] for status, answer in documented.items()} == {
        404: "Not found",
        507: "Out of ink",
    }
