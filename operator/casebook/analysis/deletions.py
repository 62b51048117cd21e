"""Workloads that are there no more, by what events tell of them."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from casebook.analysis.events import Event
from casebook.analysis.things import RESOURCES, Ref
from casebook.analysis.world import World

_KINDS = ("Deployment", "StatefulSet", "DaemonSet")
_STOPS = "Killing"


class Deletion(NamedTuple):
    """A workload that events speak of and that is not listed any more.

    `stops` are what the kubelet told of the end of its pods, oldest first; none where it told nothing.
    """

    workload: Ref
    told: Event
    stops: tuple[Event, ...]

    @property
    def at(self) -> datetime | None:
        """When the first of its pods was stopped."""
        return min((event.first for event in self.stops if event.first), default=None)


def deletions(world: World) -> Iterator[Deletion]:
    """Workloads that events speak of, of kinds that were listed to the end without them."""
    told = {event.about: event for event in world.events if event.about.kind in _KINDS}
    for ref, event in sorted(told.items()):
        if ref not in world.things and world.complete(RESOURCES[ref.kind], ref.namespace):
            yield Deletion(ref, event, tuple(_stops(world, ref)))


def _stops(world: World, workload: Ref) -> Iterator[Event]:
    """Ends of pods that carry its name with a controller's ending, and that are gone as well."""
    named = re.compile(rf"{re.escape(workload.name)}-[a-z0-9]+(?:-[a-z0-9]{{5}})?")
    for event in world.events:
        kind, place, name = event.about
        is_one = event.reason == _STOPS and (kind, place) == ("Pod", workload.namespace) and named.fullmatch(name)
        if is_one and event.about not in world.things:
            yield event
