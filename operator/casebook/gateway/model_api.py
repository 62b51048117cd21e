"""`POST /v1/chat/completions` and `/v1/embeddings`: a run's questions to the installation's models.

The agent never sees a key or an endpoint.
"""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from hashlib import sha256
from math import ceil
from typing import Annotated, Any, Literal, TypeVar
from uuid import uuid4

import structlog
from aiohttp import web
from pydantic import BaseModel, Field

from casebook.api.consultation import INSTALLED
from casebook.api.enums import Reasoning
from casebook.api.spending import BILLIONTHS, ModelCall, Settled
from casebook.evidence.redaction import redact_text
from casebook.gateway.body import read_model
from casebook.gateway.config import ModelEndpoint
from casebook.gateway.errors import Problem
from casebook.gateway.ledger import Ledger
from casebook.gateway.metrics import Metrics
from casebook.gateway.runs import Held
from casebook.gateway.upstream import Question, Upstream
from casebook.model.wire import Completion, Embeddings, Usage

MAX_BODY = 256 << 10
MAX_TOKENS, MAX_INPUTS = 4000, 64
BYTES_PER_TOKEN = 2
"""For what an endpoint does not count itself: rather too many tokens than too few."""
_Answer = TypeVar("_Answer", Completion, Embeddings)
_log = structlog.get_logger(__name__)


class _Message(BaseModel):
    role: Literal["system", "user", "assistant"]
    content: str


class Chat(BaseModel):
    """What is passed on of a request for a completion; nothing else of it is."""

    model: str
    messages: Annotated[list[_Message], Field(min_length=1, max_length=8)]
    max_completion_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] = 2000


class Texts(BaseModel):
    """What is passed on of a request for embeddings."""

    model: str
    input: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=MAX_INPUTS)]


@dataclass(frozen=True)
class Upstreams:
    """Who completes chats and who makes embeddings; None for what the installation has not."""

    chat: Upstream | None
    embeddings: Upstream | None


class ModelApi:
    """Serves runs that are to ask a model."""

    def __init__(
        self,
        hold: Callable[[web.Request], Awaitable[Held]],
        upstreams: Upstreams,
        ledger: Ledger,
        metrics: Metrics,
        clock: Callable[[], datetime],
        *,
        keeps_texts: bool,
    ) -> None:
        self._hold = hold
        self._upstreams = upstreams
        self._ledger = ledger
        self._metrics = metrics
        self._clock = clock
        self._keeps_texts = keeps_texts

    async def chat(self, request: web.Request) -> web.Response:
        """`POST /v1/chat/completions`."""
        held = await self._hold(request)
        chat = await read_model(request, Chat, MAX_BODY)
        upstream = _allowed(held, chat.model, self._upstreams.chat, "gateway.models.endpoints")
        messages = [{"role": one.role, "content": redact_text(one.content)} for one in chat.messages]
        asked = {"messages": messages, "max_completion_tokens": chat.max_completion_tokens}
        completed, usage = await self._ask(
            upstream, held, Question("chat/completions", asked, Completion), chat.max_completion_tokens
        )
        return web.json_response(_completion(completed, usage))

    async def embed(self, request: web.Request) -> web.Response:
        """`POST /v1/embeddings`."""
        held = await self._hold(request)
        texts = await read_model(request, Texts, MAX_BODY)
        upstream = _allowed(held, texts.model, self._upstreams.embeddings, "gateway.models.embeddings")
        asked = {"input": [redact_text(one) for one in texts.input]}
        made, usage = await self._ask(upstream, held, Question("embeddings", asked, Embeddings), 0)
        return web.json_response(_embeddings(made, usage))

    async def _ask(
        self, upstream: Upstream, held: Held, question: Question[_Answer], tokens: int
    ) -> tuple[_Answer, Usage]:
        """The answer and what it cost: reserved before, at most so many tokens of an answer, and settled after."""
        body = json.dumps(question.body, ensure_ascii=False).encode("utf-8", "replace")
        most = Usage(prompt_tokens=len(body), completion_tokens=tokens)
        call = self._call(held, body, most, max(price(one, most) for one in upstream.endpoints))
        await self._ledger.reserve(held.tenant, call, held.run.spec.budget.tokens)
        begun = time.perf_counter()
        try:
            endpoint, answer = await upstream.ask(held.tenant, question)
        except Problem as problem:
            failed = Settled(outcome="failed", problem=problem.message, milliseconds=since(begun))
            self._settle(held, call, failed)
            raise
        text = answer.text if isinstance(answer, Completion) else ""
        usage = answer.usage or _counted(body, text)
        settled = Settled(
            endpoint=endpoint.name,
            model=endpoint.model,
            outcome="answered",
            milliseconds=since(begun),
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            money=price(endpoint, usage),
            answer=_kept(text) if self._keeps_texts else None,
        )
        self._settle(held, call, settled)
        return answer, usage

    def _call(self, held: Held, body: bytes, most: Usage, money: int) -> ModelCall:
        return ModelCall(
            id=str(uuid4()),
            uid=held.run.uid,
            namespace=held.caller.namespace,
            investigation=held.caller.name,
            at=self._clock(),
            digest=sha256(body).hexdigest(),
            tokens=most.total,
            money=money,
            question=body.decode() if self._keeps_texts else None,
        )

    def _settle(self, held: Held, call: ModelCall, settled: Settled) -> None:
        self._ledger.settle(held.tenant, call.id, settled)
        self._metrics.models.asked(settled)
        said = settled.model_dump(exclude={"answer"}, exclude_none=True)
        _log.info("model asked", investigation=call.investigation, namespace=call.namespace, call=call.id, **said)


