"""Tells a receiver's webhook what an investigation found: signed, retried, sent by one replica.

The replica that took the report sends it. One that dies meanwhile is followed by the one that the agent asks next.
"""

import asyncio
import hmac
import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import aiohttp
import structlog

from casebook.api.meta import NOTIFIED, Condition
from casebook.cluster.errors import ClusterError
from casebook.gateway.config import Receiver
from casebook.gateway.investigations import Investigations, Record, condition
from casebook.gateway.metrics import Metrics
from casebook.gateway.tokens import TokenFiles

SIGNATURE = "X-Casebook-Signature"
DELIVERY = "X-Casebook-Delivery"
LEASE = timedelta(minutes=5)
"""How long a replica has to deliver before another may take over."""
_PAUSES = (0.0, 1.0, 3.0, 9.0, 27.0, 60.0)
_SENDING = "Sending"
_log = structlog.get_logger(__name__)


class Notifier:
    """Delivers in the background; `close` waits for what is under way."""

    def __init__(
        self,
        receivers: Mapping[str, Receiver],
        tokens: TokenFiles,
        investigations: Investigations,
        http: aiohttp.ClientSession,
        metrics: Metrics,
        clock: Callable[[], datetime],
        pauses: tuple[float, ...] = _PAUSES,
    ) -> None:
        self._receivers = receivers
        self._tokens = tokens
        self._investigations = investigations
        self._http = http
        self._metrics = metrics
        self._clock = clock
        self._pauses = pauses
        self._tasks: set[asyncio.Task[None]] = set()

    def offer(self, record: Record) -> None:
        """Deliver this one, if its receiver wants to be told and nobody has done it or is doing it."""
        receiver = self._receiver(record)
        if receiver is None or not due(record, self._clock()):
            return
        task = asyncio.create_task(self._deliver(receiver, record))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, seconds: float) -> None:
        """Wait for deliveries under way, at most so long; what is left is delivered by another replica."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()

    def _receiver(self, record: Record) -> Receiver | None:
        alert = record.parsed.spec.alert
        receiver = self._receivers.get(alert.receiver) if alert else None
        return receiver if receiver and receiver.outbound else None

    async def _deliver(self, receiver: Receiver, record: Record) -> None:
        try:
            claimed = await self._claimed(record)
            if claimed is None or receiver.outbound is None:
                return
            error = await self._send(receiver, receiver.outbound.url, claimed)
            flag, reason = ("False", "Undeliverable") if error else ("True", "Delivered")
            message = error or f"Receiver {receiver.name} was told."
            await self._investigations.update(
                claimed, lambda current: condition(current, NOTIFIED, flag, reason, message, self._clock())
            )
            self._metrics.outbound.labels(receiver.name, reason.lower()).inc()
        except ClusterError as error:
            _log.warning("cannot note a delivery", receiver=receiver.name, error=error.message)

    async def _claimed(self, record: Record) -> Record | None:
        """The record, now this replica's to deliver; None where another one was faster."""
        mine = False

        def change(current: Record) -> dict[str, Any] | None:
            nonlocal mine
            mine = due(current, self._clock())
            status = ("Unknown", _SENDING, "Being delivered.")
            return condition(current, NOTIFIED, *status, self._clock(), moved=True) if mine else None

        fresh = await self._investigations.update(record, change)
        return fresh if mine else None

    async def _send(self, receiver: Receiver, url: str, record: Record) -> str:
        """What went wrong at last, or nothing."""
        body = json.dumps(notice(record), ensure_ascii=False).encode("utf-8", "replace")
        error = ""
        for pause in self._pauses:
            await asyncio.sleep(pause)
            try:
                headers = self._headers(receiver, record, body)
                async with self._http.post(url, data=body, headers=headers, allow_redirects=False) as response:
                    if response.status < 300:
                        return ""
                    error = f"the webhook of receiver {receiver.name} answered {response.status}"
                    if response.status < 500 and response.status not in (408, 425, 429):
                        break
            except (aiohttp.ClientError, TimeoutError, OSError) as problem:
                error = f"the webhook of receiver {receiver.name} cannot be reached: {type(problem).__name__}"
        _log.warning("not delivered", receiver=receiver.name, error=error)
        return error

    def _headers(self, receiver: Receiver, record: Record, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", DELIVERY: record.parsed.metadata.uid}
        key = self._tokens.secret(f"{receiver.name}.outbound")
        return headers | ({SIGNATURE: signature(key, int(time.time()), body)} if key else {})


def due(record: Record, now: datetime) -> bool:
    """Whether there is a report that nobody was told of, and no replica is at it."""
    told = _notified(record)
    if told is None:
        return record.parsed.status.report is not None
    return told.reason == _SENDING and now - told.last_transition_time > LEASE


def signature(key: bytes, moment: int, body: bytes) -> str:
    """`t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`; the time lets the other side refuse replays."""
    signed = hmac.new(key, f"{moment}.".encode() + body, sha256).hexdigest()
    return f"t={moment},v1={signed}"


def notice(record: Record) -> dict[str, Any]:
    """What is told: where the investigation is, what it found, and for which alert."""
    metadata, spec, status = record.parsed.metadata, record.parsed.spec, record.parsed.status
    report = status.report
    return {
        "version": "1",
        "event": "InvestigationFinished",
        "investigation": {"namespace": metadata.namespace, "name": metadata.name, "uid": metadata.uid},
        "link": f"{metadata.namespace}/{metadata.name}",
        "command": f"kubectl get inv -n {metadata.namespace} {metadata.name} -o yaml",
        "verdict": status.verdict.value if status.verdict else None,
        "cause": status.cause,
        "object": status.object,
        "confidencePercent": status.confidence_percent,
        "summary": report.summary if report else "",
        "alert": {"labels": dict(spec.alert.labels), "groupKey": spec.alert.group_key} if spec.alert else None,
    }


def _notified(record: Record) -> Condition | None:
    return next((item for item in record.parsed.status.conditions if item.type == NOTIFIED), None)
