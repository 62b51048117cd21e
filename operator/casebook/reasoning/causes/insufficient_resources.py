"""InsufficientResources: what a workload requests fits on no node."""

import re
from datetime import timedelta

from casebook.analysis.access import number, quantity, text
from casebook.analysis.workloads import Pod
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import undo
from casebook.reasoning.checks.scheduling import Unscheduled, detector, nodes, part_changed, says_so
from casebook.reasoning.situation import Situation

_WORDS = re.compile(r"Insufficient (?P<what>[\w./-]*\w)|Too many pods")
RESOURCES = ("cpu", "memory")
JUST_BEFORE, TOGETHER = timedelta(minutes=10), timedelta(seconds=5)


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


def _nothing_displaced_it(situation: Situation, found: Candidate[Unscheduled]) -> Finding:
    """What has a higher priority and took the scarce resource just before is why there is too little left."""
    item, said = found.about, _WORDS.search(found.about.message)
    scarce = (said["what"] if said else "") or ""
    for pod in situation.world.pods.values():
        if scarce and _came_first(pod, item.pod) and _priority(pod) > _priority(item.pod) and _takes(pod, scarce):
            return failed(pod.thing.cite("spec", "priority", note=f"it takes {scarce}, with a higher priority"))
    return UNTESTED


def _came_first(pod: Pod, other: Pod) -> bool:
    created, since = pod.thing.created, other.thing.created
    if not (created and since and pod.node) or pod.gone:
        return False
    return since - JUST_BEFORE <= created <= since + TOGETHER


def _priority(pod: Pod) -> int:
    return number(pod.thing.raw, "spec", "priority") or 0


def _takes(pod: Pod, resource: str) -> bool:
    parts = ("requests", "limits")
    return any(quantity(one.spec, "resources", part, resource) for one in pod.containers for part in parts)


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
            Prediction("nothing of a higher priority took the place", _nothing_displaced_it, 0, -300),
            Prediction("the newest revision changed the requests", part_changed("resources.requests"), 120, 0),
        ),
        steps=_steps,
    ),
)
