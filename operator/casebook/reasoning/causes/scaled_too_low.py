"""ScaledTooLow: fewer replicas than before are left, and they cannot do what all of them did."""

from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.graph import scale_target
from casebook.analysis.scaling import Lowering, lowering
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import callers_logs_wanted, command, only, troubles
from casebook.reasoning.situation import Situation

BURDEN = frozenset({Sign.SLOW, Sign.FAILING, Sign.BACKLOG, Sign.NEAR_LIMIT})
LATE = frozenset({failures.TIMEOUT, failures.RESET, failures.STATUS})
RISEN = 1.4
"""From how many times as many requests as before the load itself is the reason."""


class Fewer(NamedTuple):
    """A workload and the write that left it fewer replicas, though some."""

    workload: Workload
    write: Lowering


def _detect(situation: Situation) -> Iterator[Candidate[Fewer]]:
    for workload in situation.workloads:
        write = lowering(situation.world, workload)
        if write is None:
            continue
        by = f" by {write.by}" if write.by else ""
        yield Candidate(
            object=workload.ref,
            statement=f"{situation.label(workload.ref)} was scaled from {write.before} to {workload.desired} replicas"
            f"{by} at {timestamp(write.at)}, which are too few for what it has to do",
            harms=only(workload.ref),
            covers=frozenset({*BURDEN, Sign.VAGUE, Sign.NOT_READY}),
            about=Fewer(workload, write),
            changed=write.at,
        )


def _lowered_lately(situation: Situation, found: Candidate[Fewer]) -> Finding:
    write = found.about.write
    return held(*write.cites) if write.at >= situation.world.begin else failed(*write.cites)


def _left_ones_are_well(_: Situation, found: Candidate[Fewer]) -> Finding:
    unready = [pod for pod in found.about.workload.live if not pod.ready]
    if unready:
        return failed(unready[0].cite_condition("Ready"))
    return held(*(pod.cite_condition("Ready") for pod in found.about.workload.live[:1]))


def _too_much_since(situation: Situation, found: Candidate[Fewer]) -> Finding:
    """Slower answers, work that waits, or callers that wait too long: all since the write."""
    cites = [*_burden(situation, found), *_callers(situation, found)]
    return held(*cites[:2]) if cites else failed(*found.about.write.cites, note="nobody feels it")


def _burden(situation: Situation, found: Candidate[Fewer]) -> Iterator[Cite]:
    for symptom in situation.symptoms:
        its = symptom.entity == found.object or (symptom.sign is Sign.BACKLOG and found.object in symptom.peers)
        if its and symptom.sign in BURDEN and (symptom.since is None or symptom.since >= found.about.write.at):
            yield from symptom.cites[:1]


def _callers(situation: Situation, found: Candidate[Fewer]) -> Iterator[Cite]:
    mine = {service.ref for service in situation.world.services_of(found.about.workload)}
    for caller in situation.workloads:
        for one in troubles(situation, caller) if caller.ref != found.object else ():
            since = one.entry.at is None or one.entry.at >= found.about.write.at
            if since and one.entry.kinds & LATE and any(peer.target in mine for peer in one.peers):
                yield one.cite()


def _nobody_scales_it(situation: Situation, found: Candidate[Fewer]) -> Finding:
    """An autoscaler takes replicas away when there is little to do, and gives them back."""
    scalers = [one for one in situation.world.all("HorizontalPodAutoscaler") if scale_target(one) == found.object]
    return failed(scalers[0].cite("status", "desiredReplicas")) if scalers else UNTESTED


def _no_more_comes_in(situation: Situation, found: Candidate[Fewer]) -> Finding:
    requests = situation.measured("traffic", found.about.workload)
    change = requests.total.shift(situation.world.begin) if requests else None
    if requests is None or change is None or change.ratio < RISEN:
        return UNTESTED
    return failed(requests.cite("more requests come in than before"))


def _steps(_: Situation, found: Candidate[Fewer]) -> list[str]:
    return [
        f"{command('scale', found.object)} --replicas={found.about.write.before}   # ask first who lowered it and why",
        command("get", found.object, "-o yaml --show-managed-fields   # who wrote spec.replicas"),
        "Let an autoscaler keep the replicas if the load changes over the day.",
    ]


CAUSES = (
    Cause(
        code="ScaledTooLow",
        means="Somebody or something left a workload fewer replicas than its load needs.",
        names="workload",
        explains="slow answers, timeouts of callers and work that waits, while all pods that are left are well",
        base_rate=0.015,
        detect=_detect,
        predictions=(
            Prediction("its replicas were lowered within the time asked about", _lowered_lately, 200, -300),
            Prediction("the pods that are left are ready", _left_ones_are_well, 60, -250),
            Prediction(
                "it is slower or behind since, or callers wait", _too_much_since, 300, -250, callers_logs_wanted
            ),
            Prediction("no autoscaler keeps its replicas", _nobody_scales_it, 0, -250),
            Prediction("no more requests come in than before", _no_more_comes_in, 0, -250, metered=True),
        ),
        steps=_steps,
    ),
)
