"""Errors in logs as symptoms: own exceptions, errors that blame a peer, and errors that say too little."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from casebook.analysis import failures
from casebook.analysis.access import moment
from casebook.analysis.calls import Peer, peers
from casebook.analysis.graph import MAX_ERRORS, Graph
from casebook.analysis.logs import Entry, Log
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World

RECENT = timedelta(seconds=300)
STARTING = timedelta(seconds=45)
QUIET = timedelta(seconds=30)
LAST_ENTRIES = 10


def errors_of(world: World, workload: Workload, graph: Graph) -> Iterator[Symptom]:
    """Symptoms in the logs of a workload that still go on; what says too little is put down to the peers blamed."""
    found = [
        (log, entry, frozenset(peer.target for peer in blamed))
        for log in world.logs_of(workload)
        for entry, blamed in active_errors(world, workload, log, graph)
    ]
    everyone = frozenset(target for _, _, targets in found for target in targets)
    for log, entry, targets in found:
        sign = sign_of(entry, targets)
        peers_of = everyone if sign is Sign.VAGUE else targets if sign is Sign.PEER_ERRORS else frozenset()
        yield Symptom(workload.ref, sign, _said(entry, targets), entry.at, (log.cite(entry),), peers_of)


def sign_of(entry: Entry, targets: frozenset[Ref]) -> Sign:
    """Which kind of symptom an error is."""
    if targets and (entry.kinds & failures.PEER_KINDS or not entry.exception[0]):
        return Sign.PEER_ERRORS
    return Sign.ERRORS if entry.exception[0] and not entry.kinds & failures.PEER_KINDS else Sign.VAGUE


def _said(entry: Entry, targets: frozenset[Ref]) -> str:
    kind, message = entry.exception
    said = f"{kind}: {message}" if kind else entry.message
    blames = f" (blames {', '.join(sorted(target.label() for target in targets))})" if targets else ""
    return f"logs errors: {said[:200]}{blames}"


def active_errors(world: World, workload: Workload, log: Log, graph: Graph) -> list[tuple[Entry, list[Peer]]]:
    """One entry for each distinct error of a log that is not over, the first of its kind, with what it blames."""
    errors = [entry for entry in log.errors if entry.at is None or entry.at >= world.begin]
    if not errors or not _goes_on(world, workload, log, errors):
        return []
    first: dict[str, Entry] = {}
    for entry in errors:
        first.setdefault(entry.template, entry)
    known = graph.calls.get(workload.ref, [])
    return [(entry, peers(world, workload, entry, known)) for entry in list(first.values())[:MAX_ERRORS]]


def _goes_on(world: World, workload: Workload, log: Log, errors: list[Entry]) -> bool:
    pod = world.pods.get(Ref("Pod", log.namespace, log.pod))
    container = next((item for item in pod.containers if item.name == log.container), None) if pod else None
    if pod is None or container is None or (pod.gone and workload.serves):
        return False
    steady = container.steady(world.now)
    if log.previous:
        return not steady
    if not container.is_running:
        return True
    last = errors[-1].at
    if last is None:
        return any(entry is errors[-1] for entry in log.entries[-LAST_ENTRIES:])
    if world.now - last > RECENT:
        return False
    started = moment(container.status, "state", "running", "startedAt")
    return not (steady and pod.ready and _only_at_start(started, last, world.now))


def _only_at_start(started: datetime | None, last: datetime, now: datetime) -> bool:
    return started is not None and last - started < STARTING and now - last > QUIET
