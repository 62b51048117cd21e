"""Workloads with their pods, containers and revisions, seen through the objects that were observed."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from casebook.analysis.access import count, dig, listed, mapping, moment, number, text
from casebook.analysis.revisions import TEMPLATES, Revision, template_of
from casebook.analysis.things import Cite, Ref, Thing

CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "ReplicaSet", "Pod")
SERVING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod")
_UNTRIED = frozenset({"", "ContainerCreating", "PodInitializing"})


@dataclass(frozen=True)
class Container:
    """One container of a pod: its spec beside its status."""

    pod: Thing
    name: str
    init: bool
    index: int
    spec: dict[str, Any] = field(repr=False)
    status: dict[str, Any] = field(repr=False)

    @property
    def waiting(self) -> str:
        """Reason that it waits for, or empty."""
        return text(self.status, "state", "waiting", "reason")

    @property
    def waiting_message(self) -> str:
        """What the kubelet says of the waiting."""
        return text(self.status, "state", "waiting", "message")

    @property
    def running_since(self) -> datetime | None:
        """Since when it runs, if it does."""
        return moment(self.status, "state", "running", "startedAt")

    @property
    def is_running(self) -> bool:
        """Whether it runs now."""
        return isinstance(dig(self.status, "state", "running"), dict)

    @property
    def ended(self) -> dict[str, Any]:
        """The latest termination: the current one, else the last one."""
        return mapping(self.status, "state", "terminated") or mapping(self.status, "lastState", "terminated")

    @property
    def exit_code(self) -> int | None:
        """Exit code of the latest termination."""
        return number(self.ended, "exitCode")

    @property
    def ended_at(self) -> datetime | None:
        """When the latest termination was."""
        return moment(self.ended, "finishedAt")

    @property
    def tried(self) -> bool:
        """Whether the kubelet has got to it: it runs or ran, or waits for something of its own."""
        return self.is_running or bool(self.ended) or self.waiting not in _UNTRIED

    @property
    def restarts(self) -> int:
        """How often it was restarted."""
        return count(self.status, "restartCount")

    @property
    def ready(self) -> bool:
        """Whether it is ready."""
        return dig(self.status, "ready") is True

    @property
    def sidecar(self) -> bool:
        """Whether it is an init container that keeps running."""
        return self.init and text(self.spec, "restartPolicy") == "Always"

    def _path(self) -> tuple[str | int, ...]:
        return ("status", "initContainerStatuses" if self.init else "containerStatuses", self.index)

    def cite_state(self) -> Cite:
        """A citation of its state."""
        note = f"container {self.name}, restarts {self.restarts}"
        return self.pod.cite(*self._path(), "state", note=note)

    def cite_ended(self) -> Cite:
        """A citation of its latest termination."""
        current = bool(mapping(self.status, "state", "terminated"))
        note = f"container {self.name}, restarts {self.restarts}"
        return self.pod.cite(*self._path(), "state" if current else "lastState", "terminated", note=note)

    def steady(self, now: datetime) -> bool:
        """Whether it is up for good after its last end: thrice as long as it lived before, and at least 20 s."""
        if not (self.is_running and (self.ready or self.init)):
            return False
        if not self.restarts:
            return True
        began, ended, since = moment(self.ended, "startedAt"), self.ended_at, self.running_since
        if not (began and ended and since):
            return True
        lived, up = (ended - began).total_seconds(), (now - since).total_seconds()
        return up >= max(20.0, 3 * lived) or up >= 1800


@dataclass(frozen=True)
class Pod:
    """One pod with its containers."""

    thing: Thing
    revision: Ref | None

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """Init containers first, then the others; a container without status has an empty one."""
        return (*self._containers("initContainers", True), *self._containers("containers", False))

    def _containers(self, key: str, init: bool) -> list[Container]:
        field_name = "initContainerStatuses" if init else "containerStatuses"
        at = {text(item, "name"): i for i, item in enumerate(self._statuses(field_name))}
        found = []
        for spec in listed(self.thing.raw, "spec", key):
            name = text(spec, "name")
            index = at.get(name, -1)
            status = mapping(self.thing.raw, "status", field_name, index) if index >= 0 else {}
            found.append(Container(self.thing, name, init, max(index, 0), spec, status))
        return found

    def _statuses(self, field_name: str) -> list[Any]:
        found = dig(self.thing.raw, "status", field_name)
        return found if isinstance(found, list) else []

    @property
    def phase(self) -> str:
        """Its phase."""
        return text(self.thing.raw, "status", "phase")

    @property
    def leaving(self) -> bool:
        """Whether it is being deleted."""
        return bool(text(self.thing.raw, "metadata", "deletionTimestamp"))

    @property
    def gone(self) -> bool:
        """Whether it has ended, whatever the outcome, or is being deleted."""
        return self.leaving or self.phase in ("Succeeded", "Failed")

    @property
    def overlooked(self) -> bool:
        """Whether no scheduler has looked at it: it waits, on no node, and not even the condition is there."""
        return self.phase == "Pending" and not self.node and not self.condition("PodScheduled")

    @property
    def mounted(self) -> bool:
        """Whether its volumes are mounted: the kubelet gets to no container before all of them are."""
        return any(container.tried for container in self.containers)

    def condition(self, kind: str) -> dict[str, Any]:
        """One of its conditions, or empty."""
        return condition(self.thing, kind)

    @property
    def ready(self) -> bool:
        """Whether it is ready."""
        return text(self.condition("Ready"), "status") == "True"

    @property
    def node(self) -> str:
        """Name of its node."""
        return text(self.thing.raw, "spec", "nodeName")

    def cite_condition(self, kind: str) -> Cite:
        """A citation of one condition."""
        return cite_condition(self.thing, kind)


@dataclass(frozen=True)
class Workload:
    """A workload with what belongs to it; revisions are newest first."""

    thing: Thing
    pods: tuple[Pod, ...] = ()
    revisions: tuple[Revision, ...] = ()

    @property
    def ref(self) -> Ref:
        """Its identity."""
        return self.thing.ref

    @cached_property
    def template(self) -> dict[str, Any]:
        """Its pod template."""
        return template_of(self.thing)

    @property
    def desired(self) -> int:
        """Replicas that it should have."""
        if self.ref.kind == "DaemonSet":
            return count(self.thing.raw, "status", "desiredNumberScheduled")
        if self.ref.kind in ("Job", "CronJob", "Pod"):
            return 1
        found = number(self.thing.raw, "spec", "replicas")
        return 1 if found is None else found

    @property
    def serves(self) -> bool:
        """Whether it is meant to run all the time."""
        return self.ref.kind in SERVING

    @cached_property
    def live(self) -> tuple[Pod, ...]:
        """Pods that have not ended and are not leaving."""
        return tuple(pod for pod in self.pods if not pod.gone)

    @property
    def ready(self) -> int:
        """Pods that are ready."""
        return sum(pod.ready for pod in self.live)

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """Containers of its live pods; for a Job also those of pods that ended."""
        pods = self.pods if self.ref.kind in ("Job", "CronJob", "Pod") else self.live
        return tuple(container for pod in pods for container in pod.containers)

    def specs(self) -> list[tuple[str, int, dict[str, Any]]]:
        """(list name, index, spec) of the containers of its template, init containers first."""
        return [
            (key, index, spec)
            for key in ("initContainers", "containers")
            for index, spec in enumerate(listed(self.template, "spec", key))
        ]

    def spec_path(self, key: str, index: int, *more: str | int) -> tuple[str | int, ...]:
        """The path in the object to a container of the template."""
        return (*TEMPLATES.get(self.ref.kind, ("spec", "template")), "spec", key, index, *more)

    def pods_of(self, revision: Revision) -> tuple[Pod, ...]:
        """Live pods of one revision."""
        return tuple(pod for pod in self.live if pod.revision == revision.thing.ref)


def condition(thing: Thing, kind: str) -> dict[str, Any]:
    """One condition of an object's status, or empty."""
    for item in listed(thing.raw, "status", "conditions"):
        if text(item, "type") == kind:
            return item
    return {}


def cite_condition(thing: Thing, kind: str) -> Cite:
    """A citation of one condition: status, reason, message."""
    found = condition(thing, kind)
    said = ", ".join(text(found, key) for key in ("status", "reason", "message") if text(found, key))
    return thing.say(f"condition {kind} = {said or 'absent'}")
