"""Failures that a program names itself and that its newest revision brought: nothing else came with them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from casebook.analysis.changes import Rollout, rollout
from casebook.analysis.failures import TIMEOUT
from casebook.analysis.requests import took
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.reasoning.checks.felt import AT_ONCE
from casebook.reasoning.checks.helpers import troubles
from casebook.reasoning.checks.logged import Said
from casebook.reasoning.checks.slowness import SLOW_SECONDS, is_slow_statement
from casebook.reasoning.situation import Situation

SOON = timedelta(minutes=10)
"""What leaks at every request shows within so long; what shows later may come of anything since."""
NEAR = timedelta(minutes=5)
"""Troubles of others that began so long before a rollout, or since, are as good a reason."""


def brought_by(situation: Situation, said: Said) -> Rollout | None:
    """The newest revision, if its pods alone say so, from soon after they began, and nothing else explains it."""
    rolled = rollout(said.workload)
    if rolled is None or not rolled.program or rolled.at < situation.world.begin:
        return None
    first = _first_of_new_pods(said, rolled)
    if first is None or _others_fail(situation, said, rolled.at) or _load_rose(situation, said.workload, first):
        return None
    return None if _changed_since(situation, said.workload, rolled.at, first) else rolled


def _first_of_new_pods(said: Said, rolled: Rollout) -> datetime | None:
    """When the first pod of the newest revision said so; None where others say so too, or it was not soon."""
    began = {pod.thing.ref.name: pod.thing.created for pod in said.workload.pods_of(rolled.new)}
    told = [(one.entry.at, began.get(one.log.pod)) for one in said.entries]
    times = [(at, since) for at, since in told if at and since]
    if len(times) < len(told):
        return None
    first, since = min(times)
    return first if first - since <= SOON else None


def _others_fail(situation: Situation, said: Said, since: datetime) -> bool:
    """Whether what it calls is in trouble since then or slow, it blames others too, or its callers failed before."""
    workload = said.workload
    mine = {workload.ref, *(service.ref for service in situation.world.services_of(workload))}
    behind = situation.graph.upstream({workload.ref}).keys() - mine
    for symptom in situation.symptoms:
        of_it = bool(symptom.peers & mine)
        if symptom.entity in behind and not of_it and (symptom.since is None or symptom.since >= since - NEAR):
            return True
        if of_it and symptom.sign is Sign.PEER_ERRORS and symptom.since and symptom.since < since - AT_ONCE:
            return True
    rest = [one for one in troubles(situation, workload) if one.entry.template not in _templates(said)]
    return any(one.peers or TIMEOUT in one.entry.kinds for one in rest) or any(_slow(situation, behind, since))


def _templates(said: Said) -> set[str]:
    return {one.entry.template for one in said.entries}


def _slow(situation: Situation, behind: set[Ref], since: datetime) -> Iterator[bool]:
    """Whether entries in the logs of what is called tell of answers that take long since then."""
    for ref in sorted(behind & situation.world.workloads.keys()):
        for log in situation.world.logs_of(situation.world.workloads[ref]):
            for entry in log.entries:
                if entry.at and entry.at >= since - NEAR:
                    yield is_slow_statement(entry) or (took(entry) or 0.0) >= SLOW_SECONDS


def _load_rose(situation: Situation, workload: Workload, first: datetime) -> bool:
    """Whether it or a caller of it had more to do before it failed; retries make load afterwards."""
    reached = situation.graph.downstream({workload.ref})
    return any(ref in reached and rise.began - rise.lag <= first for ref, rise in situation.rises.items())


def _changed_since(situation: Situation, workload: Workload, since: datetime, first: datetime) -> bool:
    """Whether what it calls, reads or is called by was changed between the rollout and the first failure."""
    near = {*situation.graph.upstream({workload.ref}), *situation.graph.downstream({workload.ref})} - {workload.ref}
    return any(
        change.object in near and change.fields and since + AT_ONCE < change.at <= first
        for change in situation.timeline
    )
