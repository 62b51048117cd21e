"""DependencySlow: something that others call is up but answers too late."""

from collections.abc import Iterator
from dataclasses import dataclass

from casebook.analysis import failures
from casebook.analysis.changes import rollout
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.api.enums import Outcome
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import Trouble, cite_rollout, command, only, troubles, undo
from casebook.reasoning.situation import Situation

GONE = frozenset({failures.REFUSED, failures.UNRESOLVED, failures.UNREACHABLE})
SLOW_MS = 1000
OFTEN = 4


@dataclass(frozen=True)
class Late:
    """A workload whose callers time out, and what they say."""

    workload: Workload
    said: tuple[Trouble, ...]


def _detect(situation: Situation) -> Iterator[Candidate[Late]]:
    for workload in situation.workloads:
        said = _blaming(situation, workload)
        late = tuple(one for one in said if failures.TIMEOUT in one.entry.kinds)
        if not workload.serves or not late:
            continue
        found = rollout(workload)
        fresh = found if found and found.at >= situation.world.begin and found.telling else None
        since = min((one.entry.at for one in late if one.entry.at), default=None)
        yield Candidate(
            object=workload.ref,
            statement=f"{situation.label(workload.ref)} answers too late: its callers time out"
            f"{f' since its revision {fresh.new.number}' if fresh else ''}",
            harms=only(workload.ref),
            covers=frozenset({Sign.VAGUE, Sign.PEER_ERRORS}),
            about=Late(workload, late),
            since=None if fresh else since,
            changed=fresh.at if fresh else None,
        )


def _blaming(situation: Situation, workload: Workload) -> list[Trouble]:
    mine: set[Ref] = {one.ref for one in situation.world.services_of(workload)} | {workload.ref}
    return [
        one
        for caller in situation.workloads
        if caller.ref != workload.ref
        for one in troubles(situation, caller)
        if any(peer.target in mine for peer in one.peers)
    ]


def _callers_time_out(_: Situation, found: Candidate[Late]) -> Finding:
    times = sum(one.times for one in found.about.said)
    cites = [one.cite() for one in found.about.said[:2]]
    note = f"{times} times"
    return Finding(_often(times), tuple(cites), note)


def _often(times: int) -> Outcome:
    """One timeout is an accident; a few may be the begin."""
    return Outcome.HELD if times >= OFTEN else Outcome.UNTESTED if times > 1 else Outcome.FAILED


def _is_up(situation: Situation, found: Candidate[Late]) -> Finding:
    workload = found.about.workload
    refused = [one for one in _blaming(situation, workload) if one.entry.kinds & GONE]
    if refused:
        return failed(refused[0].cite())
    if workload.ready < workload.desired or not workload.ready:
        return failed(workload.thing.cite("status", "readyReplicas"))
    return held(workload.live[0].cite_condition("Ready"))


def _waits_for_nobody(situation: Situation, found: Candidate[Late]) -> Finding:
    """Of its own pool of connections, too: then it is not what it does that takes long."""
    said = troubles(situation, found.about.workload)
    own = [one for one in said if one.peers]
    if own:
        return failed(own[0].cite(), note="it blames something that it calls")
    drained = [one for one in said if failures.POOL in one.entry.kinds]
    return failed(drained[0].cite(), note="it waits for a connection") if drained else UNTESTED


def _says_so(situation: Situation, found: Candidate[Late]) -> Finding:
    """Its own log gives durations in a field `ms`, `duration_ms` or `elapsed_ms`."""
    for log in situation.world.logs_of(found.about.workload):
        slow = [entry for entry in log.entries if _milliseconds(entry.parsed.fields) >= SLOW_MS]
        if slow:
            return held(log.cite(slow[-1]))
    return UNTESTED


def _milliseconds(fields: dict[str, str]) -> float:
    value = next((fields[key] for key in ("ms", "duration_ms", "elapsed_ms", "latency_ms") if key in fields), "")
    return float(value) if value.replace(".", "", 1).isdigit() else 0.0


def _new_revision(situation: Situation, found: Candidate[Late]) -> Finding:
    rolled = rollout(found.about.workload)
    if rolled is None or rolled.at < situation.world.begin or not rolled.telling:
        return UNTESTED
    return held(cite_rollout(rolled))


def _steps(_: Situation, found: Candidate[Late]) -> list[str]:
    return [
        undo(found.about.workload),
        f"kubectl top pods -n {found.object.namespace}   # is it short of CPU?",
        command("logs", found.object, "--all-pods --tail=100"),
    ]


CAUSES = (
    Cause(
        code="DependencySlow",
        means="Something that others call is up but answers too late.",
        names="the dependency's workload",
        explains="timeouts of everything that calls it, while all pods are ready",
        base_rate=0.04,
        detect=_detect,
        predictions=(
            Prediction("callers time out again and again when they call it", _callers_time_out, 200, -150),
            Prediction("it is up and refuses nobody", _is_up, 100, -250),
            Prediction("it waits for nobody itself", _waits_for_nobody, 0, -300),
            Prediction("its own log shows slow answers", _says_so, 100, 0),
            Prediction("a new revision of it runs", _new_revision, 120, 0),
        ),
        steps=_steps,
    ),
)
