"""Reads request bodies within bounds: a cap on each, and one on all of them together."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from casebook.api.problems import first_problem
from casebook.gateway.errors import Problem
from casebook.gateway.payload import Body

_Model = TypeVar("_Model", bound=BaseModel)
_TAIL = 64 << 10
_CHUNK = 64 << 10
READ_SECONDS = 30.0


@dataclass
class Room:
    """How many notifications, and how many bytes of them, are taken in at once; more are sent away with 503."""

    requests: int
    bytes: int
    taken: int = 0
    held: int = 0

    @contextmanager
    def enter(self, size: int) -> Iterator[None]:
        """Hold a place for a body of this size. A single body is never too large for an empty room."""
        if self.taken >= self.requests or (self.taken and self.held + size > self.bytes):
            raise Problem(503, "too many notifications at once; send it again", retry_after=1.0)
        self.taken += 1
        self.held += size
        try:
            yield
        finally:
            self.taken -= 1
            self.held -= size


async def read_clipped(request: web.Request, limit: int) -> Body:
    """The body; of one over the limit its beginning and its end, for there stands the group key.

    Raises `Problem` 503 where it does not come in within `READ_SECONDS`.
    """
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await _read(request, limit)
    except TimeoutError as error:
        raise Problem(503, f"the body did not come in within {READ_SECONDS:.0f} s") from error


async def _read(request: web.Request, limit: int) -> Body:
    head = bytearray()
    tail: deque[bytes] = deque()
    kept = 0
    async for chunk in request.content.iter_chunked(_CHUNK):
        room = limit - len(head)
        head += chunk[:room]
        if len(chunk) > room:
            tail.append(chunk[room:])
            kept += len(tail[-1])
            while kept - len(tail[0]) >= _TAIL:
                kept -= len(tail.popleft())
    return Body(head, b"".join(tail)[-_TAIL:])


async def read_model(request: web.Request, model: type[_Model], limit: int) -> _Model:
    """The body as a model. Raises `Problem` 413 over the limit, 422 that names the field where it is not one."""
    body = await read_clipped(request, limit)
    if body.cut:
        raise Problem(413, f"the body is over {limit} bytes")
    try:
        return model.model_validate_json(body.head)
    except ValidationError as error:
        field, message = first_problem(error)
        raise Problem(422, f"not a valid {model.__name__}: {message}", field) from error
