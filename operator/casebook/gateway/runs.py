"""The run API's service: fetch a run, keep its observations, take its report."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pydantic import JsonValue, ValidationError

from casebook.api.consultation import INSTALLED, Consultation
from casebook.api.enums import ConditionStatus, Reasoning
from casebook.api.investigation import Recurrence
from casebook.api.meta import TRACE_STORED
from casebook.api.names import PLATFORM_TENANT
from casebook.api.observation import Observation
from casebook.api.problems import first_problem
from casebook.api.report import Report
from casebook.api.run import Checkpoint, ObservationBatch, ReportEnvelope, ReportReceipt, Run
from casebook.api.spending import Spent
from casebook.evidence.redaction import redact
from casebook.gateway.accept import (
    accept,
    check_digests,
    check_incident,
    check_knowledge,
    check_scope,
    check_telling,
    without_secrets,
)
from casebook.gateway.claims import Claims, check_holder, is_finished
from casebook.gateway.directory import Namespaces
from casebook.gateway.errors import Problem, Stale
from casebook.gateway.given import Given
from casebook.gateway.history import History
from casebook.gateway.identity import Caller
from casebook.gateway.investigations import Investigations, Record, condition
from casebook.gateway.ledger import Ledger
from casebook.gateway.ports import TraceStore
from casebook.gateway.scene import run_of, visible
from casebook.gateway.trim import MAX_REPORT, MAX_STATUS, MIN_REPORT, size
from casebook.store.errors import StoreUnavailable

_SLACK = 13 << 10
"""Bytes for what is written with a report or after it: conditions, which occurrence it is, lessons, who follows it."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Held:
    """An attempt in the hands of its pod."""

    caller: Caller
    record: Record
    tenant: str
    run: Run
    namespaces: frozenset[str]


@dataclass(frozen=True)
class Sources:
    """What this installation has besides the cluster."""

    prometheus: bool = False
    model: bool = False


