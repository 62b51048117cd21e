"""SchedulerDown: pods wait, and no scheduler has even looked at them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from casebook.analysis.access import moment, text
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Pod, Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.situation import Situation

PATIENCE = timedelta(seconds=20)
DEFAULT = "default-scheduler"
COMPONENT = Ref("Component", "", "kube-scheduler")


@dataclass(frozen=True)
class Overlooked:
    """Pods of one scheduler that it has said nothing of."""

    scheduler: str
    pods: tuple[Pod, ...]


def _detect(situation: Situation) -> Iterator[Candidate[Overlooked]]:
    found: dict[str, list[tuple[Workload, Pod]]] = {}
    for workload in situation.workloads:
        for pod in workload.live:
            if pod.overlooked and _has_waited(situation, pod):
                found.setdefault(text(pod.thing.raw, "spec", "schedulerName") or DEFAULT, []).append((workload, pod))
    for scheduler, waiting in sorted(found.items()):
        own, named = scheduler != DEFAULT, _named(situation, [one for one, _ in waiting])
        pods = tuple(pod for _, pod in waiting)
        since = min((pod.thing.created for pod in pods if pod.thing.created), default=None)
        yield Candidate(
            object=waiting[0][0].ref if own else COMPONENT,
            statement=f"No scheduler looks at the pods of {named}: {scheduler} does not {'run' if own else 'work'}",
            harms=frozenset(workload.ref for workload, _ in waiting),
            covers=frozenset({Sign.PENDING, Sign.NOT_READY}),
            about=Overlooked(scheduler, pods),
            since=since,
        )


def _named(situation: Situation, workloads: list[Workload]) -> str:
    return ", ".join(dict.fromkeys(situation.label(one.ref) for one in workloads[:3]))


def _has_waited(situation: Situation, pod: Pod) -> bool:
    created = pod.thing.created
    return created is not None and situation.world.now - created >= PATIENCE


def _says_nothing(situation: Situation, found: Candidate[Overlooked]) -> Finding:
    pod = found.about.pods[0]
    said = [one for one in situation.world.about(pod.thing.ref) if one.reason == "FailedScheduling"]
    if said:
        return failed(said[-1].cite())
    if not situation.world.complete("events", pod.thing.ref.namespace):
        return UNTESTED
    return held(pod.thing.cite("status", "phase", note="no condition PodScheduled, no event of a scheduler"))


def _others_were_scheduled(situation: Situation, found: Candidate[Overlooked]) -> Finding:
    """Whoever places later pods works."""
    since = found.since
    for pod in situation.world.pods.values():
        at = moment(pod.condition("PodScheduled"), "lastTransitionTime")
        same = (text(pod.thing.raw, "spec", "schedulerName") or DEFAULT) == found.about.scheduler
        if since and at and at > since and same and text(pod.condition("PodScheduled"), "status") == "True":
            return failed(pod.cite_condition("PodScheduled"), note="it was placed later")
    return UNTESTED


def _steps(_: Situation, found: Candidate[Overlooked]) -> list[str]:
    if found.object != COMPONENT:
        return [f"Start scheduler {found.about.scheduler}, or take schedulerName out of the pod template."]
    return [
        "kubectl get pods -n kube-system -l component=kube-scheduler",
        "kubectl logs -n kube-system -l component=kube-scheduler --tail=50",
        "kubectl get lease -n kube-system kube-scheduler -o yaml   # who leads, and when it was renewed",
    ]


CAUSES = (
    Cause(
        code="SchedulerDown",
        means="No scheduler looks at new pods.",
        names="component",
        explains="new pods that stay Pending without a word, while those that run go on",
        base_rate=0.005,
        detect=_detect,
        predictions=(
            Prediction("no scheduler has said anything of the pods", _says_nothing, 550, -300),
            Prediction("nothing was placed since", _others_were_scheduled, 0, -400),
        ),
        steps=_steps,
    ),
)
