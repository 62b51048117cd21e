"""NodeNotReady, NodeDiskPressure, NodeMemoryPressure, NodePIDPressure: a node that does not work as it should."""

from collections.abc import Callable, Iterator

from casebook.analysis.access import moment, text
from casebook.analysis.signs import Sign
from casebook.analysis.things import Thing
from casebook.analysis.workloads import cite_condition, condition
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.situation import Situation

Check = Callable[[Situation, Candidate[Thing]], Finding]


def _detector(kind: str, good: str, said: str) -> Callable[[Situation], Iterator[Candidate[Thing]]]:
    def detect(situation: Situation) -> Iterator[Candidate[Thing]]:
        for node in situation.world.all("Node"):
            found = condition(node, kind)
            if found and text(found, "status") != good:
                since = moment(found, "lastTransitionTime")
                yield Candidate(
                    object=node.ref,
                    statement=f"Node/{node.ref.name} {said}: {text(found, 'message') or text(found, 'reason')}",
                    harms=frozenset({node.ref}),
                    covers=frozenset({Sign.NODE}),
                    about=node,
                    since=since,
                )

    return detect


def _says_so(kind: str) -> Check:
    return lambda _, found: held(cite_condition(found.about, kind))


def _pods_suffer(situation: Situation, found: Candidate[Thing]) -> Finding:
    here = [pod for pod in situation.world.pods.values() if pod.node == found.object.name]
    evicted = [pod for pod in here if text(pod.thing.raw, "status", "reason") == "Evicted"]
    unready = [pod for pod in here if not pod.ready and not pod.gone]
    if evicted:
        return held(evicted[0].thing.cite("status", "message"))
    return held(unready[0].cite_condition("Ready")) if unready else UNTESTED


def _steps(_: Situation, found: Candidate[Thing]) -> list[str]:
    name = found.object.name
    return [
        f"kubectl describe node {name}   # conditions, what runs there, what it uses",
        f"kubectl get pods -A --field-selector spec.nodeName={name} -o wide",
    ]


def _cause(code: str, means: str, kind: str, good: str, said: str) -> Cause[Thing]:
    return Cause(
        code=code,
        means=means,
        names="Node",
        explains="pods of the node that are not ready or evicted, and errors of callers",
        base_rate=0.02,
        detect=_detector(kind, good, said),
        predictions=(
            Prediction("the node's condition says so", _says_so(kind), 450, -300),
            Prediction("pods on it suffer", _pods_suffer, 80, 0),
        ),
        steps=_steps,
    )


CAUSES = (
    _cause("NodeNotReady", "A node does not work.", "Ready", "True", "is not ready"),
    _cause("NodeDiskPressure", "A node runs out of disk.", "DiskPressure", "False", "runs out of disk"),
    _cause("NodeMemoryPressure", "A node runs out of memory.", "MemoryPressure", "False", "runs out of memory"),
    _cause("NodePIDPressure", "A node runs out of process ids.", "PIDPressure", "False", "runs out of process ids"),
)
