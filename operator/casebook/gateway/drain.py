"""Lets what is under way end before the process does.

The server's own shutdown drops the rest of a body that is still coming in, so the wait is ours and comes before it.
"""

import asyncio

from aiohttp import web

from casebook.gateway.errors import Handler


class Drain:
    """Counts requests under way. While `ending`, every answer closes its connection."""

    def __init__(self) -> None:
        self.ending = False
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def track(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Handle a request as one that is under way."""
        self._under_way += 1
        self._idle.clear()
        try:
            response = await handler(request)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()
        if self.ending:
            response.force_close()
        return response

    async def wait(self, seconds: float) -> bool:
        """Whether all requests under way ended within this time."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True
