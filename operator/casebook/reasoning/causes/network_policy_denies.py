"""NetworkPolicyDenies: a NetworkPolicy leaves callers no way to what they call, or to the DNS."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.access import listed, text
from casebook.analysis.changes import changed_after_creation, edits
from casebook.analysis.logs import Entry, Log
from casebook.analysis.policies import EGRESS, closing, keeps_from_names, party
from casebook.analysis.services import target_ports
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref, Thing
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import Trouble, command, troubles
from casebook.reasoning.situation import Situation

CUT = frozenset({failures.TIMEOUT, failures.UNREACHABLE, failures.RESET, failures.REFUSED})
DROPPED = frozenset({failures.TIMEOUT, failures.UNREACHABLE})
_PATH = re.compile(r"https?://[^/\s]+(/[\w./-]{2,})")


class Shut(NamedTuple):
    """A policy, whom it keeps from what, and what the callers say."""

    policy: Thing
    caller: Workload
    called: tuple[Workload, ...]
    said: tuple[Trouble, ...]


def _detect(situation: Situation) -> Iterator[Candidate[Shut]]:
    found: dict[tuple[Ref, Ref], Candidate[Shut]] = {}
    for caller in situation.workloads:
        for one in troubles(situation, caller):
            for shut, harmed in _shut(situation, caller, one):
                found.setdefault((shut.policy.ref, harmed), _candidate(situation, shut, harmed))
    yield from found.values()


def _shut(situation: Situation, caller: Workload, one: Trouble) -> Iterator[tuple[Shut, Ref]]:
    world, mine = situation.world, party(situation.world, caller)
    if failures.UNRESOLVED in one.entry.kinds:
        for policy in keeps_from_names(world, mine):
            yield Shut(policy, caller, (), (one,)), caller.ref
    for peer in one.peers if one.entry.kinds & CUT else ():
        service = world.things.get(peer.target)
        for called in world.selected_by(service) if service else ():
            for side, policy in closing(world, mine, party(world, called), _ports(service, called)):
                yield Shut(policy, caller, (called,), (one,)), caller.ref if side == EGRESS else peer.target


def _ports(service: Thing | None, called: Workload) -> frozenset[int | str]:
    """Where traffic of a Service arrives: numbers, and the names that container ports have."""
    targets = {target for _, target, _ in target_ports(service)} if service else set()
    found: set[int | str] = {target for target in targets if isinstance(target, int | str)}
    for _, _, spec in called.specs():
        for item in listed(spec, "ports"):
            both = {item.get("containerPort"), text(item, "name") or None} - {None}
            found |= {one for one in both if isinstance(one, int | str)} if both & found else set()
    return frozenset(found)


def _candidate(situation: Situation, shut: Shut, harmed: Ref) -> Candidate[Shut]:
    to = f"to {situation.label(shut.called[0].ref)}" if shut.called else "to any DNS server"
    newest = changed_after_creation(shut.policy)
    at = newest.at if newest else shut.policy.created
    return Candidate(
        object=shut.policy.ref,
        statement=f"{situation.label(shut.policy.ref)} leaves {situation.label(shut.caller.ref)} no way {to}",
        harms=frozenset({harmed}),
        covers=frozenset({Sign.PEER_ERRORS, Sign.VAGUE, Sign.ERRORS, Sign.CRASH, Sign.NOT_READY}),
        about=shut,
        changed=at if at and at >= situation.world.begin else None,
    )


def _no_rule_admits(_: Situation, found: Candidate[Shut]) -> Finding:
    policy = found.about.policy
    labels = found.about.caller.thing.cite(*_labels(found.about.caller))
    return held(policy.cite("spec"), labels)


def _labels(workload: Workload) -> tuple[str, ...]:
    return ("metadata", "labels") if workload.ref.kind == "Pod" else ("spec", "template", "metadata", "labels")


def _nothing_answers(_: Situation, found: Candidate[Shut]) -> Finding:
    """A policy drops packets: callers wait in vain. A refusal is an answer of the other side, or of few plugins."""
    said = found.about.said[0]
    if said.entry.kinds & DROPPED or failures.UNRESOLVED in said.entry.kinds:
        return held(said.cite())
    return failed(said.cite(), note="it is refused, so packets arrive")


def _called_is_well(situation: Situation, found: Candidate[Shut]) -> Finding:
    for called in found.about.called:
        ready = [pod for pod in called.live if pod.ready]
        if not ready:
            return failed(called.thing.cite("status"), note="it has no ready pod")
        blamed = [one for one in troubles(situation, called) if one.peers]
        return failed(blamed[0].cite()) if blamed else held(ready[0].cite_condition("Ready"))
    return UNTESTED


def _nobody_gets_through(situation: Situation, found: Candidate[Shut]) -> Finding:
    """Where the network does not enforce policies, requests still arrive, or the caller still gets answers."""
    begin = min((one.entry.at for one in found.about.said if one.entry.at), default=None)
    names = {called.ref.name for called in found.about.called}
    for log in situation.world.logs_of(found.about.caller) if begin else ():
        told = [one for one in _after(log, begin) if not one.is_error]
        through = [one for one in told if {peer.host.split(".")[0] for peer in one.peers} & names]
        if through:
            return failed(log.cite(through[-1]), note="it still gets through")
    paths = {path[1] for one in found.about.said if (path := _PATH.search(one.entry.message))}
    for called in found.about.called if begin else ():
        for log in situation.world.logs_of(called):
            arrived = [one for one in _after(log, begin) if any(path in one.message for path in paths)]
            if arrived:
                return failed(log.cite(arrived[-1]), note="its requests arrive")
    return UNTESTED


def _after(log: Log, begin: datetime | None) -> list[Entry]:
    return [entry for entry in log.entries if begin and entry.at and entry.at > begin]


def _written_lately(_: Situation, found: Candidate[Shut]) -> Finding:
    if found.changed is None:
        return UNTESTED
    by = next((f" by {edit.manager}" for edit in edits(found.about.policy)), "")
    return held(found.about.policy.say(f"written{by} at {timestamp(found.changed)}"))


def _steps(_: Situation, found: Candidate[Shut]) -> list[str]:
    caller = found.about.caller.ref
    return [
        f"Let NetworkPolicy {found.object.name} admit {caller.kind} {caller.name}, or label its pods as it asks.",
        command("edit", found.object, "  # traffic follows within seconds"),
        command("describe", found.object),
    ]


CAUSES = (
    Cause(
        code="NetworkPolicyDenies",
        means="A NetworkPolicy leaves callers no way to what they call.",
        names="NetworkPolicy",
        explains="callers that time out while what they call is well",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("no rule of the policies there admits the caller", _no_rule_admits, 300, 0),
            Prediction("callers wait in vain", _nothing_answers, 120, -200),
            Prediction("what they call is well", _called_is_well, 80, -200),
            Prediction("nobody gets through", _nobody_gets_through, 0, -350),
            Prediction("the policy was written lately", _written_lately, 120, 0),
        ),
        steps=_steps,
    ),
)