class Runs:
    """Serves the pod that holds an attempt. Raises `Problem`, and `ClusterError` where the API server is away."""

    def __init__(
        self,
        investigations: Investigations,
        claims: Claims,
        namespaces: Namespaces,
        given: Given,
        history: History,
        store: TraceStore | None,
        clock: Callable[[], datetime],
        sources: Sources,
        ledger: Ledger,
    ) -> None:
        self._sources = sources
        self._ledger = ledger
        self._investigations = investigations
        self._claims = claims
        self._namespaces = namespaces
        self._given = given
        self._history = history
        self._store = store
        self._clock = clock

    async def hold(self, caller: Caller) -> Held:
        """The caller's run, now its own. Raises `Stale` where another pod, attempt or tenant has it."""
        record = await self._claims.hold(caller)
        directory = await self._namespaces.current(knowing=caller.namespace)
        tenant = directory.tenant_of(caller.namespace)
        if tenant != caller.tenant:
            raise Stale(f"namespace {caller.namespace} has moved to another tenant")
        fresh = run_of(record, caller, directory).replace(
            prometheus=self._sources.prometheus, model=self._sources.model
        )
        run = self._given.held(caller.investigation_uid, caller.attempt) or fresh
        return Held(caller, record, tenant, run, frozenset(visible(tenant, directory)))

    async def begin(self, held: Held) -> Run:
        """What the agent is to do, with what it recalls; kept for replay where there is a store that answers."""
        directory = await self._namespaces.current(knowing=held.caller.namespace)
        return await self._given.give(held.run, held.tenant, directory)

    async def checkpoint(self, held: Held) -> Checkpoint:
        """Observations of earlier attempts; none where the store does not answer, since a run can do without."""
        if not self._store:
            return Checkpoint()
        try:
            await self._store.begin(held.tenant, held.run)
            return await self._store.resume(held.tenant, held.run.uid, held.run.attempt)
        except StoreUnavailable as error:
            _log.warning("an attempt begins anew", investigation=held.caller.name, error=str(error))
            return Checkpoint()

    async def record(self, held: Held, batch: ObservationBatch) -> None:
        """Keep observations, redacted once more. Raises `StoreUnavailable`."""
        if held.tenant != PLATFORM_TENANT:
            check_scope(batch.observations, held.namespaces)
        if self._store:
            clean = await asyncio.to_thread(_redacted, batch.observations)
            await self._store.append(held.tenant, held.run, batch.first, clean)

    async def report(self, held: Held, envelope: ReportEnvelope) -> tuple[ReportReceipt, Record]:
        """Take the report, then say whether its trace is stored, and how the Investigation stands now."""
        earlier = held.record.parsed.status.report
        envelope = _charged(envelope, earlier.cost.spent if earlier else await self._spent(held.tenant, held.run))
        if earlier is None and is_finished(held.record):
            raise Stale(f"investigation {held.caller.name} is finished")
        if earlier is None:
            given = await self._given.known(held.run, held.tenant)
            if given is not None:
                check_knowledge(envelope.report, given)
                check_incident(envelope.report, given)
            check_telling(envelope.telling, held.namespaces, everywhere=held.tenant == PLATFORM_TENANT)
            report = await asyncio.to_thread(accept, envelope.report, _budget(held.record))
        else:
            report = earlier
        envelope = envelope.replace(report=report, noticed=without_secrets(envelope.noticed))
        receipt = await self._keep(held, envelope, strict=earlier is None)
        told = await self._history.concluded(held.tenant, held.run, envelope) if receipt.trace_stored else None
        record = await self._investigations.update(
            held.record, lambda current: self._reported(current, held.caller, report, receipt, told)
        )
        return receipt, record

    async def _spent(self, tenant: str, run: Run) -> Spent | None:
        """What asking models for a run did cost; None where it could ask none, or that cannot be told."""
        if run.spec.reasoning is Reasoning.BUILT_IN:
            return None
        return await self._ledger.spent(tenant, run.uid)

    async def _keep(self, held: Held, envelope: ReportEnvelope, *, strict: bool) -> ReportReceipt:
        if not self._store:
            return ReportReceipt(
                trace_stored=False, retry=False, message="no database is configured, so no trace is kept"
            )
        try:
            stored = await self._store.digests(held.tenant, held.run.uid, held.run.attempt)
            if len(stored) != envelope.observations:
                text = (
                    f"{len(stored)} of {envelope.observations} observations are stored; send the rest, then the report"
                )
                return ReportReceipt(trace_stored=False, message=text)
            check_digests(envelope.report, stored)
            await self._store.finish(held.tenant, held.run, envelope)
        except StoreUnavailable as error:
            return ReportReceipt(trace_stored=False, message=f"the store cannot be used now: {error}")
        except Problem as problem:
            if strict:
                raise
            return ReportReceipt(trace_stored=False, retry=False, message=problem.message)
        return ReportReceipt(trace_stored=True)

    def _reported(
        self, current: Record, caller: Caller, report: Report, receipt: ReportReceipt, recurs: Recurrence | None
    ) -> dict[str, Any] | None:
        check_holder(current, caller)
        status = current.parsed.status
        if status.report is None and is_finished(current):
            raise Stale(f"investigation {caller.name} is finished")
        told = current.condition_of(TRACE_STORED)
        is_stored = told is not None and told.status is ConditionStatus.TRUE
        if status.report is not None and (is_stored or not receipt.trace_stored):
            return None
        flag, reason = (
            ("True", "Stored") if receipt.trace_stored else ("False", "Pending" if receipt.retry else "NoStore")
        )
        message = receipt.message or "The whole trace is stored; the investigation can be replayed."
        changed = condition(current, TRACE_STORED, flag, reason, message, self._clock())
        changed |= {"recurrence": recurs.wire()} if recurs else {}
        return changed if status.report is not None else {**changed, **_columns(report), "report": report.wire()}


def _charged(envelope: ReportEnvelope, spent: Spent | None) -> ReportEnvelope:
    """What is handed in with what models were charged for, in the report and in what a replay makes it of."""
    if spent is None or (envelope.consultation is None and not spent.calls):
        return envelope
    # An earlier attempt may have asked where this one did not.
    asked = envelope.consultation or Consultation(model=INSTALLED)
    report = envelope.report.replace(cost=envelope.report.cost.charging(spent))
    return envelope.replace(report=report, consultation=asked.replace(spent=spent))


def _columns(report: Report) -> dict[str, Any]:
    columns: dict[str, Any] = {"verdict": report.verdict.value}
    if report.root_causes:
        first = report.root_causes[0]
        columns |= {"cause": first.cause, "object": first.object, "confidencePercent": first.confidence_percent}
    return columns


def _budget(record: Record) -> int:
    """Bytes for the report, so that the whole status stays under its limit."""
    status = record.raw.get("status") or {}
    others = {name: value for name, value in status.items() if name != "report"}
    return max(MIN_REPORT, min(MAX_REPORT, MAX_STATUS - size(others) - _SLACK))


def _redacted(observations: Sequence[Observation]) -> list[Observation]:
    return [_clean(item) for item in observations]


def _clean(item: Observation) -> Observation:
    data: JsonValue = redact(item.data)
    message = str(redact(item.message))[:1024]
    try:
        return item if data == item.data and message == item.message else item.replace(data=data, message=message)
    except ValidationError as error:
        field, text = first_problem(error)
        raise Problem(422, text, f"observations[{item.id}].{field}") from error
