"""NodeSelectorUnsatisfied: no node carries the labels that a workload's nodeSelector or node affinity asks for."""

import re

from casebook.analysis.access import dig, strings
from casebook.analysis.things import shown
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import undo
from casebook.reasoning.checks.scheduling import Unscheduled, detector, nodes, part_changed, says_so
from casebook.reasoning.situation import Situation

_WORDS = re.compile(r"didn't match Pod's node affinity/selector|didn't match node selector")


def _wanted(item: Unscheduled) -> dict[str, str]:
    return strings(item.pod.thing.raw, "spec", "nodeSelector")


def _say(item: Unscheduled) -> str:
    wanted = _wanted(item)
    what = f"nodeSelector {shown(wanted)}" if wanted else "its node affinity"
    return f"cannot be scheduled: no node fits {what}"


def _no_node_carries_it(situation: Situation, found: Candidate[Unscheduled]) -> Finding:
    wanted = _wanted(found.about)
    if not wanted or not nodes(situation):
        return UNTESTED
    fitting = [node for node in nodes(situation) if wanted.items() <= node.labels.items()]
    asked = found.about.pod.thing.cite("spec", "nodeSelector")
    if fitting:
        return failed(asked, fitting[0].say(f"carries {shown(wanted)}"))
    near = {key: sorted({node.labels[key] for node in nodes(situation) if key in node.labels}) for key in wanted}
    return held(asked, nodes(situation)[0].say(f"values that nodes have: {shown(near)}"))


def _asks(_: Situation, found: Candidate[Unscheduled]) -> Finding:
    pod = found.about.pod.thing
    if _wanted(found.about):
        return held(pod.cite("spec", "nodeSelector"))
    affinity = dig(pod.raw, "spec", "affinity", "nodeAffinity")
    return (
        held(pod.cite("spec", "affinity", "nodeAffinity")) if affinity else failed(pod.say("no selector, no affinity"))
    )


def _steps(_: Situation, found: Candidate[Unscheduled]) -> list[str]:
    return [
        "Correct the nodeSelector, or label a node that is meant to run it.",
        "kubectl get nodes --show-labels",
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="NodeSelectorUnsatisfied",
        means="No node carries the labels that the nodeSelector or node affinity asks for.",
        names="workload",
        explains="pods that stay Pending",
        base_rate=0.02,
        detect=detector(_WORDS, _say, ".nodeSelector"),
        predictions=(
            Prediction("the scheduler says that nodes do not fit the selector", says_so(_WORDS), 560, -300),
            Prediction("the pod asks for labels of nodes", _asks, 60, -300),
            Prediction("no node carries them", _no_node_carries_it, 150, -350),
            Prediction("the newest revision changed the nodeSelector", part_changed("nodeSelector"), 120, 0),
        ),
        steps=_steps,
    ),
)
