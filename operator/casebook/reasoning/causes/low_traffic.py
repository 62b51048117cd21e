"""LowTraffic: a ratio over so few requests that one failure more or less sets the alert off."""

from collections.abc import Iterator
from dataclasses import dataclass

from casebook.analysis.promql import is_quotient
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.reasoning.asked.alerts import Rerun
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held, tested
from casebook.reasoning.checks.deviations import FEW_REQUESTS, volume
from casebook.reasoning.planning.measuring import Measured
from casebook.reasoning.situation import Situation


@dataclass(frozen=True)
class Few:
    """An alert on a ratio, and the requests that it is made of."""

    rerun: Rerun
    requests: Measured
    count: float


def _detect(situation: Situation) -> Iterator[Candidate[Few]]:
    counted = situation.measurements.get("traffic", {})
    for rerun in situation.reruns:
        ref = next((ref for ref in rerun.alarm.named if ref in counted), None)
        if ref is not None and is_quotient(rerun.alarm.condition.expression):
            count = volume(situation.world, counted[ref].total)
            yield _candidate(situation, ref, Few(rerun, counted[ref], count))


def _candidate(situation: Situation, ref: Ref, few: Few) -> Candidate[Few]:
    return Candidate(
        object=ref,
        statement=f"Alert {few.rerun.alarm.name} divides by the about {few.count:.0f} requests to "
        f"{situation.label(ref)} in the time asked about: a single failure sets it off",
        harms=frozenset({ref}),
        covers=frozenset({Sign.ALERT}),
        about=few,
        since=few.rerun.since,
    )


def _few(_: Situation, found: Candidate[Few]) -> Finding:
    few = found.about
    said = f"about {few.count:.0f} requests in the time asked about"
    return tested(few.count < FEW_REQUESTS, few.requests.cite(said))


def _is_a_ratio(_: Situation, found: Candidate[Few]) -> Finding:
    return held(found.about.rerun.cite())


def _is_well(situation: Situation, found: Candidate[Few]) -> Finding:
    workload = situation.world.workloads[found.object]
    if workload.ready < workload.desired or not workload.ready:
        return failed(workload.thing.cite("status", "readyReplicas"))
    return held(*(pod.cite_condition("Ready") for pod in workload.live[:1]))


def _nothing_else(situation: Situation, _: Candidate[Few]) -> Finding:
    others = [one for one in situation.pressing if one.sign is not Sign.ALERT]
    return failed(*others[0].cites[:1]) if others else UNTESTED


def _steps(_: Situation, found: Candidate[Few]) -> list[str]:
    name = found.about.rerun.alarm.name
    return [
        f"Let alert {name} ask for a least number of requests too, for example `and sum(increase(...[1h])) > 20`.",
        "Close or silence the alert; nothing needs mending now.",
    ]


CAUSES = (
    Cause(
        code="LowTraffic",
        means="The alert is a ratio over so few requests that it means nothing.",
        names="what was looked at",
        explains="a high share of failures while hardly anybody asks",
        base_rate=0.1,
        detect=_detect,
        predictions=(
            Prediction("there are less than 20 requests in the time asked about", _few, 250, -500),
            Prediction("the alert divides by the number of requests", _is_a_ratio, 100, -300),
            Prediction("its pods are ready", _is_well, 100, -400),
            Prediction("nothing on the path deviates but the alert", _nothing_else, 0, -400),
        ),
        steps=_steps,
        fault=False,
    ),
)
