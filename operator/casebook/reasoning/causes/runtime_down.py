"""RuntimeDown: the kubelet of a node runs and says that its container runtime does not."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import moment, text
from casebook.analysis.events import Event
from casebook.analysis.signs import Sign
from casebook.analysis.things import Thing
from casebook.analysis.workloads import cite_condition, condition
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.situation import Situation

_NODE = re.compile(r"container runtime is down|PLEG is not healthy|RuntimeReady=false", re.IGNORECASE)
"""What a kubelet gives as the reason of a node that is not ready; a network plugin that is not is another matter."""
_SOCKET = re.compile(r"(?:containerd|crio|cri-dockerd)\.sock\b.*(?:connection refused|no such file)", re.IGNORECASE)


class Stopped(NamedTuple):
    """A node without a runtime, and what was said of pods on it that need one."""

    node: Thing
    events: tuple[Event, ...]


def _detect(situation: Situation) -> Iterator[Candidate[Stopped]]:
    for node in situation.world.all("Node"):
        ready = condition(node, "Ready")
        if text(ready, "status") != "False" or not _NODE.search(text(ready, "message")):
            continue
        pods = [pod for pod in situation.world.pods.values() if pod.node == node.ref.name]
        said = situation.world.about(node.ref, *(pod.thing.ref for pod in pods))
        yield Candidate(
            object=node.ref,
            statement=f"The container runtime of Node/{node.ref.name} does not work: {text(ready, 'message')[:200]}",
            harms=frozenset({node.ref, *(situation.world.top(pod.thing.ref) for pod in pods)}),
            covers=frozenset({Sign.NODE, Sign.NOT_READY, Sign.PENDING, Sign.CREATE, Sign.ENDING}),
            about=Stopped(node, tuple(one for one in said if _SOCKET.search(one.message))),
            since=moment(ready, "lastTransitionTime"),
        )


def _kubelet_says_so(_: Situation, found: Candidate[Stopped]) -> Finding:
    return held(cite_condition(found.about.node, "Ready"))


def _socket_is_dead(_: Situation, found: Candidate[Stopped]) -> Finding:
    return held(found.about.events[-1].cite()) if found.about.events else UNTESTED


def _nothing_starts(situation: Situation, found: Candidate[Stopped]) -> Finding:
    since = found.since
    for pod in situation.world.pods.values():
        for container in pod.containers if pod.node == found.object.name else ():
            if since and container.running_since and container.running_since > since:
                return failed(container.cite_state(), note="it was started since")
    return UNTESTED


def _steps(_: Situation, found: Candidate[Stopped]) -> list[str]:
    name = found.object.name
    return [
        f"On {name}: systemctl status containerd; crictl info   # or the runtime that runs there",
        f"On {name}: journalctl -u containerd -u kubelet --since -30min",
        f"kubectl cordon {name}   # until it works; pods that run there go on",
    ]


CAUSES = (
    Cause(
        code="RuntimeDown",
        means="The container runtime of a node does not work, while its kubelet does.",
        names="Node",
        explains="a node that is not ready, pods of it that neither start nor end",
        base_rate=0.005,
        detect=_detect,
        predictions=(
            Prediction("the kubelet gives the runtime as the reason", _kubelet_says_so, 750, -300),
            Prediction("the runtime's socket does not answer", _socket_is_dead, 80, 0),
            Prediction("no container has started there since", _nothing_starts, 0, -300),
        ),
        steps=_steps,
    ),
)
