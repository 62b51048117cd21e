"""NodeNotReady, NodeDiskPressure, NodeMemoryPressure, NodePIDPressure: a node that does not work as it should."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from casebook.analysis.access import moment, text
from casebook.analysis.evictions import Eviction, evictions
from casebook.analysis.signs import Sign
from casebook.analysis.things import Thing
from casebook.analysis.workloads import cite_condition, condition
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.situation import Situation


class Unwell(NamedTuple):
    """A node, the pods that were evicted from it for this, and the workload that took the most, if that is said."""

    node: Thing
    evicted: tuple[Eviction, ...]
    eater: Eviction | None


Check = Callable[[Situation, Candidate[Unwell]], Finding]


def _detector(kind: str, good: str, said: str) -> Callable[[Situation], Iterator[Candidate[Unwell]]]:
    def detect(situation: Situation) -> Iterator[Candidate[Unwell]]:
        evicted = [one for one in evictions(situation.world) if one.condition == kind]
        for node in situation.world.all("Node"):
            found = condition(node, kind)
            here = tuple(one for one in evicted if one.pod.node == node.ref.name)
            if (found and text(found, "status") != good) or here:
                yield _candidate(situation, Unwell(node, here, _eater(here)), found, said)

    return detect


def _eater(evicted: tuple[Eviction, ...]) -> Eviction | None:
    """The kubelet evicts first what uses most above its request; that one is why there was too little."""
    greedy = sorted((one for one in evicted if one.excess > 0), key=lambda one: (-one.excess, one.workload))
    return greedy[0] if greedy else None


def _candidate(situation: Situation, item: Unwell, found: dict[str, Any], said: str) -> Candidate[Unwell]:
    eater = f": {situation.label(item.eater.workload)} takes far more than it requests" if item.eater else ""
    told = text(found, "message") or text(found, "reason") or "pods were evicted from it"
    times = [moment(found, "lastTransitionTime")] if not item.evicted else [one.at for one in item.evicted]
    victims = {one.workload for one in item.evicted}
    return Candidate(
        object=item.eater.workload if item.eater else item.node.ref,
        statement=f"Node/{item.node.ref.name} {said}{eater} ({told})",
        harms=frozenset({item.node.ref, *victims}),
        covers=frozenset({Sign.NODE, Sign.EVICTED, Sign.NOT_READY}),
        about=item,
        since=min((at for at in times if at), default=None),
    )


def _says_so(kind: str, good: str) -> Check:
    def check(_: Situation, found: Candidate[Unwell]) -> Finding:
        now = condition(found.about.node, kind)
        if now and text(now, "status") != good:
            return held(cite_condition(found.about.node, kind))
        return held(*(one.cite() for one in found.about.evicted[:2]))

    return check


def _pods_suffer(situation: Situation, found: Candidate[Unwell]) -> Finding:
    if found.about.evicted:
        return held(found.about.evicted[0].cite())
    here = [pod for pod in situation.world.pods.values() if pod.node == found.about.node.ref.name]
    unready = [pod for pod in here if not pod.ready and not pod.gone]
    return held(unready[0].cite_condition("Ready")) if unready else UNTESTED


def _one_takes_it_all(_: Situation, found: Candidate[Unwell]) -> Finding:
    return held(found.about.eater.cite()) if found.about.eater else UNTESTED


def _steps(_: Situation, found: Candidate[Unwell]) -> list[str]:
    name, eater = found.about.node.ref.name, found.about.eater
    own = (
        [f"Give {eater.workload.kind} {eater.workload.name} requests and limits that fit it, or stop it."]
        if eater
        else []
    )
    return [
        *own,
        f"kubectl describe node {name}   # conditions, what runs there, what it uses",
        f"kubectl get pods -A --field-selector spec.nodeName={name} -o wide",
    ]


def _cause(code: str, means: str, kind: str, good: str, said: str) -> Cause[Unwell]:
    return Cause(
        code=code,
        means=means,
        names="the workload that eats it, else Node",
        explains="pods of the node that are not ready or evicted, and errors of callers",
        base_rate=0.02,
        detect=_detector(kind, good, said),
        predictions=(
            Prediction("the node's condition or the kubelet says so", _says_so(kind, good), 450, -300),
            Prediction("pods on it suffer", _pods_suffer, 80, 0),
            Prediction("one workload took far more than it asked for", _one_takes_it_all, 60, 0),
        ),
        steps=_steps,
    )


CAUSES = (
    _cause("NodeNotReady", "A node does not work.", "Ready", "True", "is not ready"),
    _cause("NodeDiskPressure", "A node runs out of disk.", "DiskPressure", "False", "runs out of disk"),
    _cause("NodeMemoryPressure", "A node runs out of memory.", "MemoryPressure", "False", "runs out of memory"),
    _cause("NodePIDPressure", "A node runs out of process ids.", "PIDPressure", "False", "runs out of process ids"),
)
