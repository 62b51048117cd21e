"""TrafficSurge: the load rose by itself; everything that it reaches has more to do, and nothing was changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from casebook.analysis.calls import EXTERNAL
from casebook.analysis.changes import rollout
from casebook.analysis.curves import shown
from casebook.analysis.robust import Shift
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import cite_rollout, command
from casebook.reasoning.planning.measuring import Measured
from casebook.reasoning.situation import Situation

CLIENTS = Ref(EXTERNAL, "", "clients")
TIMES = 2.0
LEAST = 1.0
"""Requests a second: below that, a doubling is a handful of requests."""
BURDEN = frozenset(
    {Sign.SLOW, Sign.FAILING, Sign.BACKLOG, Sign.VAGUE, Sign.PEER_ERRORS, Sign.NOT_READY, Sign.SCALER, Sign.KILLED}
)
LAG = timedelta(minutes=3)
"""A rate looks back over three minutes, so that a symptom may show before the rise does."""


@dataclass(frozen=True)
class Surge:
    """The workload at which the load enters, its requests, and how they rose; `reached` are all whose load rose."""

    entry: Workload
    requests: Measured
    rise: Shift
    reached: frozenset[Ref]

    @property
    def began(self) -> str:
        """Since when."""
        return timestamp(self.requests.total.at(self.rise.step))


def _detect(situation: Situation) -> Iterator[Candidate[Surge]]:
    """One for each workload at which the load enters: none of its callers has more to do than before."""
    risen = _risen(situation)
    for ref, (requests, rise) in risen.items():
        callers = _callers(situation, ref)
        if not any(caller in risen for caller in callers):
            reached = frozenset(risen) & situation.graph.upstream([ref]).keys() | {ref}
            surge = Surge(situation.world.workloads[ref], requests, rise, reached)
            yield _candidate(situation, surge, callers[0] if len(callers) == 1 else CLIENTS)


def _candidate(situation: Situation, surge: Surge, sender: Ref) -> Candidate[Surge]:
    rise, began = surge.rise, surge.requests.total.at(surge.rise.step)
    workload = situation.world.workloads.get(sender)
    rolled = rollout(workload) if workload else None
    fresh = rolled if rolled and situation.world.begin <= rolled.at <= began and rolled.telling else None
    return Candidate(
        object=sender,
        statement=f"Requests to {situation.label(surge.entry.ref)} rose from {shown(rise.before)} to "
        f"{shown(rise.after)} a second at {surge.began}, sent by {situation.label(sender)}",
        harms=surge.reached,
        covers=BURDEN,
        about=surge,
        since=None if fresh else began - LAG,
        changed=fresh.at if fresh else None,
    )


def _risen(situation: Situation) -> dict[Ref, tuple[Measured, Shift]]:
    found = {}
    for ref, requests in situation.measurements.get("traffic", {}).items():
        change = requests.total.shift(situation.world.begin)
        if change and change.ratio >= TIMES and change.after - change.before >= LEAST:
            found[ref] = (requests, change)
    return found


def _callers(situation: Situation, ref: Ref) -> list[Ref]:
    """Workloads that call it, by its Services or directly."""
    world, graph = situation.world, situation.graph
    targets = [ref, *(service.ref for service in world.services_of(world.workloads[ref]))]
    sources = {edge.source for target in targets for edge in graph.needed_by(target) if edge.kind == "calls"}
    return sorted(sources & world.workloads.keys() - {ref})


def _rose(_: Situation, found: Candidate[Surge]) -> Finding:
    rise = found.about.rise
    said = f"{shown(rise.before)} -> {shown(rise.after)} requests a second since {found.about.began}"
    return held(found.about.requests.cite(said), note=said)


def _before_the_symptoms(situation: Situation, found: Candidate[Surge]) -> Finding:
    """Retries make load too: load that rises after the symptoms is one of them."""
    onset, began = situation.onset, found.about.requests.total.at(found.about.rise.step)
    if onset is None:
        return UNTESTED
    said = found.about.requests.cite(f"the load rose at {found.about.began}, the symptoms began at {timestamp(onset)}")
    return held(said) if began - LAG <= onset else failed(said)


def _nothing_rolled_out(situation: Situation, found: Candidate[Surge]) -> Finding:
    for ref in sorted(found.about.reached):
        rolled = rollout(situation.world.workloads[ref])
        if rolled and rolled.telling and rolled.at >= situation.world.begin:
            return failed(cite_rollout(rolled))
    return held(found.about.entry.thing.say("no new revision of what the load reaches, in the time asked about"))


def _burdens(situation: Situation, found: Candidate[Surge]) -> Finding:
    """Not every alert is about load: what is overrun answers late, fails, or lets work wait."""
    signs = [one for one in situation.symptoms if one.sign in BURDEN and one.entity in found.harms]
    return held(*signs[0].cites[:1]) if signs else failed(found.about.requests.cite("nothing that it reaches is late"))


def _reaches_far(_: Situation, found: Candidate[Surge]) -> Finding:
    others = found.about.reached - {found.about.entry.ref}
    return held(note=f"also of {', '.join(sorted(ref.name for ref in others)[:4])}") if others else UNTESTED


def _steps(_: Situation, found: Candidate[Surge]) -> list[str]:
    entry = found.about.entry.ref
    return [
        command("scale", entry, "--replicas=<more>   # more pods, if nodes and what it calls have room"),
        "Find out who sends them (a campaign, a client that retries without pause, a crawler) and limit their rate.",
        f"kubectl get hpa -n {entry.namespace}   # does anything scale with the load?",
    ]


CAUSES = (
    Cause(
        code="TrafficSurge",
        means="Load rose, nothing was changed.",
        names="External/clients, or the workload that sends it",
        explains="latency, errors and restarts of everything that the load reaches",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            Prediction("requests at least doubled against the time before", _rose, 220, -300),
            Prediction("the load rose before the symptoms", _before_the_symptoms, 100, -350),
            Prediction("nothing that the load reaches has a new revision", _nothing_rolled_out, 60, -150),
            Prediction("what it reaches answers late, fails, or lets work wait", _burdens, 60, -200),
            Prediction("the load rose in everything behind it too", _reaches_far, 60, 0),
        ),
        steps=_steps,
    ),
)
