"""Pods that a Service selects beside those that it is meant for."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from casebook.analysis.access import count, listed, mapping, strings, text
from casebook.analysis.changes import rewritten, rollout
from casebook.analysis.services import target_ports
from casebook.analysis.things import Cite, Thing, shown
from casebook.analysis.workloads import Container, Pod, Workload
from casebook.reasoning.checks.helpers import Subject
from casebook.reasoning.checks.probes import FIELDS, asked_port, listens
from casebook.reasoning.situation import Situation


class Stranger(NamedTuple):
    """A workload whose ready pods a Service selects though they do not serve it, and one whose pods do.

    `joined` is when the Service began to select it, where that is known.
    """

    service: Thing
    meant: Workload
    other: Workload
    serves: Cite
    joined: datetime | None


def strangers(situation: Situation) -> Iterator[Stranger]:
    """Services behind which some ready pods are seen to serve what is asked for, and others are not."""
    for service in situation.world.all("Service"):
        if not strings(service.raw, "spec", "selector") or text(service.raw, "spec", "type") == "ExternalName":
            continue
        behind = [one for one in situation.workloads if _ready_behind(service, one)]
        serving = {one.ref: _serves(situation, service, one) for one in behind} if len(behind) > 1 else {}
        meant = [(one, cite) for one in behind if (cite := serving.get(one.ref))]
        for other in behind:
            if meant and not serving[other.ref]:
                yield Stranger(service, meant[0][0], other, meant[0][1], _joined(service, other))


def _ready_behind(service: Thing, workload: Workload) -> list[Pod]:
    selector, place = strings(service.raw, "spec", "selector").items(), service.ref.namespace
    return [
        pod
        for pod in workload.pods
        if pod.ready
        and workload.ref.namespace == place
        and selector <= strings(pod.thing.raw, "metadata", "labels").items()
    ]


def _serves(situation: Situation, service: Thing, workload: Workload) -> Cite | None:
    """What shows that its pods serve a port that the Service sends to: they declare it, are probed there, or say so."""
    targets = {target for _, target, _ in target_ports(service)}
    for pod in _ready_behind(service, workload)[:1]:
        for container in pod.containers:
            heard = listens(situation, Subject(workload, container))
            for port, cite in (*_offered(container).items(), *heard.items()):
                if port in targets or str(port) in targets:
                    return cite
    return None


def _offered(container: Container) -> dict[int | str, Cite]:
    """Ports that it declares, by number and name, and those on which it is probed."""
    specs = {one: mapping(container.spec, one) for one in FIELDS.values()}
    said = {one: container.pod.say(f"container {container.name}: {one} = {shown(spec)}") for one, spec in specs.items()}
    found: dict[int | str, Cite] = {asked_port(container, spec): said[one] for one, spec in specs.items() if spec}
    for item in listed(container.spec, "ports"):
        cite = container.pod.say(f"container {container.name} declares port {shown(item)}")
        found |= {count(item, "containerPort"): cite, text(item, "name"): cite}
    return found


def _joined(service: Thing, workload: Workload) -> datetime | None:
    """The latest of: it was made, its labels were changed, the selector was."""
    rolled, edit = rollout(workload), rewritten(service, "spec", "selector")
    times = [workload.thing.created]
    if rolled and any(item.touches("metadata.labels") for item in rolled.found):
        times.append(rolled.at)
    if edit:
        times.append(edit.at)
    return max((at for at in times if at), default=None)
