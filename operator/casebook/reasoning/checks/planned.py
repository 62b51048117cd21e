"""Announcements of planned work on an object, by annotations that people and scalers use for it."""

import re
from datetime import timedelta

from casebook.analysis.access import strings
from casebook.analysis.changes import rewritten
from casebook.analysis.scaling import scaling
from casebook.analysis.services import ready_endpoints
from casebook.analysis.signs import Symptom
from casebook.analysis.things import Cite, Thing
from casebook.analysis.workloads import Workload
from casebook.reasoning.situation import Situation

_KEY = re.compile(
    r"maintenance|planned|downtime|downscaler|off-?hours|scheduled|decommission|change-ticket|scaled-down",
    re.IGNORECASE,
)
_SAID = re.compile(r"maintenance|planned|scheduled|off-?hours|decommission|night|weekend", re.IGNORECASE)
_TELLING = ("reason", "note", "cause", "description")
MOMENT = timedelta(seconds=2)
"""Times of objects are whole seconds."""
_NEGATIVE = {"", "false", "no", "0", "none"}


def blamed_for(situation: Situation, workload: Workload) -> list[Symptom]:
    """Symptoms of callers that blame a workload's Services."""
    services = {service.ref for service in situation.world.services_of(workload)}
    return [one for one in situation.symptoms if one.peers & services]


def announcement(thing: Thing) -> Cite | None:
    """A citation of the annotation that says that what was done to the object was planned, if it carries one."""
    for key, value in sorted(thing.annotations.items()):
        said = key.lower().endswith(_TELLING) and _SAID.search(value)
        if value.strip().lower() not in _NEGATIVE and (_KEY.search(key) or said):
            return thing.cite("metadata", "annotations", key)
    return None


def replaced(situation: Situation, workload: Workload) -> Cite | None:
    """A citation of the Service that was pointed from a workload to ready others before that was scaled to 0."""
    world, labels = situation.world, strings(workload.template, "metadata", "labels")
    scaled = None if workload.desired else scaling(world, workload).at
    if scaled is None:
        return None
    for service in world.all("Service"):
        selector = strings(service.raw, "spec", "selector")
        written = rewritten(service, "spec", "selector")
        if written is None or written.at > scaled + MOMENT:
            continue
        equal = {key for key, value in selector.items() if labels.get(key) == value}
        moved = selector.keys() <= labels.keys() and equal and equal != selector.keys()
        if moved and service.ref.namespace == workload.ref.namespace and ready_endpoints(world, service)[1]:
            return service.cite("spec", "selector")
    return None
