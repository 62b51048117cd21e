"""WorkloadDeleted: a workload that others call was deleted, and its Service stayed."""

from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.access import strings
from casebook.analysis.deletions import Deletion, deletions
from casebook.analysis.services import ready_endpoints
from casebook.analysis.signs import Sign
from casebook.analysis.things import RESOURCES, Cite, Ref, Thing
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import at, callers_logs_wanted, naming
from casebook.reasoning.situation import Situation


class Orphan(NamedTuple):
    """A Service without any pods, and the workload that was deleted from behind it."""

    service: Thing
    deletion: Deletion


def _detect(situation: Situation) -> Iterator[Candidate[Orphan]]:
    world = situation.world
    for deletion in deletions(world):
        for service in world.all("Service", deletion.workload.namespace):
            if _meant(service, deletion.workload) and not world.selected_by(service):
                yield _candidate(situation, Orphan(service, deletion))


def _meant(service: Thing, workload: Ref) -> bool:
    """Whether a Service is for a workload, as far as names tell: nothing else is left of it."""
    selector = strings(service.raw, "spec", "selector")
    return bool(selector) and workload.name in (service.ref.name, *selector.values())


def _candidate(situation: Situation, orphan: Orphan) -> Candidate[Orphan]:
    gone, service = orphan.deletion.workload, orphan.service.ref
    return Candidate(
        object=gone,
        statement=f"{situation.label(gone)} was deleted{at(orphan.deletion.at)}: no pods are left behind "
        f"{situation.label(service)}",
        harms=frozenset({gone, service}),
        covers=frozenset({Sign.NO_ENDPOINTS}),
        about=orphan,
        since=orphan.deletion.at,
        changed=orphan.deletion.at,
    )


def _is_gone(situation: Situation, found: Candidate[Orphan]) -> Finding:
    listed = situation.world.listed(RESOURCES[found.object.kind], found.object.namespace)
    told = found.about.deletion.told
    if listed is None:
        return UNTESTED
    absent = Cite(listed.id, f"no {found.object.kind} {found.object.name} listed in {found.object.namespace}")
    return held(told.cite(), absent)


def _stopped_lately(situation: Situation, found: Candidate[Orphan]) -> Finding:
    stops = [event for event in found.about.deletion.stops if event.last and event.last >= situation.world.begin]
    return held(*(event.cite() for event in stops[-2:])) if stops else UNTESTED


def _no_endpoints(situation: Situation, found: Candidate[Orphan]) -> Finding:
    slices, ready = ready_endpoints(situation.world, found.about.service)
    cites = [found.about.service.cite("spec", "selector"), *(one.cite("endpoints") for one in slices[:1])]
    return failed(*cites) if ready else held(*cites)


def _missed(situation: Situation, found: Candidate[Orphan]) -> Finding:
    said = [one for one in naming(situation, {found.about.service.ref}) if one.entry.kinds & failures.PEER_KINDS]
    return held(*(one.cite() for one in said[:2])) if said else failed(note="nothing that calls it complains")


def _steps(_: Situation, found: Candidate[Orphan]) -> list[str]:
    where, service = found.object.namespace, found.about.service.ref
    return [
        f"Apply {found.object.kind} {found.object.name} again from where it is kept (Git, Helm, Kustomize).",
        f"If it was taken away on purpose: point its callers elsewhere and delete Service {service.name}.",
        f"kubectl get events -n {where} --sort-by=.lastTimestamp   # what was stopped, and when",
    ]


CAUSES = (
    Cause(
        code="WorkloadDeleted",
        means="A workload that others call was deleted, and its Service has nothing left to send to.",
        names="the workload that is gone",
        explains="a Service without endpoints and the errors of its callers; no failing pod anywhere",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("events speak of it, and it is not there", _is_gone, 200, -300),
            Prediction("its pods were stopped within the time asked about", _stopped_lately, 150, 0),
            Prediction("its Service has no endpoints", _no_endpoints, 100, -350),
            Prediction("those who call it complain", _missed, 200, -250, callers_logs_wanted),
        ),
        steps=_steps,
    ),
)
