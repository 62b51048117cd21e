"""TaintNotTolerated: nodes that could run a workload carry a taint that it does not tolerate."""

import re
from typing import Any

from casebook.analysis.access import listed, text
from casebook.analysis.things import Thing
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.checks.helpers import undo
from casebook.reasoning.checks.scheduling import Unscheduled, detector, nodes, part_changed, says_so
from casebook.reasoning.situation import Situation

_WORDS = re.compile(r"had untolerated taint(?:\(s\)| \{(?P<taint>[^}]*)\})?|had taint")
_TAINT = re.compile(r"untolerated taint \{([^}]*)\}")
CORDON = "node.kubernetes.io/unschedulable"


def _taints(item: Unscheduled) -> list[str]:
    return [found.strip() for found in _TAINT.findall(item.message) if CORDON not in found]


def _say(item: Unscheduled) -> str:
    return f"cannot be scheduled: it does not tolerate taint {', '.join(_taints(item)) or 'of the nodes'}"


def _nodes_carry_it(situation: Situation, found: Candidate[Unscheduled]) -> Finding:
    keys = {taint.split(":")[0].split("=")[0].strip() for taint in _taints(found.about)}
    carrying = [
        node
        for node in nodes(situation)
        if any(text(item, "key") in keys for item in listed(node.raw, "spec", "taints"))
    ]
    return held(*(node.cite("spec", "taints") for node in carrying[:2])) if carrying else UNTESTED


def _of(node: Thing) -> list[dict[str, Any]]:
    return listed(node.raw, "spec", "taints")


def _steps(_: Situation, found: Candidate[Unscheduled]) -> list[str]:
    return [
        "Give the workload a toleration, or take the taint off the node if it should not be there.",
        "kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints",
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="TaintNotTolerated",
        means="Nodes carry a taint that the workload does not tolerate.",
        names="workload (or Node)",
        explains="pods that stay Pending",
        base_rate=0.02,
        detect=detector(_WORDS, _say, ".tolerations"),
        predictions=(
            Prediction("the scheduler names the taint", says_so(_WORDS), 560, -300),
            Prediction("nodes carry it", _nodes_carry_it, 100, 0),
            Prediction("the newest revision changed the tolerations", part_changed("tolerations"), 120, 0),
        ),
        steps=_steps,
    ),
)
