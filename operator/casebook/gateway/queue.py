"""How many investigations of a tenant wait, and the one Investigation that counts what is over the limit."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from casebook.api.base import INVESTIGATIONS
from casebook.api.enums import Phase
from casebook.api.investigation import AlertStatus, SeenAlert
from casebook.cluster.errors import ClusterError
from casebook.gateway.directory import Directory
from casebook.gateway.episodes import merge, seen_alerts
from casebook.gateway.groups import Group
from casebook.gateway.investigations import Investigations, Record, alert_change
from casebook.gateway.manifest import overflow
from casebook.gateway.ports import ObjectReader

TTL = timedelta(seconds=5)
SHARES = 10
_WAITING = ",".join(
    f"status.phase!={phase}" for phase in (Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED)
)


@dataclass
class _Count:
    at: datetime
    waiting: int
    room: int
    """So many more this replica lets in before it counts again."""


class Queue:
    """Counts the waiting investigations of each tenant, and lets in no more than the limit, or little more.

    Replicas do not speak to each other. Each counts anew every few seconds and after it has let in a tenth of what was
    free, so that r replicas together go over the limit by at most (r - 1) tenths of it, and by the creates that are
    under way in them at the moment of a count.
    """

    def __init__(self, reader: ObjectReader, limit: int, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._limit = limit
        self._clock = clock
        self._counts: dict[str, _Count] = {}
        self._lock = asyncio.Lock()

    async def admits(self, tenant: str, directory: Directory) -> bool:
        """Whether one more may wait; it is then counted. Always where the limit is off. Raises `ClusterError`."""
        if not self._limit:
            return True
        async with self._lock:
            count = self._counts.get(tenant)
            if count is None or self._is_stale(count):
                waiting = await self._count(directory.namespaces_of(tenant))
                room = max(1, (self._limit - waiting) // SHARES)
                count = self._counts[tenant] = _Count(self._clock(), waiting, room)
            if count.waiting >= self._limit:
                return False
            count.waiting += 1
            count.room -= 1
            return True

    def _is_stale(self, count: _Count) -> bool:
        used_up = count.room <= 0 and count.waiting < self._limit
        return used_up or self._clock() - count.at > TTL

    async def _count(self, namespaces: list[str]) -> int:
        count = 0
        for namespace in namespaces:
            page = await self._reader.list(INVESTIGATIONS, namespace, fields=_WAITING, limit=self._limit)
            count += len(page.items)
            if count >= self._limit:
                break
        return count


@dataclass
class _Batch:
    done: asyncio.Future[None]
    count: int = 0
    seen: list[SeenAlert] = field(default_factory=list)


class Overflow:
    """Counts alert groups on one Investigation per tenant and hour; many at once become one write."""

    def __init__(self, investigations: Investigations, clock: Callable[[], datetime]) -> None:
        self._investigations = investigations
        self._clock = clock
        self._batches: dict[str, _Batch] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def count(self, tenant: str, namespace: str, group: Group, receiver: str) -> None:
        """Return once the API server has counted it. Raises `ClusterError`."""
        now = self._clock()
        hour = now.replace(minute=0, second=0, microsecond=0)
        manifest = overflow(tenant, namespace, group, receiver, hour)
        key = f"{namespace}/{manifest['metadata']['name']}"
        batch = self._batches.get(key)
        if batch is None:
            batch = self._batches[key] = _Batch(asyncio.get_running_loop().create_future())
            task = asyncio.create_task(self._flush(key, manifest, batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        batch.count += 1
        batch.seen = merge(batch.seen, seen_alerts(group, resolved=False))
        await asyncio.shield(batch.done)

    async def _flush(self, key: str, manifest: dict[str, object], batch: _Batch) -> None:
        async with self._locks.setdefault(key, asyncio.Lock()):
            self._batches.pop(key, None)
            try:
                record, _ = await self._investigations.create(manifest)
                await self._investigations.update(record, lambda current: self._change(current, batch))
                batch.done.set_result(None)
            except ClusterError as error:
                batch.done.set_exception(error)

    def _change(self, record: Record, batch: _Batch) -> dict[str, object]:
        before = record.parsed.status.alert or AlertStatus()
        seen = merge(before.seen, batch.seen)
        return alert_change(
            AlertStatus(last_seen_at=self._clock(), count=before.count + batch.count, seen=seen), record
        )
