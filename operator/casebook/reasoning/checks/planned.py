"""Announcements of planned work on an object, by annotations that people and scalers use for it."""

import re

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
