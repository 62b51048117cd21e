"""`POST /v1/chat/completions`: a run's questions to the installation's model. The agent never sees key or endpoint."""

import json
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated, Any, Literal

import structlog
from aiohttp import web
from pydantic import BaseModel, Field

from casebook.api.consultation import INSTALLED
from casebook.api.enums import Reasoning
from casebook.evidence.redaction import redact_text
from casebook.gateway.body import read_model
from casebook.gateway.config import ModelEndpoint
from casebook.gateway.errors import Problem
from casebook.gateway.ledger import Ledger, Reservation
from casebook.gateway.metrics import Metrics
from casebook.gateway.runs import Held
from casebook.gateway.upstream import Upstream
from casebook.model.wire import Completion, Usage

MAX_BODY = 256 << 10
MAX_TOKENS = 4000
BYTES_PER_TOKEN = 2
"""For what an endpoint does not count itself: rather too many tokens than too few."""
_log = structlog.get_logger(__name__)


class _Message(BaseModel):
    role: Literal["system", "user", "assistant"]
    content: str


class Chat(BaseModel):
    """What is passed on of a request; nothing else of it is."""

    model: str
    messages: Annotated[list[_Message], Field(min_length=1, max_length=8)]
    max_completion_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] = 2000


class ModelApi:
    """Serves runs that are to ask a model. None for the upstream stands for an installation without one."""

    def __init__(
        self,
        hold: Callable[[web.Request], Awaitable[Held]],
        upstream: Upstream | None,
        ledger: Ledger,
        metrics: Metrics,
    ) -> None:
        self._hold = hold
        self._upstream = upstream
        self._ledger = ledger
        self._metrics = metrics

    async def chat(self, request: web.Request) -> web.Response:
        """`POST /v1/chat/completions`."""
        held = await self._hold(request)
        chat = await read_model(request, Chat, MAX_BODY)
        if self._upstream is None:
            raise Problem(404, "the installation has no model (gateway.models.endpoints)")
        if held.run.spec.reasoning is Reasoning.BUILT_IN:
            raise Problem(403, "this run is not to ask a model (spec.reasoning is BuiltIn)")
        if chat.model != INSTALLED:
            raise Problem(404, f"there is no model of that name; ask for {INSTALLED}", "model")
        messages = [{"role": one.role, "content": redact_text(one.content)} for one in chat.messages]
        completed, usage = await self._complete(self._upstream, held, messages, chat.max_completion_tokens)
        return web.json_response(_answer(completed, usage))

    async def _complete(
        self, upstream: Upstream, held: Held, messages: list[dict[str, str]], tokens: int
    ) -> tuple[Completion, Usage]:
        body = json.dumps(messages, ensure_ascii=False).encode("utf-8", "replace")
        most = Usage(prompt_tokens=len(body), completion_tokens=tokens)
        money = max(_price(one, most) for one in upstream.settings.endpoints)
        reserved = self._ledger.reserve(held.run.uid, held.tenant, held.run.spec.budget.tokens, most.total, money)
        begun, outcome, usage = time.perf_counter(), "failed", Usage()
        try:
            endpoint, completed = await upstream.complete(messages, tokens)
            usage = completed.usage or _counted(body, completed.text)
            outcome = "answered"
            self._settle(reserved, endpoint, usage)
            return completed, usage
        finally:
            # A call that failed stays counted at what was reserved for it: nobody says what it cost.
            self._metrics.model_calls.labels(outcome).inc()
            _log.info(
                "model asked",
                investigation=held.caller.name,
                namespace=held.caller.namespace,
                outcome=outcome,
                digest=sha256(body).hexdigest()[:16],
                prompt_tokens=usage.prompt_tokens,
                completion_tokens=usage.completion_tokens,
                milliseconds=round((time.perf_counter() - begun) * 1000),
            )

    def _settle(self, reserved: Reservation, endpoint: ModelEndpoint, usage: Usage) -> None:
        reserved.settle(usage.total, _price(endpoint, usage))
        self._metrics.model_tokens.labels(endpoint.name, "prompt").inc(usage.prompt_tokens)
        self._metrics.model_tokens.labels(endpoint.name, "completion").inc(usage.completion_tokens)
        self._metrics.model_money.labels(endpoint.name).inc(_price(endpoint, usage) / 1e6)


def _price(endpoint: ModelEndpoint, usage: Usage) -> float:
    """Millionths of the currency: a price for a million tokens is that of one token in millionths."""
    price = endpoint.price
    return usage.prompt_tokens * price.prompt + usage.completion_tokens * price.completion


def _counted(body: bytes, content: str) -> Usage:
    return Usage(prompt_tokens=len(body) // BYTES_PER_TOKEN, completion_tokens=len(content.encode()) // BYTES_PER_TOKEN)


def _answer(completed: Completion, usage: Usage) -> dict[str, Any]:
    message = {"role": "assistant", "content": redact_text(completed.text)}
    return {
        "id": "casebook",
        "object": "chat.completion",
        "created": 0,
        "model": INSTALLED,
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": usage.model_dump() | {"total_tokens": usage.total},
    }
