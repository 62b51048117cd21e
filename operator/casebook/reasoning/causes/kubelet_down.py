"""KubeletDown: a node reports nothing any more, while its machine answers: only the kubelet is gone."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import moment, text
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite, Ref, Thing
from casebook.analysis.workloads import cite_condition, condition
from casebook.api.observation import LOGS, Observation, Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import workload_logs_wanted
from casebook.reasoning.situation import Situation

_PORT = r":10250\b.*"
"""The port on which a kubelet serves logs to the API server."""
_REFUSED = re.compile(_PORT + r"connection refused")
_GONE = re.compile(_PORT + r"(?:i/o timeout|no route to host|host is unreachable)")


class Silent(NamedTuple):
    """A node that has stopped to report, and how reading the logs of its pods went."""

    node: Thing
    refused: tuple[Observation, ...]
    gone: tuple[Observation, ...]


def _detect(situation: Situation) -> Iterator[Candidate[Silent]]:
    for node in situation.world.all("Node"):
        ready = condition(node, "Ready")
        refused = _unread(situation, node, _REFUSED)
        if text(ready, "status") != "Unknown" or not refused:
            continue
        pods = [pod for pod in situation.world.pods.values() if pod.node == node.ref.name]
        yield Candidate(
            object=node.ref,
            statement=f"The kubelet of Node/{node.ref.name} does not run: the node reports nothing "
            f"({text(ready, 'message')}), while its machine refuses connections to the kubelet's port",
            harms=frozenset({node.ref, *(situation.world.top(pod.thing.ref) for pod in pods)}),
            covers=frozenset({Sign.NODE, Sign.NOT_READY, Sign.PENDING, Sign.ENDING}),
            about=Silent(node, refused, _unread(situation, node, _GONE)),
            since=moment(ready, "lastTransitionTime"),
        )


def _unread(situation: Situation, node: Thing, words: "re.Pattern[str]") -> tuple[Observation, ...]:
    """Logs of pods of the node that could not be read, for a reason that fits."""
    found = []
    for item in situation.world.snapshot.failed():
        pod = situation.world.pods.get(Ref("Pod", item.query.namespace, item.query.name))
        if item.query.source == LOGS and pod and pod.node == node.ref.name and words.search(item.message):
            found.append(item)
    return tuple(found)


def _reports_nothing(_: Situation, found: Candidate[Silent]) -> Finding:
    return held(cite_condition(found.about.node, "Ready"))


def _machine_answers(_: Situation, found: Candidate[Silent]) -> Finding:
    if found.about.gone:
        return failed(*map(_cite, found.about.gone[:2]), note="the machine itself does not answer")
    return held(*map(_cite, found.about.refused[:2]))


def _cite(item: Observation) -> Cite:
    return Cite(item.id, f"logs of pod {item.query.name}: {item.message}")


def _logs(situation: Situation, found: Candidate[Silent]) -> list[Query]:
    here = [one for one in situation.workloads if any(pod.node == found.object.name for pod in one.live)]
    return [query for workload in here[:2] for query in workload_logs_wanted(workload, 1)]


def _pods_are_given_up(situation: Situation, found: Candidate[Silent]) -> Finding:
    """Their conditions are then set by the node controller, whatever they do."""
    here = [pod for pod in situation.world.pods.values() if pod.node == found.object.name and not pod.ready]
    return held(here[0].cite_condition("Ready")) if here else UNTESTED


def _steps(_: Situation, found: Candidate[Silent]) -> list[str]:
    name = found.object.name
    return [
        f"On {name}: systemctl status kubelet; journalctl -u kubelet --since -30min   # why it ended",
        f"On {name}: systemctl restart kubelet   # its containers run on meanwhile",
        f"kubectl describe node {name}",
    ]


CAUSES = (
    Cause(
        code="KubeletDown",
        means="The kubelet of a node does not run, while the machine does.",
        names="Node",
        explains="a node of unknown state, pods of it that are given up or never start, logs that cannot be read",
        base_rate=0.005,
        detect=_detect,
        predictions=(
            Prediction("the node has stopped to report", _reports_nothing, 450, -300),
            Prediction("its machine answers and refuses the kubelet's port", _machine_answers, 350, -300, _logs),
            Prediction("its pods count as not ready", _pods_are_given_up, 60, 0),
        ),
        steps=_steps,
    ),
)
