"""QueryRegression: a database is slow on statements of one shape that it answered in time before."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.logs import Entry, Log
from casebook.analysis.signs import Sign
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command, only, workload_logs_wanted
from casebook.reasoning.checks.slowness import is_slow_statement
from casebook.reasoning.situation import Situation

FEW_SHAPES = 3
BEFORE, QUIET = 10, timedelta(seconds=30)
"""How much must have been logged without a slow statement for the first one to count as new."""


class Slow(NamedTuple):
    """The log of a database, and its entries that tell of a slow statement."""

    workload: Workload
    log: Log
    entries: tuple[Entry, ...]

    @property
    def shapes(self) -> list[str]:
        """The different statements, numbers and literals left out."""
        return list(dict.fromkeys(one.template for one in self.entries))


def _detect(situation: Situation) -> Iterator[Candidate[Slow]]:
    for workload in situation.workloads:
        for log in situation.world.logs_of(workload):
            entries = tuple(one for one in log.entries if not log.previous and is_slow_statement(one))
            first = next((one.at for one in entries if one.at), None)
            if first is None:
                continue
            yield Candidate(
                object=workload.ref,
                statement=f"{situation.label(workload.ref)} is slow on a statement since {timestamp(first)}: "
                f"{entries[-1].message[:200]}",
                harms=only(workload.ref),
                covers=frozenset({Sign.BACKLOG, Sign.VAGUE, Sign.ERRORS, Sign.NOT_READY}),
                about=Slow(workload, log, entries),
                since=first,
            )


def _again_and_again(_: Situation, found: Candidate[Slow]) -> Finding:
    slow = found.about
    cite = slow.log.cite(*slow.entries[-2:])
    return held(cite, note=f"{len(slow.entries)} times") if len(slow.entries) > 1 else failed(cite, note="only once")


def _of_one_shape(_: Situation, found: Candidate[Slow]) -> Finding:
    slow, shapes = found.about, found.about.shapes
    if len(shapes) <= FEW_SHAPES:
        return held(slow.log.cite(slow.entries[0]))
    return failed(slow.log.cite(*slow.entries[:3]), note="statements of all kinds are slow: it is short of something")


def _not_before(situation: Situation, found: Candidate[Slow]) -> Finding:
    slow, onset, first = found.about, situation.onset, found.since
    if first is None or slow.log.began is None:
        return UNTESTED
    if onset is not None and first < onset - timedelta(minutes=5):
        return failed(slow.log.cite(slow.entries[0]), note="it was slow long before the trouble began")
    earlier = [one for one in slow.log.entries if one.at and one.at < first]
    known = len(earlier) >= BEFORE and first - slow.log.began >= QUIET
    return held(slow.log.summary(), slow.log.cite(slow.entries[0])) if known else UNTESTED


def _waits_for_no_lock(_: Situation, found: Candidate[Slow]) -> Finding:
    waits = [one for one in found.about.log.entries if failures.LOCKED in one.kinds]
    return failed(found.about.log.cite(waits[-1])) if waits else UNTESTED


def _logs(_: Situation, found: Candidate[Slow]) -> list[Query]:
    return workload_logs_wanted(found.about.workload)


def _steps(_: Situation, found: Candidate[Slow]) -> list[str]:
    return [
        "EXPLAIN (ANALYZE, BUFFERS) the statement that the log quotes: does it use the index that it used before?",
        "ANALYZE the tables that it reads; statistics grow old after large loads and upgrades.",
        "Look for a release, a migration or a dropped index from just before the first slow statement.",
        command("logs", found.object, "--tail=100"),
    ]


CAUSES = (
    Cause(
        code="QueryRegression",
        means="A database is slow on statements that were quick before: a lost index, a new plan, a new query.",
        names="workload",
        explains="slow answers and timeouts of everything that asks the database, while it is up and has room",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("its log names slow statements again and again", _again_and_again, 300, -250),
            Prediction("they are of one shape, or of a few", _of_one_shape, 100, -250),
            Prediction("they were not slow before", _not_before, 200, -300, _logs),
            Prediction("they wait for no lock", _waits_for_no_lock, 0, -300),
        ),
        steps=_steps,
    ),
)
