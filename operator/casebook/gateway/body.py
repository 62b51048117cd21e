"""Reads request bodies within bounds: a cap on each, and one on all of them together."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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


class Room:
    """How many notifications, and how many bytes of them, are taken in at once.

    Where there are too many, `waiting` more wait up to `patience` seconds for their turn, their bodies unread: sending
    them away costs more than that, since they come again. All others are sent away.
    """

    def __init__(self, requests: int, size: int, *, waiting: int, patience: float) -> None:
        self._places = asyncio.Semaphore(requests)
        self._size = size
        self._waiting = waiting
        self._patience = patience
        self._held = 0

    @asynccontextmanager
    async def enter(self, size: int) -> AsyncIterator[None]:
        """Hold a place for a body of this size. A single body is never too large for an empty room.

        Raises `Problem` 503 where there is none.
        """
        await self._place()
        try:
            if self._held and self._held + size > self._size:
                raise _full()
            self._held += size
            try:
                yield
            finally:
                self._held -= size
        finally:
            self._places.release()

    async def _place(self) -> None:
        if not self._waiting:
            raise _full()
        self._waiting -= 1
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError:
            raise _full() from None
        finally:
            self._waiting += 1


def _full() -> Problem:
    return Problem(503, "too many notifications at once; send it again", retry_after=1.0)


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
