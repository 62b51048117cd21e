"""Replay: the report again from stored observations, and what of them told it; offline."""

from casebook.analysis.snapshot import Snapshot
from casebook.api.report import Report
from casebook.api.run import Noticed, Telling, Trace
from casebook.reasoning.engine import conclude, cost, weigh
from casebook.reasoning.incidents.incident import EXPLAINED
from casebook.reasoning.incidents.recurring import settled
from casebook.reasoning.incidents.telling import telling
from casebook.reasoning.memories.noticed import noticed


def replay(trace: Trace) -> Report:
    """The report that this engine makes of a trace; what was never observed stays Untested.

    The engine that recorded the trace gives the same bytes again. Another version may conclude otherwise: compare
    `trace.engine` with `ENGINE`.
    """
    snapshot = Snapshot(trace.run, tuple(trace.observations), consultation=trace.consultation)
    return conclude(snapshot, weigh(snapshot), trace.stop, cost(snapshot, trace.milliseconds))


def told(trace: Trace) -> Telling:
    """What told the causes of a trace, for the next occurrence of the same problem. Takes several times a replay.

    Nothing of one that an incident explains: what it was told of then, the next occurrence may not be.
    """
    if trace.stop.reason == EXPLAINED:
        return Telling(is_short=True)
    snapshot = Snapshot(trace.run, tuple(trace.observations))
    board = weigh(snapshot)
    return Telling(is_short=True) if settled(board.situation, board) else telling(snapshot, board, weigh)


def seen_by_the_way(trace: Trace) -> Noticed:
    """What a trace holds that may be worth remembering; nothing of one that an incident explains."""
    if trace.stop.reason == EXPLAINED:
        return Noticed()
    return noticed(weigh(Snapshot(trace.run, tuple(trace.observations))))
