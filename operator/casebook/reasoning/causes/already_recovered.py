"""AlreadyRecovered, StaleAlert: what the alert speaks of is over; the workload is well and stays up."""

from collections.abc import Iterator
from datetime import timedelta

from casebook.api.base import timestamp
from casebook.reasoning.cause import Candidate, Cause
from casebook.reasoning.checks.calm import PREDICTIONS, Past, past, steps
from casebook.reasoning.situation import Situation

OLD = timedelta(minutes=15)


def _is_old(situation: Situation, item: Past) -> bool:
    return item.last is None or situation.world.now - item.last > OLD


def _candidate(situation: Situation, item: Past, said: str) -> Candidate[Past]:
    restarts = sum(one.restarts for one in item.ended)
    last = f", the last one at {timestamp(item.last)}" if item.last else ""
    return Candidate(
        object=item.workload.ref,
        statement=f"{situation.label(item.workload.ref)} {said}: {restarts} restarts{last}; "
        f"{item.workload.ready} of {item.workload.desired} pods are ready and stay up",
        harms=frozenset({item.workload.ref}),
        covers=frozenset(),
        about=item,
        since=item.last,
    )


def _stale(situation: Situation) -> Iterator[Candidate[Past]]:
    for item in past(situation):
        if _is_old(situation, item):
            yield _candidate(situation, item, "had trouble long ago and is well")


def _recovered(situation: Situation) -> Iterator[Candidate[Past]]:
    for item in past(situation):
        if not _is_old(situation, item):
            yield _candidate(situation, item, "recovered by itself")


CAUSES = (
    Cause(
        code="AlreadyRecovered",
        means="What the alert speaks of was real and is over.",
        names="what was looked at",
        explains="restarts that are counted although nothing is wrong now",
        base_rate=0.1,
        detect=_recovered,
        predictions=PREDICTIONS,
        steps=steps,
        fault=False,
    ),
    Cause(
        code="StaleAlert",
        means="The alert counts something that happened long ago.",
        names="what was looked at",
        explains="old restarts on a workload that is well",
        base_rate=0.1,
        detect=_stale,
        predictions=PREDICTIONS,
        steps=steps,
        fault=False,
    ),
)
