"""A run in a Job: what it is asked, what it saw and what it found go through the gateway."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from casebook.agent.gateway import GatewayClient, Unanswered
from casebook.agent.loop import HomeError
from casebook.api.observation import Observation, Query, Result
from casebook.api.problems import explain
from casebook.api.report import Report
from casebook.api.run import Checkpoint, ObservationBatch, ProjectedAnswer, ReportEnvelope, ReportReceipt, Run, Trace
from casebook.cluster.errors import ClusterError, Denied, NotFound, Unavailable
from casebook.cluster.resources import locate
from casebook.evidence.source import Reading, Source
from casebook.reasoning.replay import seen_by_the_way, told

MAX_BATCH = 100
MAX_BATCH_BYTES = 4 << 20
NAMESPACES = "namespaces"
PAUSE = 5.0
"""Seconds that a report or a checkpoint waits for a store that is away, and between two tries to store a trace."""

_FETCH_SECONDS = 60.0
"""How long an agent waits for a gateway that is not there yet; after that the attempt fails and is tried anew."""

_LOST = "trace lost, no replay"

log = logging.getLogger(__name__)

_Model = TypeVar("_Model", Run, Checkpoint, ReportReceipt, ProjectedAnswer)


class GatewayHome:
    """Implements `api.ports.Home`. Observations go out in the background, in order, while the run goes on."""

    def __init__(self, gateway: GatewayClient, *, pause: float = PAUSE) -> None:
        self._gateway = gateway
        self._pause = pause
        self._deadline = gateway.clock() + _FETCH_SECONDS
        self._run: Run | None = None
        self._kept: list[Observation] = []
        self._sent = 0
        self._sending: asyncio.Task[None] | None = None

    async def fetch(self) -> Run:
        """What is asked; asked once. From here on the budget of time counts."""
        if self._run is None:
            self._run = _parsed(Run, await self._gateway.call("GET", "/v1/run", until=self._deadline))
            self._deadline = self._gateway.clock() + self._run.spec.budget.seconds
        return self._run

    async def checkpoint(self) -> Checkpoint:
        """Observations of earlier attempts; none where the store does not answer soon, for then they are made anew."""
        try:
            soon = self._gateway.clock() + self._pause
            answer = await self._gateway.call("GET", "/v1/run/observations", until=min(self._deadline, soon))
        except Unanswered as error:
            log.warning("no checkpoint, begin anew", extra={"reason": str(error)})
            return Checkpoint()
        earlier = _parsed(Checkpoint, answer)
        # The gateway has taken them over into this attempt: they count, and are not sent again.
        self._kept = list(earlier.observations)
        self._sent = len(self._kept)
        return earlier

    async def record(self, observations: Sequence[Observation]) -> None:
        """Queue them to be sent. Raises what the gateway answered to earlier ones."""
        known = {observation.id for observation in self._kept}
        self._kept += [observation for observation in observations if observation.id not in known]
        if self._sending and self._sending.done():
            self._sending.result()
            self._sending = None
        if self._sending is None and self._sent < len(self._kept):
            self._sending = asyncio.create_task(self._send())

    async def finish(self, report: Report, trace: Trace) -> None:
        """Hand in the report; while the trace could not be stored, hand both in again until the deadline."""
        envelope = await asyncio.to_thread(_envelope, report, trace)
        receipt = await self._hand_in(envelope)
        while receipt.retry and not receipt.trace_stored:
            if self._gateway.clock() + self._pause >= self._deadline:
                log.warning(_LOST, extra={"reason": receipt.message})
                return
            await asyncio.sleep(self._pause)
            self._sent = 0
            try:
                receipt = await self._hand_in(envelope)
            except Unanswered as error:
                # The report was taken before; that its trace was not is no failure of the run.
                log.warning(_LOST, extra={"reason": str(error)})
                return

    async def _hand_in(self, envelope: ReportEnvelope) -> ReportReceipt:
        await self._drain()
        answer = await self._gateway.call("PUT", "/v1/run/report", envelope.wire(), until=self._deadline)
        return _parsed(ReportReceipt, answer)

    async def _drain(self) -> None:
        """Send what is left. Where the store is away the report does not wait for it."""
        task = self._sending or asyncio.create_task(self._send())
        self._sending = None
        done, _ = await asyncio.wait({task}, timeout=self._pause)
        if done:
            task.result()
        else:
            task.cancel()

    async def _send(self) -> None:
        while self._sent < len(self._kept):
            batch = _batch(self._kept[self._sent : self._sent + MAX_BATCH])
            body = ObservationBatch(first=self._sent, observations=batch).wire()
            try:
                await self._gateway.call("POST", "/v1/run/observations", body, until=self._deadline)
            except Unanswered as error:
                log.warning("observations not kept", extra={"first": self._sent, "reason": str(error)})
                return
            self._sent += len(batch)


class ProjectedSource:
    """What only the gateway may read, of which it shows a tenant what concerns it: cluster-scoped objects, metrics."""

    def __init__(self, gateway: GatewayClient, seconds: float = 10.0) -> None:
        self._gateway = gateway
        self._seconds = seconds

    async def read(self, query: Query) -> Reading:
        """The answer; what is withheld is named in the message. Raises `ClusterError`."""
        try:
            until = self._gateway.clock() + self._seconds
            answer = _parsed(
                ProjectedAnswer, await self._gateway.call("POST", "/v1/run/projected", query.wire(), until=until)
            )
        except Unanswered as error:
            raise Unavailable(str(error)) from error
        except HomeError as error:
            raise Denied(str(error)) from error
        if answer.result is not Result.OK:
            raise _FAILURES.get(answer.result, Unavailable)(answer.message)
        message = f"withheld: {'; '.join(answer.withheld)}" if answer.withheld else answer.message
        return Reading(answer.data, answer.truncated, answer.window, message)


class ScopedSource:
    """A tenant's Kubernetes objects: what is in a namespace directly, what is cluster-scoped projected.

    RBAC counts the Namespace object itself as standing in that namespace, so that the run's own ones are read directly.
    Of any other nothing is asked, lest the answer told whether it is there.
    """

    def __init__(self, namespaced: Source, projected: Source, namespaces: Collection[str]) -> None:
        self._namespaced = namespaced
        self._projected = projected
        self._namespaces = frozenset(namespaces)

    async def read(self, query: Query) -> Reading:
        """The answer of the one that may see it. Raises `ClusterError` or `Refused`."""
        if query.resource == NAMESPACES and query.name:
            if query.name not in self._namespaces:
                raise Denied(f"namespace {query.name} is not within what this run may see")
            return await self._namespaced.read(query)
        return await (self._namespaced if locate(query.resource).namespaced else self._projected).read(query)


_FAILURES: dict[Result, type[ClusterError]] = {Result.NOT_FOUND: NotFound, Result.DENIED: Denied}


def _envelope(report: Report, trace: Trace) -> ReportEnvelope:
    return ReportEnvelope(
        report=report,
        engine=trace.engine,
        stop=trace.stop,
        observations=len(trace.observations),
        milliseconds=trace.milliseconds,
        consultation=trace.consultation,
        telling=told(trace),
        noticed=seen_by_the_way(trace),
    )


def _batch(observations: Sequence[Observation]) -> list[Observation]:
    """The first of these that fit into one request, at least one."""
    size = 0
    for index, observation in enumerate(observations):
        size += observation.bytes
        if index and size > MAX_BATCH_BYTES:
            return list(observations[:index])
    return list(observations)


def _parsed(model: type[_Model], answer: dict[str, Any]) -> _Model:
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        raise HomeError(f"the gateway's {model.__name__} is not understood: {explain(error)}") from error
