"""PortConflict: two containers of a pod, or two users of a host port, want the same port."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.access import count, listed
from casebook.analysis.changes import PROGRAM
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite
from casebook.analysis.workloads import Pod, Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.checks.helpers import changed, cite_rollout, undo
from casebook.reasoning.checks.logged import SIGNS, of_kind, quoted, spoken
from casebook.reasoning.checks.scheduling import unscheduled
from casebook.reasoning.situation import Situation

_NO_PORTS = re.compile(r"didn't have free ports for the requested pod ports")
_PARTS = ("containers[", ".ports", *PROGRAM)


class Clash(NamedTuple):
    """A workload that does not get a port, the pod that a scheduler finds no node for, and what was said of it."""

    workload: Workload
    waiting: Pod | None
    said: tuple[Cite, ...]


def _detect(situation: Situation) -> Iterator[Candidate[Clash]]:
    for said in spoken(situation, of_kind(failures.PORT_TAKEN)):
        name, cites = said.entries[0].log.container, tuple(one.cite() for one in said.entries[:2])
        text = f"Container {name} of {situation.label(said.workload.ref)} wants a port that is taken: {quoted(said)}"
        yield _candidate(situation, Clash(said.workload, None, cites), text)
    for item in unscheduled(situation):
        ports = ", ".join(str(port) for port in sorted(host_ports(item.pod)))
        if item.nodes_that(_NO_PORTS):
            text = (
                f"{situation.label(item.workload.ref)} wants host port {ports}, which is taken on every node that fits"
            )
            yield _candidate(situation, Clash(item.workload, item.pod, (item.cite,)), text)


def _candidate(situation: Situation, clash: Clash, text: str) -> Candidate[Clash]:
    rolled = next((one for part in _PARTS if (one := changed(situation, clash.workload, part))), None)
    return Candidate(
        object=clash.workload.ref,
        statement=text,
        harms=frozenset({clash.workload.ref}),
        covers=SIGNS | {Sign.PENDING},
        about=clash,
        since=clash.waiting.thing.created if clash.waiting else None,
        changed=rolled.at if rolled else None,
    )


def host_ports(pod: Pod) -> set[int]:
    """Ports of its node that a pod takes."""
    ports = [item for one in pod.containers for item in listed(one.spec, "ports")]
    return {count(item, "hostPort") for item in ports} - {0}


def _it_is_said(_: Situation, found: Candidate[Clash]) -> Finding:
    return held(*found.about.said)


def _another_has_it(situation: Situation, found: Candidate[Clash]) -> Finding:
    """Containers that share the pod's network, or a pod that holds the same port of a node."""
    waiting, pods = found.about.waiting, found.about.workload.live
    if waiting is None:
        names = [one.name for one in pods[0].containers if not one.init] if pods else []
        shared = f"containers that share its network: {', '.join(names)}"
        return held(pods[0].thing.say(shared)) if len(names) > 1 else UNTESTED
    for pod in situation.world.pods.values():
        taken = host_ports(pod) & host_ports(waiting)
        if pod.node and taken and not pod.gone:
            return held(pod.thing.say(f"holds port {min(taken)} of node {pod.node}"))
    return UNTESTED


def _changed(situation: Situation, found: Candidate[Clash]) -> Finding:
    rolled = changed(situation, found.about.workload, "containers[")
    return held(cite_rollout(rolled, "containers[")) if rolled else UNTESTED


def _steps(_: Situation, found: Candidate[Clash]) -> list[str]:
    return [
        "Give each container of the pod, and each user of a host port, a port of its own.",
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="PortConflict",
        means="Two containers, or two users of a host port, want the same port.",
        names="workload",
        explains="one container that crashes while its neighbours run, or pods that no node has the port for",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("the program or the scheduler says that the port is taken", _it_is_said, 400, -300),
            Prediction("another has it", _another_has_it, 80, 0),
            Prediction("the newest revision changed the containers", _changed, 80, 0),
        ),
        steps=_steps,
    ),
)
