"""Tells the webhook of a receiver how each of its investigations ended, once over all replicas.

A replica first takes the delivery by compare-and-set. One that dies meanwhile, or whose tries all failed, is followed
after the lease by whichever replica looks next; the receiver knows a repeat by its delivery id.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import structlog

from casebook.api.enums import ConditionStatus
from casebook.cluster.errors import ClusterError
from casebook.gateway.config import Receiver
from casebook.gateway.investigations import Investigations, Record
from casebook.gateway.metrics import Metrics
from casebook.gateway.notice import due, expired, noted
from casebook.gateway.outbox import Outbox, Outcome, Sent

_STATUS = {
    Outcome.DELIVERED: ConditionStatus.TRUE,
    Outcome.RETRYING: ConditionStatus.UNKNOWN,
    Outcome.UNDELIVERABLE: ConditionStatus.FALSE,
    Outcome.EXPIRED: ConditionStatus.FALSE,
}
_log = structlog.get_logger(__name__)


class Notifier:
    """Delivers in the background; `close` waits for what is under way."""

    def __init__(
        self,
        receivers: Mapping[str, Receiver],
        investigations: Investigations,
        outbox: Outbox,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._receivers = receivers
        self._investigations = investigations
        self._outbox = outbox
        self._metrics = metrics
        self._clock = clock
        self._tasks: set[asyncio.Task[Outcome | None]] = set()

    def offer(self, record: Record) -> None:
        """Deliver this one, if its receiver wants to be told and nobody has done it or is doing it."""
        self._start([record])

    async def tell(self, records: Iterable[Record]) -> set[Outcome]:
        """As `offer`, side by side, and wait: what became of those that were this replica's to deliver."""
        tasks = self._start(records)
        if tasks:
            await asyncio.wait(tasks)
        return {outcome for task in tasks if (outcome := task.result())}

    async def close(self, seconds: float) -> None:
        """Wait for deliveries under way, at most so long; what is left is delivered by another replica."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()

    def _start(self, records: Iterable[Record]) -> list[asyncio.Task[Outcome | None]]:
        started = []
        for record in records:
            receiver = self._receiver(record)
            if receiver is not None and receiver.outbound and due(record, self._clock()):
                task = asyncio.create_task(self._deliver(receiver, receiver.outbound.url, record))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                started.append(task)
        return started

    def _receiver(self, record: Record) -> Receiver | None:
        alert = record.parsed.spec.alert
        return self._receivers.get(alert.receiver) if alert else None

    async def _deliver(self, receiver: Receiver, url: str, record: Record) -> Outcome | None:
        try:
            mine = await self._taken(record)
            if mine is None:
                return None
            late = expired(mine, self._clock())
            sent = Sent(Outcome.EXPIRED) if late else await self._outbox.send(receiver, url, mine)
            await self._note(receiver, mine, sent)
        except ClusterError as error:
            _log.warning("cannot note a delivery", receiver=receiver.name, error=error.message)
            return None
        self._metrics.outbound.labels(receiver.name, sent.outcome.lower()).inc()
        return sent.outcome

    async def _taken(self, record: Record) -> Record | None:
        """The record, now this replica's to deliver; None where another one was faster."""
        mine = False

        def change(current: Record) -> dict[str, Any] | None:
            nonlocal mine
            mine = due(current, self._clock())
            return (
                noted(current, ConditionStatus.UNKNOWN, "Sending", "Being delivered.", self._clock()) if mine else None
            )

        fresh = await self._investigations.update(record, change)
        return fresh if mine else None

    async def _note(self, receiver: Receiver, record: Record, sent: Sent) -> None:
        message = {
            Outcome.DELIVERED: f"Receiver {receiver.name} was told.",
            Outcome.EXPIRED: f"It ended too long ago; receiver {receiver.name} is not told any more.",
        }.get(sent.outcome, sent.error)
        await self._investigations.update(
            record,
            lambda current: noted(current, _STATUS[sent.outcome], sent.outcome, message, self._clock()),
        )
