"""Who set the replicas of a workload, when, and how many it had before."""

import re
from datetime import datetime
from typing import NamedTuple

from casebook.analysis.access import number
from casebook.analysis.changes import edited
from casebook.analysis.fields import applied
from casebook.analysis.things import Cite, Thing
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World

_DOWN = re.compile(r"Scaled down replica set \S+ (?:from \d+ )?to 0|delete Pod \S+ in StatefulSet \S+ successful")
_LOWERED = re.compile(r"Scaled down replica set (?P<set>\S+) from (?P<old>\d+) to (?P<new>[1-9]\d*)$")


class Scaling(NamedTuple):
    """The write that set the replicas: when and by whom as far as recorded, and what shows it."""

    at: datetime | None
    by: str
    before: int | None
    cites: tuple[Cite, ...]

    def said(self) -> str:
        """` by <manager>` and what is known of the number before, in words."""
        had = f", {self.before} in what was last applied" if self.before else ""
        return f"{f' by {self.by}' if self.by else ''}{had}"


def scaling(world: World, workload: Workload) -> Scaling:
    """What is known of the last write to `spec.replicas`.

    A write through the scale subresource (`kubectl scale`, autoscalers) takes the field from its manager and records
    no other: then the controller's event tells when its pods went.
    """
    thing = workload.thing
    edit = edited(thing, "spec", "replicas")
    if edit is not None:
        said = f"spec.replicas = {workload.desired}, written by {edit.manager} at {edit.at:%Y-%m-%dT%H:%M:%SZ}"
        return Scaling(edit.at, edit.manager, _applied(thing), (thing.say(said),))
    events = [one for one in world.about(thing.ref) if _DOWN.search(one.message)]
    at = events[-1].last if events else None
    return Scaling(at, "", _applied(thing), tuple(one.cite() for one in events[-1:]))


class Lowering(NamedTuple):
    """The write that left a workload fewer replicas than before, though some."""

    at: datetime
    by: str
    before: int
    cites: tuple[Cite, ...]


def lowering(world: World, workload: Workload) -> Lowering | None:
    """The last write to `spec.replicas`, if it is known when it was and that there were more before.

    A rollout takes pods from older revisions; only what was taken from the newest one was taken from the workload.
    """
    newest = workload.revisions[0].thing.ref.name if workload.revisions else ""
    for event in reversed(world.about(workload.ref)):
        found = _LOWERED.search(event.message)
        if found and event.last and found["set"] == newest and int(found["new"]) == workload.desired:
            return Lowering(event.last, scaling(world, workload).by, int(found["old"]), (event.cite(),))
    scaled = scaling(world, workload)
    if scaled.at and scaled.before and scaled.before > workload.desired > 0:
        return Lowering(scaled.at, scaled.by, scaled.before, scaled.cites)
    return None


def _applied(thing: Thing) -> int | None:
    before = applied(thing)
    found = number(before, "spec", "replicas")
    return 1 if found is None and before else found