def _kept(text: str) -> str:
    """An answer as a database can hold it: without credentials and without NUL."""
    return redact_text(text).replace("\0", " ")


def since(begun: float) -> int:
    """Milliseconds that have passed since then."""
    return round((time.perf_counter() - begun) * 1000)


def price(endpoint: ModelEndpoint, usage: Usage) -> int:
    """What it costs in billionths of the currency, rounded up: a price is for a million tokens."""
    parts = ((usage.prompt_tokens, endpoint.price.prompt), (usage.completion_tokens, endpoint.price.completion))
    return ceil(sum(tokens * Fraction(str(each)) for tokens, each in parts) * BILLIONTHS / 10**6)


def _counted(body: bytes, content: str) -> Usage:
    return Usage(prompt_tokens=len(body) // BYTES_PER_TOKEN, completion_tokens=len(content.encode()) // BYTES_PER_TOKEN)


def _allowed(held: Held, model: str, upstream: Upstream | None, setting: str) -> Upstream:
    """The upstream, where this run may ask it. Raises `Problem`."""
    if upstream is None:
        raise Problem(404, f"the installation has no such model ({setting})")
    if held.run.spec.reasoning is Reasoning.BUILT_IN:
        raise Problem(403, "this run is not to ask a model (spec.reasoning is BuiltIn)")
    if model != INSTALLED:
        raise Problem(404, f"there is no model of that name; ask for {INSTALLED}", "model")
    return upstream


def _completion(completed: Completion, usage: Usage) -> dict[str, Any]:
    message = {"role": "assistant", "content": redact_text(completed.text)}
    return {
        "id": "casebook",
        "object": "chat.completion",
        "created": 0,
        "model": INSTALLED,
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": usage.model_dump() | {"total_tokens": usage.total},
    }


def _embeddings(made: Embeddings, usage: Usage) -> dict[str, Any]:
    data = [{"object": "embedding", **one.model_dump()} for one in made.data]
    told = {"prompt_tokens": usage.prompt_tokens, "total_tokens": usage.total}
    return {"object": "list", "model": INSTALLED, "data": data, "usage": told}
