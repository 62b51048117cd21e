"""The endpoints of models: tried in the order of the settings, with the key that only the gateway holds."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import aiohttp
from pydantic import BaseModel, Field, ValidationError

from casebook.gateway.config import ModelEndpoint, Models
from casebook.gateway.errors import Problem

TRIES = 2
PAUSE = 0.5
"""Seconds before another try, at most doubled at random so that callers do not come back together."""
SHARE = 0.9
"""The part of the time for a call that all endpoints together may take, each as long as the others."""
BREAKS_AFTER, BROKEN_SECONDS = 5, 30.0
"""Failures in a row after which an endpoint is left alone, and for how long."""
MAX_ANSWER = 1 << 20
_AGAIN = (408, 409, 425, 429)


class Usage(BaseModel):
    """Tokens as the endpoint counts them."""

    prompt_tokens: Annotated[int, Field(ge=0)] = 0
    completion_tokens: Annotated[int, Field(ge=0)] = 0


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: Usage | None = None


@dataclass(frozen=True)
class Completed:
    """An answer, and who gave it; `usage` is None where the endpoint does not count."""

    endpoint: ModelEndpoint
    content: str
    usage: Usage | None


class _Failed(Exception):
    """One try came to nothing; `again` says whether another may help."""

    def __init__(self, message: str, *, again: bool) -> None:
        super().__init__(message)
        self.again = again


@dataclass
class _Health:
    failures: int = 0
    open_until: float = 0.0


@dataclass
class Upstream:
    """Sends chats to the first endpoint that answers; `atOnce` of them side by side, the others wait in order."""

    http: aiohttp.ClientSession
    settings: Models
    clock: Callable[[], float] = time.monotonic
    _health: dict[str, _Health] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.settings.at_once)

    async def complete(self, messages: list[dict[str, str]], tokens: int) -> Completed:
        """The answer of at most so many tokens. Raises `Problem` 502 or 504 that names what each endpoint did."""
        try:
            async with asyncio.timeout(self.settings.seconds_per_call), self._slots:
                return await self._first(messages, tokens)
        except TimeoutError as error:
            raise Problem(504, f"no model answered within {self.settings.seconds_per_call} s") from error

    async def _first(self, messages: list[dict[str, str]], tokens: int) -> Completed:
        said: list[str] = []
        for endpoint in self.settings.endpoints:
            health = self._health.setdefault(endpoint.name, _Health())
            if health.open_until > self.clock():
                said.append(f"{endpoint.name}: left alone after {BREAKS_AFTER} failures")
                continue
            for number in range(TRIES):
                if number:
                    await asyncio.sleep(PAUSE * (1 + random.random()))  # noqa: S311 - to spread callers, not to hide
                try:
                    completed = await self._once(endpoint, messages, tokens)
                except _Failed as error:
                    said.append(f"{endpoint.name}: {error}")
                    self._count(health)
                    if not error.again or health.open_until > self.clock():
                        break
                else:
                    health.failures = 0
                    return completed
        raise Problem(502, f"no model answered: {'; '.join(dict.fromkeys(said))}"[:1000])

    def _count(self, health: _Health) -> None:
        health.failures += 1
        if health.failures >= BREAKS_AFTER:
            health.failures = 0
            health.open_until = self.clock() + BROKEN_SECONDS

    async def _once(self, endpoint: ModelEndpoint, messages: list[dict[str, str]], tokens: int) -> Completed:
        body = {"model": endpoint.model, "messages": messages, "max_completion_tokens": tokens}
        url = f"{endpoint.url.rstrip('/')}/chat/completions"
        seconds = SHARE * self.settings.seconds_per_call / len(self.settings.endpoints)
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
            found = _Completion.model_validate_json(data)
        except ValidationError as error:
            raise _Failed("its answer is no chat completion", again=False) from error
        return Completed(endpoint, found.choices[0].message.content or "", found.usage)


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
