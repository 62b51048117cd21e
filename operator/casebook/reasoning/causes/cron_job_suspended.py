"""CronJobSuspended, JobSuspended: work that is not begun, because somebody suspended it."""

from collections.abc import Callable, Iterator

from casebook.analysis.access import count, text
from casebook.analysis.changes import edited
from casebook.analysis.signs import Sign
from casebook.analysis.things import Thing
from casebook.analysis.unending import suspended
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held, tested
from casebook.reasoning.checks.helpers import at
from casebook.reasoning.checks.planned import announcement
from casebook.reasoning.checks.waiting import waiting_for
from casebook.reasoning.situation import Situation


def _detector(kind: str, said: str) -> Callable[[Situation], Iterator[Candidate[Thing]]]:
    def detect(situation: Situation) -> Iterator[Candidate[Thing]]:
        for thing in situation.world.all(kind):
            if suspended(thing):
                edit = edited(thing, "spec", "suspend")
                by = f" by {edit.manager}{at(edit.at)}" if edit else ""
                waiters = [workload.ref for workload, _ in waiting_for(situation, thing.ref)]
                yield Candidate(
                    object=thing.ref,
                    statement=f"{situation.label(thing.ref)} is suspended{by}, so {said}",
                    harms=frozenset({thing.ref, *waiters}),
                    covers=frozenset({Sign.SUSPENDED, Sign.NOT_READY} if waiters else {Sign.SUSPENDED}),
                    about=thing,
                    since=edit.at if edit else None,
                    changed=edit.at if edit else None,
                )

    return detect


def _suspended(_: Situation, found: Candidate[Thing]) -> Finding:
    return held(found.about.cite("spec", "suspend"))


def _does_not_run(_: Situation, found: Candidate[Thing]) -> Finding:
    if found.object.kind == "Job":
        active = count(found.about.raw, "status", "active")
        return tested(not active, found.about.say(f"{active} pods are active"))
    last = text(found.about.raw, "status", "lastScheduleTime")
    return held(found.about.say(f"last scheduled: {last or 'never'}"))


def _asked_about(situation: Situation, found: Candidate[Thing]) -> Finding:
    if found.object in situation.focus:
        return held(found.about.cite("spec", "suspend"), note="it is what was asked about")
    waiters = [cite for _, cite in waiting_for(situation, found.object)]
    if waiters:
        return held(*waiters[:2], note="what was asked about waits for it")
    return UNTESTED if not situation.focus else failed(found.about.cite("spec", "suspend"), note="not asked about")


def _not_announced(_: Situation, found: Candidate[Thing]) -> Finding:
    said = announcement(found.about)
    return failed(said) if said else UNTESTED


def _steps(_: Situation, found: Candidate[Thing]) -> list[str]:
    place, name = found.object.namespace, found.object.name
    patch = '\'{"spec":{"suspend":false}}\''
    kind = found.object.kind.lower()
    return [f"kubectl patch {kind} -n {place} {name} -p {patch}   # ask first who suspended it and why"]


def _cause(code: str, kind: str, said: str, base_rate: float) -> Cause[Thing]:
    return Cause(
        code=code,
        means=f"A {kind} is suspended, so {said}.",
        names=kind,
        explains="work that is not done, data that grows old",
        base_rate=base_rate,
        detect=_detector(kind, said),
        predictions=(
            Prediction("it is suspended", _suspended, 250, -300),
            Prediction("it has not run since", _does_not_run, 60, -100),
            Prediction("it is what was asked about, or what that waits for", _asked_about, 200, -200),
            Prediction("it was not announced as planned", _not_announced, 0, -400),
        ),
        steps=_steps,
    )


CAUSES = (
    _cause("CronJobSuspended", "CronJob", "no Jobs start", 0.03),
    _cause("JobSuspended", "Job", "none of its pods start", 0.01),
)
