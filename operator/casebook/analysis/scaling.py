"""Who set the replicas of a workload, when, and how many it had before."""

import json
import re
from datetime import datetime
from typing import NamedTuple

from casebook.analysis.access import number
from casebook.analysis.changes import edited
from casebook.analysis.things import Cite, Thing
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_DOWN = re.compile(r"Scaled down replica set \S+ (?:from \d+ )?to 0|delete Pod \S+ in StatefulSet \S+ successful")


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


def _applied(thing: Thing) -> int | None:
    try:
        applied = json.loads(thing.annotations.get(LAST_APPLIED, "null"))
    except ValueError:
        return None
    found = number(applied, "spec", "replicas")
    return 1 if found is None and applied else found
