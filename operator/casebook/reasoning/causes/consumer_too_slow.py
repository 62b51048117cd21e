"""ConsumerTooSlow: work comes in faster than it is taken out; a backlog grows without errors."""

from collections.abc import Iterator
from dataclasses import dataclass

from casebook.analysis.changes import Rollout, rollout
from casebook.analysis.curves import shown
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.helpers import cite_rollout, command, only, troubles, undo
from casebook.reasoning.measuring import Measured, measured
from casebook.reasoning.situation import Situation

FELL = 0.7


@dataclass(frozen=True)
class Consumer:
    """A workload that calls the one with the backlog, and what may have made it slower."""

    workload: Workload
    backlog: Symptom
    fresh: Rollout | None


def _detect(situation: Situation) -> Iterator[Candidate[Consumer]]:
    for backlog in situation.symptoms:
        if backlog.sign is not Sign.BACKLOG:
            continue
        for ref in sorted(backlog.peers):
            yield _candidate(situation, situation.world.workloads[ref], backlog)


def _candidate(situation: Situation, workload: Workload, backlog: Symptom) -> Candidate[Consumer]:
    rolled = rollout(workload)
    fresh = rolled if rolled and rolled.telling and rolled.at >= situation.world.begin else None
    since = f" since its revision {fresh.new.number}" if fresh else ""
    return Candidate(
        object=workload.ref,
        statement=f"{situation.label(workload.ref)} takes work from {situation.label(backlog.entity)} more slowly than "
        f"it comes in{since}: {backlog.said}",
        harms=only(workload.ref) | {backlog.entity},
        covers=frozenset({Sign.BACKLOG}),
        about=Consumer(workload, backlog, fresh),
        since=None if fresh else backlog.since,
        changed=fresh.at if fresh else None,
    )


def _grows(_: Situation, found: Candidate[Consumer]) -> Finding:
    return held(*found.about.backlog.cites)


def _takes_less(situation: Situation, found: Candidate[Consumer]) -> Finding:
    done = measured(situation.world, "done", found.about.workload)
    change = done.total.shift(situation.world.begin) if done else None
    if done is None:
        return UNTESTED
    if change and change.after <= FELL * change.before:
        return held(done.cite(f"it finishes {shown(change.after)} a second, before {shown(change.before)}"))
    return failed(done.cite("it finishes as much as before"))


def _changed(_: Situation, found: Candidate[Consumer]) -> Finding:
    return held(cite_rollout(found.about.fresh)) if found.about.fresh else UNTESTED


def _no_errors(situation: Situation, found: Candidate[Consumer]) -> Finding:
    said = troubles(situation, found.about.workload)
    if said:
        return failed(said[0].cite())
    logs = [log for log in situation.world.logs_of(found.about.workload) if not log.previous]
    return held(logs[0].summary()) if logs else UNTESTED


def _no_more_comes_in(situation: Situation, found: Candidate[Consumer]) -> Finding:
    """More work than before is no fault of the consumer."""
    asked = [one for ref in sorted(found.about.backlog.peers) if (one := _requests(situation, ref))]
    for one in asked:
        change = one.total.shift(situation.world.begin)
        if change and change.ratio >= 1 / FELL:
            return failed(one.cite(f"{shown(change.before)} -> {shown(change.after)} requests a second come in"))
    return held(asked[0].cite("no more requests come in than before")) if asked else UNTESTED


def _requests(situation: Situation, ref: Ref) -> Measured | None:
    return measured(situation.world, "traffic", situation.world.workloads[ref])


def _steps(_: Situation, found: Candidate[Consumer]) -> list[str]:
    return [
        undo(found.about.workload),
        command("scale", found.object, "--replicas=<more>   # if the work may be done side by side"),
        command("logs", found.object, "--tail=100   # what it does with each piece of work"),
    ]


CAUSES = (
    Cause(
        code="ConsumerTooSlow",
        means="A backlog grows without errors, because work is taken out more slowly than it comes in.",
        names="workload or ConfigMap",
        explains="a queue that grows, work that is done late",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("the backlog grows", _grows, 200, -300),
            Prediction("it finishes less than before", _takes_less, 250, -150),
            Prediction("a new revision of it runs", _changed, 150, 0),
            Prediction("no errors go on in its log", _no_errors, 60, -150),
            Prediction("no more work comes in than before", _no_more_comes_in, 60, -200),
        ),
        steps=_steps,
    ),
)
