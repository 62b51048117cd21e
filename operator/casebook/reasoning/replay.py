"""Replay: the report again from stored observations, offline."""

from casebook.analysis.snapshot import Snapshot
from casebook.api.report import Report
from casebook.api.run import Trace
from casebook.reasoning.engine import conclude, cost, weigh


def replay(trace: Trace) -> Report:
    """The report that this engine makes of a trace; what was never observed stays Untested.

    The engine that recorded the trace gives the same bytes again. Another version may conclude otherwise: compare
    `trace.engine` with `ENGINE`.
    """
    snapshot = Snapshot(trace.run, tuple(trace.observations), consultation=trace.consultation)
    return conclude(snapshot, weigh(snapshot), trace.stop, cost(snapshot, trace.milliseconds))
