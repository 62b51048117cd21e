"""ExpectedBehaviour: what was asked about is as it should be: work that is done, replicas that are not needed."""

from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import moment, text
from casebook.analysis.graph import scale_target
from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Workload, cite_condition, condition
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.situation import Situation

RESCALED, IDLE = "SuccessfulRescale", "All metrics below target"
"""How an autoscaler says that it took replicas away, and why."""


class Normal(NamedTuple):
    """A workload that is as it should be, and what says so."""

    workload: Workload
    said: str
    cite: Cite


def _detect(situation: Situation) -> Iterator[Candidate[Normal]]:
    for workload in situation.workloads:
        for item in (_done(situation, workload), _not_needed(situation, workload)):
            if item is not None and workload.ref in situation.focus:
                yield Candidate(
                    object=workload.ref,
                    statement=f"{situation.label(workload.ref)} {item.said}, as it should",
                    harms=frozenset({workload.ref}),
                    covers=frozenset(),
                    about=item,
                )


def _done(situation: Situation, workload: Workload) -> Normal | None:
    """A Job, or the newest one of a CronJob, whose work is done: its pods have ended for good."""
    if workload.ref.kind not in ("Job", "CronJob"):
        return None
    refs = [ref for ref in situation.world.family(workload) if ref.kind == "Job" and ref in situation.world.things]
    jobs = sorted((situation.world.things[ref] for ref in refs), key=lambda one: (str(one.created), one.ref))
    newest = jobs[-1] if jobs else None
    if newest is None or text(condition(newest, "Complete"), "status") != "True":
        return None
    at = moment(newest.raw, "status", "completionTime")
    said = f"did its work and ended{f' at {timestamp(at)}' if at else ''}; its pods do not run any more"
    return Normal(workload, said, cite_condition(newest, "Complete"))


def _not_needed(situation: Situation, workload: Workload) -> Normal | None:
    """Fewer replicas than before, because an autoscaler saw that there is little to do."""
    for scaler in situation.world.all("HorizontalPodAutoscaler", workload.ref.namespace):
        told = [one for one in situation.world.about(scaler.ref) if one.reason == RESCALED]
        if scale_target(scaler) == workload.ref and told and IDLE in told[-1].message:
            said = f"has {workload.desired} replicas, fewer than before, because its autoscaler saw little to do"
            return Normal(workload, said, told[-1].cite())
    return None


def _is_told(_: Situation, found: Candidate[Normal]) -> Finding:
    return held(found.about.cite)


def _has_what_it_wants(_: Situation, found: Candidate[Normal]) -> Finding:
    workload = found.about.workload
    if not workload.serves:
        return UNTESTED
    if workload.ready >= workload.desired > 0:
        return held(*(pod.cite_condition("Ready") for pod in workload.live[:2]))
    return failed(workload.thing.cite("status", "readyReplicas"))


def _nothing_deviates(situation: Situation, _: Candidate[Normal]) -> Finding:
    pressing = situation.pressing
    return failed(*pressing[0].cites[:2]) if pressing else UNTESTED


def _nobody_misses_it(situation: Situation, found: Candidate[Normal]) -> Finding:
    """What rests on it may be wrong though nothing of itself is."""
    ref: Ref = found.object
    reached = situation.graph.downstream([ref])
    others = [one for one in situation.symptoms if one.entity in reached]
    return failed(*others[0].cites[:1]) if others else UNTESTED


def _steps(_: Situation, found: Candidate[Normal]) -> list[str]:
    return [
        "Close or silence the alert; nothing needs mending now.",
        "Make the rule leave out pods that ended with success, and replicas that an autoscaler took away.",
        command("describe", found.object),
    ]


CAUSES = (
    Cause(
        code="ExpectedBehaviour",
        means="What was asked about is as it should be: its work is done, or it is not needed.",
        names="what was looked at",
        explains="pods that do not run any more, or are fewer than before, while nothing deviates",
        base_rate=0.05,
        detect=_detect,
        predictions=(
            Prediction("the Job or the autoscaler says so", _is_told, 350, -400),
            Prediction("all pods that it should have are ready", _has_what_it_wants, 50, -400),
            Prediction("nothing on the path deviates", _nothing_deviates, 0, -400),
            Prediction("nothing that rests on it deviates", _nobody_misses_it, 0, -400),
        ),
        steps=_steps,
        fault=False,
    ),
)
