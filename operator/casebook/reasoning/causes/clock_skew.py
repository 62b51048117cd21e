"""ClockSkew: the clock of a node is off, so that tokens and certificates are not valid yet, or not any more."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Pod, Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import Trouble
from casebook.reasoning.checks.logged import quoted, spoken
from casebook.reasoning.situation import Situation

_WORDS = re.compile(
    r"token (?:was )?used before issued|token is not (?:yet valid|valid yet)|issued in the future|"
    r"\b(?:iat|nbf)\b.{0,60}(?:in the future|not yet)|clock skew|requesttimetooskewed|request time too skewed|"
    r"time and the current time is too large|certificate is not yet valid|current time \S+ is before \S+",
    re.IGNORECASE,
)
OFF = timedelta(seconds=15)
"""Less is a slow network, a busy API server, or times that are whole seconds."""
SOON = timedelta(seconds=60)
"""Most containers start within a minute of their pod."""


class Skewed(NamedTuple):
    """A node, a workload there that meets times that cannot be, and what it says."""

    node: str
    workload: Workload
    entries: tuple[Trouble, ...]


def _detect(situation: Situation) -> Iterator[Candidate[Skewed]]:
    for said in spoken(situation, lambda one: bool(_WORDS.search(one.entry.said))):
        for node in sorted({_node(situation, one) for one in said.entries} - {""}):
            entries = tuple(one for one in said.entries if _node(situation, one) == node)
            yield Candidate(
                object=Ref("Node", "", node),
                statement=f"The clock of Node/{node} is off, so that {situation.label(said.workload.ref)} meets times "
                f"that cannot be: {quoted(said)}",
                harms=frozenset({said.workload.ref}),
                covers=frozenset({Sign.PEER_ERRORS, Sign.VAGUE, Sign.ERRORS, Sign.CRASH, Sign.NOT_READY}),
                about=Skewed(node, said.workload, entries),
            )


def _node(situation: Situation, one: Trouble) -> str:
    pod = situation.world.pods.get(Ref("Pod", one.log.namespace, one.log.pod))
    return pod.node if pod else ""


def _says_so(_: Situation, found: Candidate[Skewed]) -> Finding:
    return held(*(one.cite() for one in found.about.entries[:2]))


def _clock_is_off(situation: Situation, found: Candidate[Skewed]) -> Finding:
    """The API server stamps the creation of a pod, the node the start of its containers and each line of a log."""
    here = [pod for pod in situation.world.pods.values() if pod.node == found.about.node]
    early = [cite for pod in here if (cite := _started_before_it_was_made(pod))]
    ahead = _lines_of_the_future(situation, found.about.node)
    if early or ahead:
        return held(*(early or ahead)[:2])
    fits = [pod for pod in here if _started_in_time(situation, pod)]
    return failed(_times(fits[0]), note="the node's times fit those of the API server") if fits else UNTESTED


def _started_before_it_was_made(pod: Pod) -> Cite | None:
    start = _first_start(pod)
    off = start is not None and pod.thing.created is not None and start < pod.thing.created - OFF
    return _times(pod) if off else None


def _started_in_time(situation: Situation, pod: Pod) -> bool:
    """Of a pod of long ago it says nothing: a clock may drift."""
    start, made = _first_start(pod), pod.thing.created
    if start is None or made is None or made < situation.world.begin:
        return False
    return -OFF <= start - made <= SOON


def _first_start(pod: Pod) -> datetime | None:
    starts = [one.running_since for one in pod.containers if one.running_since and not one.restarts]
    return min(starts, default=None)


def _times(pod: Pod) -> Cite:
    made, started = pod.thing.created, _first_start(pod)
    return pod.thing.say(f"made {made}, as the API server says; started {started}, as its node says")


def _lines_of_the_future(situation: Situation, node: str) -> list[Cite]:
    """Log lines from after they were read; where other nodes have them too, it is the reader's clock that is off."""
    future: dict[str, list[Cite]] = {}
    for log in situation.world.logs.values():
        pod = situation.world.pods.get(Ref("Pod", log.namespace, log.pod))
        last = log.entries[-1] if log.entries else None
        if pod and last and last.at and last.at > log.observed_at + OFF:
            future.setdefault(pod.node, []).append(log.cite(last))
    others = {pod.node for pod in situation.world.pods.values() if pod.node} - {node}
    return future.get(node, []) if others and not others & future.keys() else []


def _steps(_: Situation, found: Candidate[Skewed]) -> list[str]:
    name = found.about.node
    return [
        f"On {name}: timedatectl; chronyc tracking   # is the clock synchronised, and by how much is it off?",
        f"kubectl cordon {name}   # until it is; new pods then start elsewhere",
        f"On {name}: chronyc makestep   # sets the clock at once; what measures time there may stumble",
    ]


CAUSES = (
    Cause(
        code="ClockSkew",
        means="The clock of a node is off: tokens and certificates count as not yet valid, or as expired.",
        names="Node",
        explains="refused tokens and certificates of what runs on one node, while they are valid elsewhere",
        base_rate=0.003,
        detect=_detect,
        predictions=(
            Prediction("a time that cannot be is named", _says_so, 330, -300),
            Prediction("the node's times do not fit those of the API server", _clock_is_off, 450, -300),
        ),
        steps=_steps,
    ),
)
