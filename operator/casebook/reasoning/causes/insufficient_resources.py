"""InsufficientResources: what a workload requests fits on no node."""

import re

from casebook.analysis.access import quantity, text
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.helpers import undo
from casebook.reasoning.scheduling import Unscheduled, detector, nodes, part_changed, says_so
from casebook.reasoning.situation import Situation

_WORDS = re.compile(r"Insufficient (?P<what>[\w./-]+)|Too many pods")
RESOURCES = ("cpu", "memory")


def _say(item: Unscheduled) -> str:
    found = _WORDS.search(item.message)
    what = (found["what"] if found else "") or "room"
    return f"cannot be scheduled: its requests ({_requests(item)}) find too little {what} on every node"


def _requests(item: Unscheduled) -> str:
    parts = [
        f"{container.name}: {text(container.spec, 'resources', 'requests', name)} {name}"
        for container in item.pod.containers
        for name in RESOURCES
        if text(container.spec, "resources", "requests", name)
    ]
    return ", ".join(parts) or "none"


def _total(item: Unscheduled, name: str) -> float:
    return sum(quantity(one.spec, "resources", "requests", name) or 0.0 for one in item.pod.containers)


def _larger_than_any_node(situation: Situation, found: Candidate[Unscheduled]) -> Finding:
    for name in RESOURCES:
        most = max((quantity(node.raw, "status", "allocatable", name) or 0.0 for node in nodes(situation)), default=0.0)
        if most and _total(found.about, name) > most:
            node = nodes(situation)[0]
            return held(node.cite("status", "allocatable", name), note=f"more {name} than any node has")
    return UNTESTED


def _steps(_: Situation, found: Candidate[Unscheduled]) -> list[str]:
    return [
        "Ask for less, free room on the nodes, or add a node.",
        "kubectl describe nodes   # 'Allocated resources' shows what is taken",
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="InsufficientResources",
        means="What the pods request fits on no node.",
        names="workload or Node",
        explains="pods that stay Pending",
        base_rate=0.03,
        detect=detector(_WORDS, _say, ".resources.requests"),
        predictions=(
            Prediction("the scheduler says that nodes have too little left", says_so(_WORDS), 560, -300),
            Prediction("the request is larger than any node", _larger_than_any_node, 100, 0),
            Prediction("the newest revision changed the requests", part_changed("resources.requests"), 120, 0),
        ),
        steps=_steps,
    ),
)
