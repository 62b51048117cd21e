"""ScaledToZero: a workload that others need was set to no replicas."""

from collections.abc import Iterator

from casebook.analysis.scaling import scaling
from casebook.analysis.signs import Sign
from casebook.analysis.workloads import Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held, tested
from casebook.reasoning.checks.helpers import at, callers_logs_wanted, command
from casebook.reasoning.checks.planned import announcement, blamed_for, replaced
from casebook.reasoning.checks.starved import starved
from casebook.reasoning.situation import Situation


def _detect(situation: Situation) -> Iterator[Candidate[Workload]]:
    for workload in situation.workloads:
        if workload.ref.kind not in ("Deployment", "StatefulSet") or workload.desired:
            continue
        scaled = scaling(situation.world, workload)
        unfed = {one.workload.ref for one in starved(situation, workload, scaled.at)}
        yield Candidate(
            object=workload.ref,
            statement=f"{situation.label(workload.ref)} was set to 0 replicas{at(scaled.at)}{scaled.said()}",
            harms=frozenset({workload.ref, *unfed}),
            covers=frozenset({Sign.NO_PODS}),
            about=workload,
            since=scaled.at,
            changed=scaled.at,
        )


def _no_pods(_: Situation, found: Candidate[Workload]) -> Finding:
    return tested(not found.about.ready, found.about.thing.cite("spec", "replicas"))


def _set_lately(situation: Situation, found: Candidate[Workload]) -> Finding:
    if found.changed is None:
        return UNTESTED
    return tested(found.changed >= situation.world.begin, *scaling(situation.world, found.about).cites)


def _missed(situation: Situation, found: Candidate[Workload]) -> Finding:
    if found.object in situation.focus:
        return held(found.about.thing.cite("spec", "replicas"), note="it is what was asked about")
    unfed = list(starved(situation, found.about, found.changed))
    if unfed:
        shared = situation.label(unfed[0].shared)
        return held(unfed[0].cite(), note=f"what was asked about takes from {shared} too, and its log changed then")
    services = {service.ref for service in situation.world.services_of(found.about)}
    blamed = blamed_for(situation, found.about)
    if blamed:
        return held(*(cite for one in blamed[:2] for cite in one.cites[:1]))
    if services & set(situation.path) and any(one.entity in situation.path for one in situation.pressing):
        return UNTESTED
    return failed(note="nothing that calls it complains")


def _no_others_instead(situation: Situation, found: Candidate[Workload]) -> Finding:
    instead = replaced(situation, found.about)
    return failed(instead) if instead and not blamed_for(situation, found.about) else UNTESTED


def _not_announced(situation: Situation, found: Candidate[Workload]) -> Finding:
    """An announcement excuses nothing as long as callers fail."""
    said = announcement(found.about.thing)
    harmed = blamed_for(situation, found.about)
    return failed(said) if said and not harmed else UNTESTED


def _steps(situation: Situation, found: Candidate[Workload]) -> list[str]:
    before = scaling(situation.world, found.about).before or 1
    return [
        f"{command('scale', found.object)} --replicas={before}   # ask first who set it to 0 and why",
        command("get", found.object, "-o yaml --show-managed-fields   # who wrote spec.replicas"),
    ]


CAUSES = (
    Cause(
        code="ScaledToZero",
        means="Somebody or something set a workload that others need to no replicas.",
        names="workload",
        explains="Services without endpoints, errors of everything that calls it; no failing pod anywhere",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            Prediction("it has no pods because none are wanted", _no_pods, 150, -300),
            Prediction("replicas were set within the time asked about", _set_lately, 150, -200),
            Prediction(
                "someone misses it: the question, or callers that log failures", _missed, 250, -250, callers_logs_wanted
            ),
            Prediction("it was not announced as planned", _not_announced, 0, -400),
            Prediction("no others took its place before", _no_others_instead, 0, -400),
        ),
        steps=_steps,
    ),
)
