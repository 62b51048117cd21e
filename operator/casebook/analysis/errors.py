"""Errors in logs as symptoms: own exceptions, errors that blame a peer, and errors that say too little."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from casebook.analysis import failures
from casebook.analysis.calls import Peer, peers
from casebook.analysis.graph import MAX_ERRORS, Graph
from casebook.analysis.logs import Entry, Log
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World

RECENT = timedelta(seconds=300)
STARTING = timedelta(seconds=45)
PAUSE = timedelta(seconds=15)
QUIET = timedelta(seconds=30)
SILENCE = timedelta(seconds=90)
GAPS, SOME = 5, 3
LAST_ENTRIES = 10


def errors_of(world: World, workload: Workload, graph: Graph) -> Iterator[Symptom]:
    """Symptoms in the logs of a workload that still go on; what says too little is put down to the peers blamed."""
    found = [
        (log, entry, frozenset(peer.target for peer in blamed))
        for log, entry, blamed in active_errors(world, workload, graph)
    ]
    everyone = frozenset(target for _, _, targets in found for target in targets)
    for log, entry, targets in found:
        sign = sign_of(entry, targets)
        peers_of = everyone if sign is Sign.VAGUE else targets if sign is Sign.PEER_ERRORS else frozenset()
        said = _said(world, entry, targets)
        yield Symptom(workload.ref, sign, said, entry.at, (log.cite(entry),), peers_of)


def sign_of(entry: Entry, targets: frozenset[Ref]) -> Sign:
    """Which kind of symptom an error is."""
    if targets and (entry.kinds & failures.PEER_KINDS or not entry.exception[0]):
        return Sign.PEER_ERRORS
    return Sign.ERRORS if entry.exception[0] and not entry.kinds & failures.PEER_KINDS else Sign.VAGUE


def _said(world: World, entry: Entry, targets: frozenset[Ref]) -> str:
    kind, message = entry.exception
    said = f"{kind}: {message}" if kind else entry.message
    blames = f" (blames {', '.join(sorted(target.label(world.home) for target in targets))})" if targets else ""
    return f"logs errors: {said[:200]}{blames}"


def active_errors(world: World, workload: Workload, graph: Graph) -> list[tuple[Log, Entry, list[Peer]]]:
    """One entry for each distinct error that is not over, the first of its kind, with what it blames."""
    known = graph.calls.get(workload.ref, [])
    return [
        (log, entry, peers(world, workload, entry, known))
        for log in world.logs_of(workload)
        for entry in _still(world, log)
    ]


def _still(world: World, log: Log) -> list[Entry]:
    errors = [entry for entry in log.errors if entry.at is None or entry.at >= world.begin]
    pod = world.pods.get(Ref("Pod", log.namespace, log.pod))
    container = next((item for item in pod.containers if item.name == log.container), None) if pod else None
    if not errors or pod is None or container is None or pod.leaving:
        return []
    steady = container.steady(world.now)
    if log.previous and steady:
        return []
    kinds: dict[str, list[Entry]] = {}
    for entry in errors:
        kinds.setdefault(entry.template, []).append(entry)
    live = container.is_running and not log.previous
    over = _is_over(log, world.now, container.running_since) if live else _never
    return [same[0] for same in list(kinds.values())[:MAX_ERRORS] if not over(same)]


def _never(_: list[Entry]) -> bool:
    return False


def _is_over(log: Log, now: datetime, started: datetime | None) -> Callable[[list[Entry]], bool]:
    """Tells errors that stopped: silent for several times their usual gap, sooner where the log went on without them.

    Errors of the first moments of a container, when what it needs may still be starting, count as over sooner still.
    """
    ends = max((entry.at for entry in log.entries if entry.at), default=None)

    def over(same: list[Entry]) -> bool:
        times = sorted(entry.at for entry in same if entry.at)
        if not times or ends is None:
            return same[-1] not in log.entries[-LAST_ENTRIES:]
        silent = now - times[-1]
        if silent > RECENT:
            return True
        gap = (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else PAUSE / GAPS
        if started is not None and times[-1] - started < STARTING and silent > max(PAUSE, GAPS * gap):
            return True
        later = sum(1 for entry in log.entries if entry.at and entry.at > times[-1])
        return silent > max(QUIET if later >= SOME else SILENCE, GAPS * gap)

    return over
