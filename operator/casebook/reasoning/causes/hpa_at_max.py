"""HPAAtMax, HPANoMetrics: an autoscaler may not scale further, or cannot tell whether it should."""

from collections.abc import Callable, Iterator

from casebook.analysis.access import moment, text
from casebook.analysis.curves import shown
from casebook.analysis.graph import scale_target
from casebook.analysis.signs import Sign
from casebook.analysis.things import Thing
from casebook.analysis.workloads import cite_condition, condition
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held, tested
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.situation import Situation

AT_MAX = "TooManyReplicas"


def _detector(kind: str, status: str, reason: str, said: str) -> Callable[[Situation], Iterator[Candidate[Thing]]]:
    def detect(situation: Situation) -> Iterator[Candidate[Thing]]:
        for thing in situation.world.all("HorizontalPodAutoscaler"):
            found = condition(thing, kind)
            fits = text(found, "status") == status and (not reason or text(found, "reason") == reason)
            if not fits or text(found, "reason") == "ScalingDisabled":
                continue
            limit = f" (maxReplicas {text(thing.raw, 'spec', 'maxReplicas')})" if reason else ""
            yield Candidate(
                object=thing.ref,
                statement=f"{situation.label(thing.ref)} {said} {situation.label(scale_target(thing))}{limit}",
                harms=frozenset({thing.ref, scale_target(thing)}),
                covers=frozenset({Sign.SCALER}),
                about=thing,
                since=moment(found, "lastTransitionTime"),
            )

    return detect


def _limited(_: Situation, found: Candidate[Thing]) -> Finding:
    return held(cite_condition(found.about, "ScalingLimited"))


def _blind(_: Situation, found: Candidate[Thing]) -> Finding:
    return held(cite_condition(found.about, "ScalingActive"))


def _wants_more(_: Situation, found: Candidate[Thing]) -> Finding:
    """What it wants is capped at its maximum; what runs follows some seconds later."""
    wanted, most = text(found.about.raw, "status", "desiredReplicas"), text(found.about.raw, "spec", "maxReplicas")
    cites = (found.about.cite("status", "desiredReplicas"), found.about.cite("status", "currentMetrics"))
    return tested(wanted == most, *cites)


def _load_rose(situation: Situation, found: Candidate[Thing]) -> Finding:
    workload = situation.world.workloads.get(scale_target(found.about))
    requests = situation.measured("traffic", workload) if workload else None
    change = requests.total.shift(situation.world.begin) if requests else None
    if requests is None or change is None or change.after <= change.before:
        return UNTESTED
    said = f"{shown(change.before)} -> {shown(change.after)} requests a second"
    return held(requests.cite(said), note=said)


def _steps(_: Situation, found: Candidate[Thing]) -> list[str]:
    return [command("describe", found.object), "Raise maxReplicas if nodes have room, or look for what makes the load."]


def _steps_blind(_: Situation, found: Candidate[Thing]) -> list[str]:
    return [
        command("describe", found.object),
        "kubectl get apiservice v1beta1.metrics.k8s.io   # is metrics-server there?",
        "Give all containers of the target requests for the resource that the autoscaler measures.",
    ]


CAUSES = (
    Cause(
        code="HPAAtMax",
        means="An autoscaler wants more replicas than it may have.",
        names="HorizontalPodAutoscaler",
        explains="latency and errors under load",
        base_rate=0.02,
        detect=_detector("ScalingLimited", "True", AT_MAX, "is at its maximum for"),
        predictions=(
            Prediction("it says that it is limited", _limited, 450, -300),
            Prediction("it wants as many replicas as it may have", _wants_more, 80, -200),
            Prediction("the load on what it scales rose", _load_rose, 80, 0, metered=True),
        ),
        steps=_steps,
    ),
    Cause(
        code="HPANoMetrics",
        means="An autoscaler gets no metrics to decide on.",
        names="HorizontalPodAutoscaler",
        explains="replicas that stay as they are under load",
        base_rate=0.02,
        detect=_detector("ScalingActive", "False", "", "gets no metrics for"),
        predictions=(Prediction("it says that it has no metrics", _blind, 450, -300),),
        steps=_steps_blind,
    ),
)
