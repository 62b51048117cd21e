"""TrafficSurge: the load rose by itself; everything that it reaches has more to do, and nothing was changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from casebook.analysis.calls import EXTERNAL
from casebook.analysis.changes import Rollout, rollout
from casebook.analysis.curves import shown
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.reasoning.asked.complaint import of_lateness
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import cite_rollout, command
from casebook.reasoning.checks.load import Rise, would_show
from casebook.reasoning.situation import Situation

CLIENTS = Ref(EXTERNAL, "", "clients")
BURDEN = frozenset(
    {Sign.SLOW, Sign.FAILING, Sign.BACKLOG, Sign.VAGUE, Sign.PEER_ERRORS, Sign.NOT_READY, Sign.SCALER, Sign.KILLED}
)
STRAIN = BURDEN | {Sign.LOAD, Sign.THROTTLED}
SOON = timedelta(minutes=1)
"""How long a new revision of what sends requests may take until it sends them."""


@dataclass(frozen=True)
class Surge:
    """The workload at which the load enters and how it rose; `reached` are all whose load rose, `sender` is one."""

    entry: Workload
    rise: Rise
    reached: frozenset[Ref]
    sender: Workload | None

    @property
    def began(self) -> str:
        """Since when."""
        return timestamp(self.rise.began)


def _detect(situation: Situation) -> Iterator[Candidate[Surge]]:
    """One for each workload at which the load enters: none of its callers has more to do than before."""
    risen = situation.rises
    for ref, rise in risen.items():
        callers = _callers(situation, ref)
        if not any(caller in risen for caller in callers):
            reached = frozenset(risen) & situation.graph.upstream([ref]).keys() | {ref}
            sender = situation.world.workloads[callers[0]] if len(callers) == 1 else None
            yield _candidate(situation, Surge(situation.world.workloads[ref], rise, reached, sender))


def _candidate(situation: Situation, surge: Surge) -> Candidate[Surge]:
    rise, fresh = surge.rise, _sender_changed(situation, surge)
    sender = surge.sender.ref if surge.sender else CLIENTS
    return Candidate(
        object=sender,
        statement=f"Requests to {situation.label(surge.entry.ref)} rose from {shown(rise.before)} to "
        f"{shown(rise.after)} a second at {surge.began}, sent by {situation.label(sender)}",
        harms=surge.reached,
        covers=STRAIN,
        about=surge,
        since=None if fresh else rise.began - rise.lag,
        changed=fresh.at if fresh else None,
    )


def _sender_changed(situation: Situation, surge: Surge) -> Rollout | None:
    """The newest revision of what sends the load, if the rise came with it."""
    rolled, began = rollout(surge.sender) if surge.sender else None, surge.rise.began
    if rolled is None or not rolled.telling or rolled.at < situation.world.begin:
        return None
    return rolled if began - surge.rise.lag - SOON <= rolled.at <= began else None


def _callers(situation: Situation, ref: Ref) -> list[Ref]:
    """Workloads that call it, by its Services or directly."""
    world, graph = situation.world, situation.graph
    targets = [ref, *(service.ref for service in world.services_of(world.workloads[ref]))]
    sources = {edge.source for target in targets for edge in graph.needed_by(target) if edge.kind == "calls"}
    return sorted(sources & world.workloads.keys() - {ref})


def _rose(_: Situation, found: Candidate[Surge]) -> Finding:
    said = f"{found.about.rise.said()} since {found.about.began}"
    return held(found.about.rise.cite(said), note=said)


def _sent_anew(situation: Situation, found: Candidate[Surge]) -> Finding:
    rolled = _sender_changed(situation, found.about)
    return held(cite_rollout(rolled)) if rolled else UNTESTED


def _before_the_symptoms(situation: Situation, found: Candidate[Surge]) -> Finding:
    """Retries make load too: load that rises after the symptoms is one of them."""
    onset, rise = situation.harmed_since, found.about.rise
    if onset is None:
        return UNTESTED
    said = rise.cite(f"the load rose at {found.about.began}, the symptoms began at {timestamp(onset)}")
    return held(said) if rise.began - rise.lag <= onset else failed(said)


def _nothing_rolled_out(situation: Situation, found: Candidate[Surge]) -> Finding:
    """A new revision may ask more of others than the one before; not one under which the load stayed what it was.

    Of all that lies behind, also where no log or curve reaches far enough back to tell whether the load rose there.
    """
    rise = found.about.rise
    behind = situation.graph.upstream([found.about.entry.ref]).keys() & situation.world.workloads.keys()
    for ref in sorted(behind):
        rolled = rollout(situation.world.workloads[ref])
        if rolled and rolled.telling and rolled.at >= max(situation.world.begin, rise.began - rise.lag):
            return failed(cite_rollout(rolled))
    return held(found.about.entry.thing.say("no new revision of what the load reaches, when it rose or since"))


def _burdens(situation: Situation, found: Candidate[Surge]) -> Finding:
    """Not every alert is about load: what is overrun answers late, fails, or lets work wait.

    Where someone says that answers come late, that nothing shows it counts only if curves would.
    """
    signs = [one for one in situation.symptoms if one.sign in BURDEN and one.entity in found.harms]
    if signs:
        return held(*signs[0].cites[:1])
    latency, rise = situation.measured("latency", found.about.entry), found.about.rise
    if of_lateness(situation.world) and not would_show(situation.world, latency, rise.began):
        return UNTESTED
    return failed(rise.cite("nothing that it reaches is late"))


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
            Prediction("what sends them was rolled out just before", _sent_anew, 80, 0),
            Prediction("nothing that the load reaches was rolled out then", _nothing_rolled_out, 60, -150),
            Prediction("what it reaches answers late, fails, or lets work wait", _burdens, 60, -200),
            Prediction("the load rose in everything behind it too", _reaches_far, 60, 0),
        ),
        steps=_steps,
    ),
)
