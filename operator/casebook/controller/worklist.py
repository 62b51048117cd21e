"""A queue of keys: each is there once, handled by one worker at a time, and due at its own moment."""

import asyncio
import math
import random
from collections.abc import Callable
from enum import StrEnum
from heapq import heappop, heappush
from typing import NamedTuple

FIRST_RETRY = 0.5
LAST_RETRY = 30.0
DOUBLINGS = 8
"""After so many failures in a row the delay has long been the last one."""
SETTLE = 1.0
"""Seconds that an incident waits, so that many that end at once are joined in one go."""
FIRST = -math.inf
"""As the time to wait: before all else that is due."""


class Kind(StrEnum):
    """What a key stands for."""

    CASE = "case"
    ORPHANS = "orphans"
    NAMESPACE = "namespace"
    READERS = "readers"
    SCHEDULE = "schedule"
    LESSONS = "lessons"
    MEMORIES = "memories"
    SKILL = "skill"
    INCIDENT = "incident"
    BACKTESTS = "backtests"
    HINTS = "hints"
    SIMILAR = "similar"
    INDEX = "index"
    RESYNC = "resync"


class Key(NamedTuple):
    """One thing to look at."""

    kind: Kind
    namespace: str = ""
    name: str = ""


class Worklist:
    """Keys to look at; `clock` is monotonic and in seconds.

    Waking a key that is there already changes at most how soon it is due. A key woken while a worker has it comes
    again when the worker is done with it.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due: dict[Key, float] = {}
        # Both may hold entries that are overtaken or whose key is busy; only what agrees with _due counts.
        self._heap: list[tuple[float, Key]] = []
        self._ripe: list[tuple[bool, float, Key]] = []
        self._busy: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._due)

    def wake(self, key: Key, after: float = 0.0) -> None:
        """Look at it after so many seconds, or before all others (`FIRST`), or sooner if that was already said."""
        due = self._clock() + after
        if due < self._due.get(key, math.inf):
            self._due[key] = due
            self._push(key)

    async def take(self) -> Key:
        """The key that has been due for longest and that no worker has; waits until there is one.

        Giving out slots comes before all else: it is rare, quick, and what starts work.
        """
        while True:
            self._changed.clear()
            now = self._clock()
            while self._heap and self._heap[0][0] <= now:
                due, key = heappop(self._heap)
                heappush(self._ripe, (key.kind is not Kind.SCHEDULE, due, key))
            while self._ripe:
                _, due, key = heappop(self._ripe)
                if self._due.get(key) == due and key not in self._busy:
                    del self._due[key]
                    self._busy.add(key)
                    return key
            await self._change(self._heap[0][0] - now if self._heap else None)

    def done(self, key: Key) -> None:
        """The worker is through with it, and it went well."""
        self._failures.pop(key, None)
        self._release(key)

    def failed(self, key: Key, at_least: float = 0.0) -> float:
        """The worker is through with it, and it went wrong: when it is tried again, in seconds from now.

        Delays double up to `LAST_RETRY` and are jittered. Nothing is given up: not all that fails is found again soon.
        """
        failures = min(self._failures.get(key, 0) + 1, DOUBLINGS)
        self._release(key)
        self._failures[key] = failures
        delay = min(FIRST_RETRY * 2.0 ** (failures - 1), LAST_RETRY)
        delay = max(delay * random.uniform(0.5, 1.0), min(at_least, LAST_RETRY))  # noqa: S311 - jitter
        self.wake(key, delay)
        return delay

    def _release(self, key: Key) -> None:
        self._busy.discard(key)
        if key in self._due:
            self._push(key)

    def _push(self, key: Key) -> None:
        heappush(self._heap, (self._due[key], key))
        self._changed.set()

    async def _change(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
