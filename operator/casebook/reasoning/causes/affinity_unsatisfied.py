"""AffinityUnsatisfied, TopologySpreadUnsatisfied: rules about other pods keep a workload's pods from every node."""

import re

from casebook.analysis.access import dig
from casebook.reasoning.cause import Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import undo
from casebook.reasoning.checks.scheduling import Unscheduled, detector, nodes, part_changed, says_so
from casebook.reasoning.situation import Situation

_AFFINITY = re.compile(r"pod (?:anti-)?affinity rules|anti-affinity rules|existing pods anti-affinity")
_SPREAD = re.compile(r"topology spread constraints")


def _say(item: Unscheduled) -> str:
    return f"cannot be scheduled: its pod affinity rules fit no node ({_have(item)})"


def _have(item: Unscheduled) -> str:
    return f"{sum(bool(pod.node) for pod in item.workload.live)} of {item.workload.desired} pods have a node"


def _say_spread(item: Unscheduled) -> str:
    return f"cannot be scheduled: its topology spread constraints fit no node ({_have(item)})"


def _asks(_: Situation, found: Candidate[Unscheduled]) -> Finding:
    pod = found.about.pod.thing
    for name in ("podAntiAffinity", "podAffinity"):
        if dig(pod.raw, "spec", "affinity", name):
            return held(pod.cite("spec", "affinity", name))
    return failed(pod.say("no pod affinity"))


def _asks_spread(_: Situation, found: Candidate[Unscheduled]) -> Finding:
    pod = found.about.pod.thing
    rules = dig(pod.raw, "spec", "topologySpreadConstraints")
    return held(pod.cite("spec", "topologySpreadConstraints")) if rules else failed(pod.say("no spread constraints"))


def _steps(situation: Situation, found: Candidate[Unscheduled]) -> list[str]:
    return [
        f"Prefer instead of require the rule, lower the replicas, or add a node (there are {len(nodes(situation))}).",
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="AffinityUnsatisfied",
        means="Rules about being near or away from other pods leave no node.",
        names="workload",
        explains="pods that stay Pending while others of the same workload run",
        base_rate=0.02,
        detect=detector(_AFFINITY, _say, ".affinity"),
        predictions=(
            Prediction("the scheduler says that the pod affinity rules do not fit", says_so(_AFFINITY), 560, -300),
            Prediction("the pod has such rules", _asks, 100, -100),
            Prediction("the newest revision changed the affinity", part_changed("affinity"), 120, 0),
        ),
        steps=_steps,
    ),
    Cause(
        code="TopologySpreadUnsatisfied",
        means="Rules about spreading pods leave no node.",
        names="workload",
        explains="pods that stay Pending while others of the same workload run",
        base_rate=0.01,
        detect=detector(_SPREAD, _say_spread, ".topologySpreadConstraints"),
        predictions=(
            Prediction("the scheduler says that the spread constraints do not fit", says_so(_SPREAD), 560, -300),
            Prediction("the pod has such constraints", _asks_spread, 100, -200),
            Prediction("the newest revision changed them", part_changed("topologySpreadConstraints"), 120, 0),
        ),
        steps=_steps,
    ),
)
