"""Which pod holds an attempt. The first one that calls takes it by compare-and-set; all others are refused."""

from collections.abc import Callable
from datetime import datetime

from casebook.api.enums import ConditionStatus
from casebook.api.meta import CLAIMED, FINISHED
from casebook.cluster.errors import NotFound
from casebook.gateway.errors import Stale
from casebook.gateway.identity import Caller
from casebook.gateway.investigations import Investigations, Record, condition

_REASON = "Attempt"


class Claims:
    """Hands an attempt to its first pod. Raises `Stale` for every other, and `ClusterError`."""

    def __init__(self, investigations: Investigations, clock: Callable[[], datetime]) -> None:
        self._investigations = investigations
        self._clock = clock

    async def hold(self, caller: Caller) -> Record:
        """The Investigation as it is now, held by the caller."""
        try:
            record = await self._investigations.get(caller.namespace, caller.name)
            return await self._investigations.update(record, lambda current: self._claim(current, caller))
        except NotFound as error:
            raise Stale(f"investigation {caller.name} is gone") from error

    def _claim(self, record: Record, caller: Caller) -> dict[str, object] | None:
        check_holder(record, caller, or_free=True)
        if holder(record) == (caller.attempt, caller.pod_uid):
            return None
        if is_finished(record):
            raise Stale(f"investigation {caller.name} is finished")
        message = f"Pod {caller.pod} is the one whose writes are taken."
        status = condition(record, CLAIMED, "True", f"{_REASON}{caller.attempt}", message, self._clock(), moved=True)
        return {**status, "attemptPodUID": caller.pod_uid}


def check_holder(record: Record, caller: Caller, *, or_free: bool = False) -> None:
    """Raise `Stale` unless the caller holds the current attempt, or may still take it."""
    metadata, status = record.parsed.metadata, record.parsed.status
    if metadata.uid != caller.investigation_uid:
        raise Stale(f"investigation {caller.name} was deleted and made anew")
    if status.attempt != caller.attempt:
        raise Stale(f"attempt {caller.attempt} is stale: attempt {status.attempt or 0} is the current one")
    attempt, pod_uid = holder(record)
    free = or_free and attempt != caller.attempt
    if not free and (attempt, pod_uid) != (caller.attempt, caller.pod_uid):
        raise Stale(f"another pod holds attempt {caller.attempt}")


def holder(record: Record) -> tuple[int, str]:
    """The attempt that was last claimed, and the UID of the pod that did; (0, "") before the first."""
    claim = record.condition_of(CLAIMED)
    number = claim.reason.removeprefix(_REASON) if claim else ""
    return (int(number), record.parsed.status.attempt_pod_uid or "") if number.isdecimal() else (0, "")


def claimed_at(record: Record) -> datetime:
    """When the current attempt was claimed: the clock of its reasoning."""
    moments = [item.last_transition_time for item in record.parsed.status.conditions if item.type == CLAIMED]
    return moments[0]


def is_finished(record: Record) -> bool:
    """Whether the controller has closed the investigation, with or without a report."""
    end = record.condition_of(FINISHED)
    return end is not None and end.status is ConditionStatus.TRUE
