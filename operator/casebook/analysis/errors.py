"""Errors in logs as symptoms: own exceptions, errors that blame a peer, and errors that say too little."""

from collections.abc import Iterator

from casebook.analysis import failures
from casebook.analysis.calls import Peer, peers
from casebook.analysis.graph import Graph
from casebook.analysis.logs import Entry, Log
from casebook.analysis.ongoing import still
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World


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
        for entry in still(world, log)
    ]
