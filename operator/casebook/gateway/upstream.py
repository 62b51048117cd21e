"""The endpoints of models: tried in the order of the settings, with the key that only the gateway holds."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError

from casebook.gateway.config import ModelEndpoint
from casebook.gateway.errors import Problem
from casebook.gateway.turns import Turns
from casebook.model.wire import MAX_COMPLETION_TOKENS

TRIES = 2
PAUSE = 0.5
"""Seconds before another try, at most doubled at random so that callers do not come back together."""
SHARE = 0.9
"""The part of the time for a call that all endpoints together may take, each as long as the others."""
BREAKS_AFTER, BROKEN_SECONDS = 5, 30.0
"""Failures in a row after which an endpoint is left alone, and for how long."""
MAX_ANSWER = 4 << 20
"""Bytes: what the longest list of embeddings takes."""
_AGAIN = (408, 409, 425, 429)

_Answer = TypeVar("_Answer", bound=BaseModel)


class _Failed(Exception):
    """One try came to nothing; `again` says whether another may help."""

    def __init__(self, message: str, *, again: bool) -> None:
        super().__init__(message)
        self.again = again


@dataclass
class _Breaker:
    """Keeps calls from an endpoint that failed several times in a row, for a while."""

    failures: int = 0
    open_until: float = 0.0

    def is_open(self, now: float) -> bool:
        """Whether the endpoint is left alone now."""
        return self.open_until > now

    def failed(self, now: float) -> None:
        """Count a failure; with the last of so many it opens."""
        self.failures += 1
        if self.failures >= BREAKS_AFTER:
            self.failures, self.open_until = 0, now + BROKEN_SECONDS


@dataclass(frozen=True)
class Question(Generic[_Answer]):
    """What an endpoint is asked: the path under its URL, the body without the model, and what it must answer."""

    path: str
    body: dict[str, Any]
    answer: type[_Answer]


@dataclass
class Upstream:
    """Asks the first of the endpoints that answers; so many `turns` side by side, tenants in rotation."""

    http: aiohttp.ClientSession
    endpoints: Sequence[ModelEndpoint]
    seconds: int
    turns: Turns
    clock: Callable[[], float] = time.monotonic
    _breakers: dict[str, _Breaker] = field(default_factory=dict)

    async def ask(self, tenant: str, question: Question[_Answer]) -> tuple[ModelEndpoint, _Answer]:
        """Who answered, and what. Raises `Problem` 502 that names what each endpoint did, and 504."""
        try:
            async with asyncio.timeout(self.seconds), self.turns.of(tenant):
                return await self._first(question)
        except TimeoutError as error:
            raise Problem(504, f"no model answered within {self.seconds} s") from error

    async def _first(self, question: Question[_Answer]) -> tuple[ModelEndpoint, _Answer]:
        said: list[str] = []
        for endpoint in self.endpoints:
            try:
                return endpoint, await self._tried(endpoint, question)
            except _Failed as error:
                said.append(f"{endpoint.name}: {error}")
        raise Problem(502, f"no model answered: {'; '.join(said)}"[:1000])

    async def _tried(self, endpoint: ModelEndpoint, question: Question[_Answer]) -> _Answer:
        breaker = self._breakers.setdefault(endpoint.name, _Breaker())
        if breaker.is_open(self.clock()):
            raise _Failed(f"left alone after {BREAKS_AFTER} failures", again=False)
        tries = TRIES
        while True:
            tries -= 1
            try:
                found = await self._once(endpoint, question)
            except _Failed as error:
                breaker.failed(self.clock())
                if not tries or not error.again or breaker.is_open(self.clock()):
                    raise
            else:
                breaker.failures = 0
                return found
            await asyncio.sleep(PAUSE * (1 + random.random()))  # noqa: S311 - to spread callers, not to hide

    async def _once(self, endpoint: ModelEndpoint, question: Question[_Answer]) -> _Answer:
        body = {"model": endpoint.model, **_limited(question.body, endpoint)}
        url = f"{endpoint.url.rstrip('/')}/{question.path}"
        seconds = SHARE * self.seconds / len(self.endpoints)
        share = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self.http.post(
                url, json=body, headers=_headers(endpoint), allow_redirects=False, timeout=share
            ) as response:
                data = await _bounded(response)
                if response.status != 200:
                    again = response.status >= 500 or response.status in _AGAIN
                    raise _Failed(f"answered {response.status}", again=again)
        except TimeoutError as error:
            raise _Failed(f"did not answer within {seconds:.0f} s", again=False) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _Failed(f"cannot be reached ({type(error).__name__})", again=True) from error
        try:
            return question.answer.model_validate_json(data)
        except ValidationError as error:
            raise _Failed(f"its answer is none of {question.path}", again=False) from error


def _limited(body: dict[str, Any], endpoint: ModelEndpoint) -> dict[str, Any]:
    """The body with the bound of its answer under the name that the endpoint knows."""
    return {endpoint.limit if name == MAX_COMPLETION_TOKENS else name: value for name, value in body.items()}


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_any():
        data += chunk
        if len(data) > MAX_ANSWER:
            raise _Failed(f"its answer is over {MAX_ANSWER} bytes", again=False)
    return bytes(data)


def _headers(endpoint: ModelEndpoint) -> dict[str, Any]:
    """The key is read for every call, so that a rotated Secret counts at once."""
    if endpoint.key_file is None:
        return {}
    try:
        return {"Authorization": f"Bearer {endpoint.key_file.read_text().strip()}"}
    except OSError as error:
        raise _Failed(f"its key cannot be read ({error.strerror})", again=False) from error
