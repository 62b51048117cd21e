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
        known = self._fresh(place)
        if known is None:
            async with self._slots:
                # Somebody may have asked while this one waited for its turn.
                known = self._fresh(place) or await self._asked(place)
        return known[1]

    async def _asked(self, place: str) -> tuple[datetime, T]:
        now = self._clock()
        answer = await self._read(place)
        self._known = {name: one for name, one in self._known.items() if now - one[0] < TTL}
        self._known[place] = now, answer
        return now, answer

    def _fresh(self, place: str) -> tuple[datetime, T] | None:
        known = self._known.get(place)
        return known if known is not None and timedelta() <= self._clock() - known[0] < TTL else None
