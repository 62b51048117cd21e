"""Alert groups become Investigations. Returns only once the API server has them; every failure is worth a retry."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from casebook.api.names import group_hash
from casebook.cluster.errors import ClusterError, Denied, NotFound, Unavailable
from casebook.gateway.config import GatewayConfig, Receiver
from casebook.gateway.directory import Directory, Namespaces
from casebook.gateway.episodes import Begin, Decision, Ignore, Note, decide, opened
from casebook.gateway.groups import NAMESPACE, Group, split
from casebook.gateway.investigations import Investigations, Record, alert_change
from casebook.gateway.manifest import investigation
from casebook.gateway.payload import Payload
from casebook.gateway.queue import Overflow, Queue

_RACES = 6
_SIDE_BY_SIDE = 24
"""Groups written at once; below the client's pool of connections, so that reads still get through."""


class Outcome(StrEnum):
    """What became of one alert group."""

    CREATED = "created"
    UPDATED = "updated"
    IGNORED = "ignored"
    OVERFLOW = "overflow"


class Intake:
    """Takes notifications. Raises `ClusterError`; a retry of the same notification is harmless."""

    def __init__(
        self,
        investigations: Investigations,
        namespaces: Namespaces,
        queue: Queue,
        overflow: Overflow,
        config: GatewayConfig,
        clock: Callable[[], datetime],
    ) -> None:
        self._investigations = investigations
        self._namespaces = namespaces
        self._queue = queue
        self._overflow = overflow
        self._config = config
        self._clock = clock
        self._slots = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def take(self, receiver: Receiver, payload: Payload) -> Counter[Outcome]:
        """Place every group of the notification, then say what became of each; the first failure is raised."""
        directory = await self._directory(payload)
        groups = split(payload, lambda named: directory.place(receiver, named))
        results = await asyncio.gather(
            *(self._guarded(receiver, group, directory) for group in groups), return_exceptions=True
        )
        outcomes: Counter[Outcome] = Counter()
        for result in results:
            if isinstance(result, BaseException):
                raise result
            outcomes[result] += 1
        return outcomes

    async def _directory(self, payload: Payload) -> Directory:
        directory = await self._namespaces.current()
        for named in {alert.labels.get(NAMESPACE, "") for alert in payload.alerts} - {""}:
            if directory.tenant_of(named) is None:
                return await self._namespaces.current(knowing=named)
        return directory

    async def _guarded(self, receiver: Receiver, group: Group, directory: Directory) -> Outcome:
        async with self._slots:
            try:
                return await self._place(receiver, group, directory)
            except (Denied, NotFound) as error:
                # The namespace is going away, or nobody let the gateway in: the next try goes to the default one.
                lasting = group.namespace != receiver.default_namespace and self._namespaces.refused(group.namespace)
                where = f" (next: {receiver.default_namespace})" if lasting else ""
                raise Unavailable(f"cannot create in {group.namespace}: {error.message}{where}", 1.0) from error
            except Unavailable:
                raise
            except ClusterError as error:
                raise Unavailable(f"the API server refused: {error.message}") from error

    async def _place(self, receiver: Receiver, group: Group, directory: Directory) -> Outcome:
        key = group_hash(receiver.name, group.group_key, group.namespace)
        met: dict[str, Record] = {}
        for _ in range(_RACES):
            met |= {record.name: record for record in await self._investigations.episodes(group.namespace, key)}
            records = sorted(met.values(), key=lambda record: record.episode.number)
            match decide([record.episode for record in records], group, self._clock()):
                case Ignore():
                    return Outcome.IGNORED
                case Note():
                    if await self._noted(records, group):
                        return Outcome.UPDATED
                case Begin(number):
                    if await self._over_limit(receiver, group, directory):
                        return Outcome.OVERFLOW
                    reasoning = self._config.models.reasoning_of(_tenant(group, directory))
                    manifest = investigation(group, receiver.name, number, self._config.lookback_seconds, reasoning)
                    record, created = await self._investigations.create(manifest)
                    met[record.name] = record
                    if created and await self._opened([*records, record], group):
                        return Outcome.CREATED
        raise Unavailable(f"others keep writing the episodes of group {key}", 1.0)

    async def _opened(self, records: list[Record], group: Group) -> bool:
        """Note the group that opened the latest of these; False where that episode has ended meanwhile.

        A group of one alert stands whole in what was created: in a storm of them that halves the writes.
        """
        note = opened(group, self._clock())
        return records[-1].episode.alert.seen == note.seen or await self._noted(records, group, Note(note))

    async def _noted(self, records: list[Record], group: Group, first: Note | None = None) -> bool:
        """Note the group on the latest of these, as `first` where nothing was noted; False where that has ended."""
        *earlier, latest = records
        before = [record.episode for record in earlier]
        decision: Decision = Ignore()

        def change(current: Record) -> dict[str, object] | None:
            nonlocal decision
            untouched = current.parsed.status.alert is None
            decision = (untouched and first) or decide([*before, current.episode], group, self._clock())
            return alert_change(decision.alert, current) if isinstance(decision, Note) else None

        await self._investigations.update(latest, change)
        return not isinstance(decision, Begin)

    async def _over_limit(self, receiver: Receiver, group: Group, directory: Directory) -> bool:
        """Whether the tenant's queue is full, and the group then counted."""
        tenant = _tenant(group, directory)
        if await self._queue.admits(tenant, directory):
            return False
        allowed = [name for name in directory.namespaces_of(tenant) if directory.place(receiver, name) == name]
        await self._overflow.count(tenant, min(allowed, default=group.namespace), group, receiver.name)
        return True


def _tenant(group: Group, directory: Directory) -> str:
    return directory.tenant_of(group.namespace) or group.namespace
