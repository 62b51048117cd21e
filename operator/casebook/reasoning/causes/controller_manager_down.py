"""ControllerManagerDown: what was written is not acted upon, for any workload."""

from collections.abc import Iterator

from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.unending import unreconciled
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.situation import Situation

COMPONENT = Ref("Component", "", "kube-controller-manager")


def _detect(situation: Situation) -> Iterator[Candidate[tuple[Workload, ...]]]:
    found = tuple(one for one in situation.workloads if unreconciled(situation.world, one))
    if found:
        since = min((at for one in found if (at := unreconciled(situation.world, one))), default=None)
        names = ", ".join(situation.label(one.ref) for one in found[:3])
        when = f" since {timestamp(since)}" if since else ""
        yield Candidate(
            object=COMPONENT,
            statement=f"Nobody acts upon what was written to {names}{when}: the controllers do not work",
            harms=frozenset(one.ref for one in found),
            covers=frozenset({Sign.ROLLOUT, Sign.NOT_READY, Sign.NO_PODS}),
            about=found,
            since=since,
        )


def _not_acted_upon(_: Situation, found: Candidate[tuple[Workload, ...]]) -> Finding:
    thing = found.about[0].thing
    return held(thing.cite("metadata", "generation"), thing.cite("status", "observedGeneration"))


def _nobody_acts(situation: Situation, found: Candidate[tuple[Workload, ...]]) -> Finding:
    """Controllers that make pods or write events for others are at work."""
    for workload in situation.workloads:
        for one in situation.world.about(workload.ref):
            acted = one.component in ("deployment-controller", "statefulset-controller", "daemonset-controller")
            if acted and found.since and one.last and one.last > found.since:
                return failed(one.cite())
    return UNTESTED


def _steps(_: Situation, __: Candidate[tuple[Workload, ...]]) -> list[str]:
    return [
        "kubectl get pods -n kube-system -l component=kube-controller-manager",
        "kubectl logs -n kube-system -l component=kube-controller-manager --tail=50",
        "kubectl get lease -n kube-system kube-controller-manager -o yaml   # who leads, and when it was renewed",
    ]


CAUSES = (
    Cause(
        code="ControllerManagerDown",
        means="Nobody acts upon what is written: the controllers do not work.",
        names="component",
        explains="rollouts that do not begin, pods that are not replaced",
        base_rate=0.005,
        detect=_detect,
        predictions=(
            Prediction("what was written is not acted upon", _not_acted_upon, 550, -300),
            Prediction("no controller does anything else meanwhile", _nobody_acts, 0, -400),
        ),
        steps=_steps,
    ),
)
