"""Pods that the kubelet evicted, by what it says of them."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis.access import moment, quantity, text
from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Pod
from casebook.analysis.world import World

RECENT = timedelta(minutes=15)
_LOW = re.compile(r"The node was low on resource: (?P<what>[\w.-]*\w)")
_USED = re.compile(
    r"Container (?P<name>[\w.-]+) was using (?P<used>[\d.]+[A-Za-z]*), request is (?P<asked>[\d.]+[A-Za-z]*)"
)
_OWN = re.compile(
    r"exceeds the (?:total )?limit|exceeded its local ephemeral storage limit|ephemeral local storage usage exceeds"
)
_RESOURCES = {
    "memory": "MemoryPressure", "ephemeral-storage": "DiskPressure", "nodefs": "DiskPressure",
    "imagefs": "DiskPressure", "inodes": "DiskPressure", "pids": "PIDPressure",
}  # fmt: skip


class Eviction(NamedTuple):
    """One pod that was evicted: the condition of its node that was to be relieved, or none for its own limit."""

    pod: Pod
    workload: Ref
    at: datetime | None
    message: str
    condition: str

    @property
    def excess(self) -> float:
        """How much more than it requested its greediest container used, in bytes; 0 where that is not said."""
        sizes = [(quantity(one["used"]), quantity(one["asked"])) for one in _USED.finditer(self.message)]
        return max([(used or 0.0) - (asked or 0.0) for used, asked in sizes], default=0.0)

    def cite(self) -> Cite:
        """A citation of the kubelet's words."""
        return self.pod.thing.cite("status", "message")


def evictions(world: World) -> Iterator[Eviction]:
    """Pods that were evicted within the last quarter of an hour and are still there to tell of it."""
    for pod in world.pods.values():
        if text(pod.thing.raw, "status", "reason") != "Evicted":
            continue
        at = _when(world, pod)
        message = text(pod.thing.raw, "status", "message")
        low = _LOW.search(message)
        condition = _RESOURCES.get(low["what"], "") if low else ""
        if (condition or _OWN.search(message)) and (at is None or world.now - at <= RECENT):
            yield Eviction(pod, world.top(pod.thing.ref), at, message, condition)


def _when(world: World, pod: Pod) -> datetime | None:
    told = [event.last for event in world.about(pod.thing.ref) if event.reason == "Evicted" and event.last]
    ended = [at for one in pod.containers if (at := one.ended_at)]
    disrupted = moment(pod.condition("DisruptionTarget"), "lastTransitionTime")
    return max([*told, *ended, *([disrupted] if disrupted else [])], default=None)
