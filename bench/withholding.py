"""What an investigation would have seen without its logs, its events or its metrics."""

from casebook.api.observation import LOGS, METRICS, PROMETHEUS, Observation, Result
from casebook.api.run import Trace

KINDS = ("logs", "events", "metrics")


def without(trace: Trace, kind: str) -> Trace:
    """The trace with everything of a kind, one of `KINDS`, refused: as where a right or a server is missing."""
    return trace.replace(observations=[_without(item, kind) for item in trace.observations])


def _without(item: Observation, kind: str) -> Observation:
    if kind == "metrics" and item.query.source in {METRICS, PROMETHEUS}:
        return item.replace(result=Result.UNAVAILABLE, data=None, message="nothing answers")
    if (kind == "logs" and item.query.source == LOGS) or (kind == "events" and item.query.resource == "events"):
        return item.replace(result=Result.DENIED, data=None, message="forbidden")
    return item
