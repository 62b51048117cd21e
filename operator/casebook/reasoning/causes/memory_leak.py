"""MemoryLeak: a container grows until it is killed at a limit that used to be enough."""

from collections.abc import Iterator
from datetime import timedelta

from casebook.analysis.access import moment, text
from casebook.analysis.changes import PROGRAM
from casebook.analysis.robust import climbs, teeth
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.deviations import nearing
from casebook.reasoning.checks.helpers import (
    Subject,
    changed_part,
    cite_rollout,
    containers,
    only,
    program_changed,
    undo,
)
from casebook.reasoning.situation import Situation

LONG = timedelta(seconds=20)
LIMIT = ".resources.limits.memory"
MIB = 1 << 20


def _detect(situation: Situation) -> Iterator[Candidate[Subject]]:
    for workload, _, container in containers(situation):
        subject = Subject(workload, container)
        killed = text(container.ended, "reason") == "OOMKilled"
        if not workload.serves or not (killed or _near(situation, subject)):
            continue
        rolled = changed_part(situation, subject, *PROGRAM)
        since = f" since revision {rolled.new.number}" if rolled else ""
        yield Candidate(
            object=workload.ref,
            statement=f"{subject.said(situation)} grows until it is killed at its memory limit{since}",
            harms=only(workload.ref),
            covers=frozenset({Sign.KILLED, Sign.CRASH, Sign.NOT_READY, Sign.NEAR_LIMIT}),
            about=subject,
            changed=rolled.at if rolled else None,
        )


def _near(situation: Situation, subject: Subject) -> tuple[str, Cite] | None:
    memory = situation.measured("memory", subject.workload)
    return nearing(subject.container, memory) if memory else None


def _near_limit(situation: Situation, found: Candidate[Subject]) -> Finding:
    near = _near(situation, found.about)
    return held(near[1], note=near[0]) if near else UNTESTED


def _lives_long(_: Situation, found: Candidate[Subject]) -> Finding:
    container = found.about.container
    began, ended = moment(container.ended, "startedAt"), container.ended_at
    if not began or not ended:
        return UNTESTED
    lived = ended - began
    cite, note = container.cite_ended(), f"it lived {lived.total_seconds():.0f} s"
    return held(cite, note=note) if lived >= LONG else failed(cite, note=note)


def _limit_the_same(situation: Situation, found: Candidate[Subject]) -> Finding:
    rolled = changed_part(situation, found.about, LIMIT)
    return failed(cite_rollout(rolled, LIMIT)) if rolled else UNTESTED


def _climbs(situation: Situation, found: Candidate[Subject]) -> Finding:
    """The saw tooth of a leak: it climbs, is killed, and climbs again from the bottom."""
    memory = situation.measured("memory", found.about.workload)
    for series in memory.of(found.about.container) if memory else ():
        climbing = [span for span in teeth(series.values) if climbs(series.values[slice(*span)])]
        if memory and climbing:
            said = f"memory climbs steadily to {series.highest / MIB:.0f} MiB, {len(climbing)} times in this span"
            return held(memory.curve.cite(said, series))
    return UNTESTED


def _steps(_: Situation, found: Candidate[Subject]) -> list[str]:
    return [undo(found.about.workload), "Take a heap profile; raising the limit only makes the intervals longer."]


CAUSES = (
    Cause(
        code="MemoryLeak",
        means="Memory grows with time or requests until the limit; began with a revision.",
        names="workload (revision)",
        explains="containers killed every few minutes, latency before each kill",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            Prediction("it serves for a while before it is killed", _lives_long, 200, -300),
            Prediction("the limit is what it was", _limit_the_same, 0, -300),
            Prediction("it is about to reach its limit", _near_limit, 150, 0, metered=True),
            Prediction("its memory climbs steadily until it is killed", _climbs, 220, 0, metered=True),
            Prediction("the program is new", program_changed, 180, 0),
        ),
        steps=_steps,
    ),
)
