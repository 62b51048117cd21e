"""What the API server said of a namespace a moment ago: a storm of runs asks it once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

TTL = timedelta(seconds=1)
"""How old an answer may be: a storm asks once, and what people change is seen in a second."""
_MOST_AT_ONCE = 8

T = TypeVar("T")


class Recent(Generic[T]):
    """Answers by namespace, each kept for `TTL`. Raises what `read` raises."""

    def __init__(self, read: Callable[[str], Awaitable[T]], clock: Callable[[], datetime]) -> None:
        self._read = read
        self._clock = clock
        self._known: dict[str, tuple[datetime, T]] = {}
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)

    async def of(self, place: str) -> T:
        """The answer about one namespace."""
        now = self._clock()
        known = self._known.get(place)
        if known is not None and timedelta() <= now - known[0] < TTL:
            return known[1]
        async with self._slots:
            answer = await self._read(place)
        self._known = {name: one for name, one in self._known.items() if now - one[0] < TTL}
        self._known[place] = (now, answer)
        return answer
