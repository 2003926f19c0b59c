"""The far side of the gateway's questions: small services on the other end of the wire, as their contracts say."""

from typing import Any

import httpx2
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from shared.blobs import BlobStore
from shared.contracts.facts import DecisionFacts, FindingFacts
from shared.contracts.questions import EvaluateAnswer, EvaluateQuestion, RenderAnswer, RenderQuestion
from shared.contracts.vocabulary import Verdict
from shared.http import require_service_token
from tests.services.gateway.conftest import SERVICE_TOKEN
from tests.services.gateway.world import decision

RULES = {"version": "rules-1", "rules": []}


class Neighbours:
    """Policy, delivery and metrics; `blobs` opens what policy is asked about."""

    def __init__(self) -> None:
        self.blobs: BlobStore | None = None
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.findings: tuple[FindingFacts, ...] = ()
        self.failure: Response | None = None
        app = FastAPI(dependencies=[require_service_token(SERVICE_TOKEN)])
        app.get("/internal/response-times", response_model=None)(self._read_numbers)
        app.get("/internal/turns", response_model=None)(self._read_numbers)
        app.get("/internal/rules", response_model=None)(self._list_rules)
        app.post("/internal/evaluate", response_model=None)(self._evaluate)
        app.post("/internal/render", response_model=None)(self._render)
        self.transports: dict[str, httpx2.AsyncBaseTransport] = {
            name: httpx2.ASGITransport(app) for name in ("metrics", "policy", "delivery")
        }

    async def _read_numbers(self, request: Request) -> Any:  # noqa: ANN401 - JSON or a failure
        self.asked.append((request.url.path, dict(request.query_params)))
        return self.failure or {"seller_id": request.query_params["seller_id"], "answered": 3}

    async def _list_rules(self) -> Any:  # noqa: ANN401 - JSON or a failure
        return self.failure or RULES

    async def _evaluate(self, question: EvaluateQuestion) -> Any:  # noqa: ANN401 - JSON or a failure
        if self.failure is not None:
            return self.failure
        assert self.blobs is not None
        content = await self.blobs.open_content(question.content)
        mended = await self.blobs.seal_content(content.model_copy(update={"text": content.text.upper()}))
        answer = EvaluateAnswer(decision=self._decide(), content=mended)
        return JSONResponse(answer.model_dump(mode="json"))

    async def _render(self, question: RenderQuestion) -> Any:  # noqa: ANN401 - JSON or a failure
        assert self.blobs is not None
        content = await self.blobs.open_content(question.content)
        mail = f"From: {question.business_name}\r\nSubject: {content.subject}\r\n\r\n{content.text}\r\n"
        return JSONResponse(RenderAnswer(mail=mail).model_dump(mode="json"))

    def _decide(self) -> DecisionFacts:
        return decision(Verdict.REJECTED if self.findings else Verdict.APPROVED, *self.findings)
