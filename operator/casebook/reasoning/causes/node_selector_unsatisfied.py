"""NodeSelectorUnsatisfied: no node is what a workload's nodeSelector, node affinity or nodeName asks for."""

import re
from collections.abc import Iterator

from casebook.analysis.access import dig, strings, text
from casebook.analysis.things import shown
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import undo
from casebook.reasoning.checks.scheduling import (
    Unscheduled,
    detector,
    misplaced,
    nodes,
    part_changed,
    pending,
    says_so,
)
from casebook.reasoning.situation import Situation

_WORDS = re.compile(r"didn't match Pod's node affinity/selector|didn't match node selector")


def _wanted(item: Unscheduled) -> dict[str, str]:
    return strings(item.pod.thing.raw, "spec", "nodeSelector")


def _say(item: Unscheduled) -> str:
    wanted = _wanted(item)
    what = f"nodeSelector {shown(wanted)}" if wanted else "its node affinity"
    return f"cannot be scheduled: no node fits {what}"


def _detect(situation: Situation) -> Iterator[Candidate[Unscheduled]]:
    yield from _BY_LABELS(situation)
    for item in misplaced(situation):
        said = f"cannot start: its pods are to run on node {item.pod.node} (spec.nodeName), which does not exist"
        yield pending(situation, item, said, ".nodeName")


_BY_LABELS = detector(_WORDS, _say, ".nodeSelector")


def _says_so(situation: Situation, found: Candidate[Unscheduled]) -> Finding:
    """Of a pod that names its node no scheduler says anything."""
    return UNTESTED if found.about.pod.node else says_so(_WORDS)(situation, found)


def _no_node_carries_it(situation: Situation, found: Candidate[Unscheduled]) -> Finding:
    wanted = _wanted(found.about)
    if found.about.pod.node or not wanted or not nodes(situation):
        return UNTESTED
    fitting = [node for node in nodes(situation) if wanted.items() <= node.labels.items()]
    asked = found.about.pod.thing.cite("spec", "nodeSelector")
    if fitting:
        return failed(asked, fitting[0].say(f"carries {shown(wanted)}"))
    near = {key: sorted({node.labels[key] for node in nodes(situation) if key in node.labels}) for key in wanted}
    return held(asked, nodes(situation)[0].say(f"values that nodes have: {shown(near)}"))


def _has_no_such_node(situation: Situation, found: Candidate[Unscheduled]) -> Finding:
    if not found.about.pod.node:
        return UNTESTED
    names = [node.ref.name for node in nodes(situation)]
    return held(found.about.cite, nodes(situation)[0].say(f"nodes that there are: {shown(names)}"))


def _asks(_: Situation, found: Candidate[Unscheduled]) -> Finding:
    pod, workload = found.about.pod, found.about.workload
    if pod.node:
        templates = [workload.template, *(revision.template for revision in workload.revisions)]
        says = any(text(template, "spec", "nodeName") == pod.node for template in templates)
        said = workload.thing.say(f"its template {'says' if says else 'does not say'} nodeName: {pod.node}")
        return held(said) if says else failed(said)
    if _wanted(found.about):
        return held(pod.thing.cite("spec", "nodeSelector"))
    if dig(pod.thing.raw, "spec", "affinity", "nodeAffinity"):
        return held(pod.thing.cite("spec", "affinity", "nodeAffinity"))
    return failed(pod.thing.say("no selector, no affinity"))


def _part_changed(situation: Situation, found: Candidate[Unscheduled]) -> Finding:
    return part_changed("nodeName" if found.about.pod.node else "nodeSelector")(situation, found)


def _steps(_: Situation, found: Candidate[Unscheduled]) -> list[str]:
    if found.about.pod.node:
        return [
            "Take spec.nodeName out of the pod template, or name a node that exists.",
            undo(found.about.workload),
            "kubectl get nodes",
        ]
    return [
        "Correct the nodeSelector, or label a node that is meant to run it.",
        "kubectl get nodes --show-labels",
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="NodeSelectorUnsatisfied",
        means="No node carries the labels that the nodeSelector or node affinity asks for, or the name in nodeName.",
        names="workload",
        explains="pods that stay Pending",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("the scheduler says that nodes do not fit the selector", _says_so, 560, -300),
            Prediction("the pod is bound to a node that does not exist", _has_no_such_node, 560, 0),
            Prediction("it asks for labels of nodes, or for a node by its name", _asks, 60, -300),
            Prediction("no node carries the labels", _no_node_carries_it, 150, -350),
            Prediction("the newest revision changed what it asks for", _part_changed, 120, 0),
        ),
        steps=_steps,
    ),
)
