"""The engine alone: saved investigations again, in this process."""

from pathlib import Path

from bench.measures.recorded import LIMIT_MS, milliseconds
from bench.process import CASEBOOK, in_background
from bench.row import Bound, Row
from bench.session import Session
from bench.spread import Spread
from casebook.cli import tracefile
from casebook.reasoning import replay as engine


class NoTraceError(Exception):
    """Nothing was saved that could be replayed."""


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Each trace that `investigate` and `workloads` have saved, several times; and the whole command once each."""
    files = sorted(session.traces.glob("*.json*"))
    if not files:
        raise NoTraceError(f"no saved investigation in {session.traces}: run `python -m bench investigate replay`")
    session.tell(f"replaying {len(files)} traces")
    traces = [tracefile.load(file) for file in files]
    engines = [milliseconds(engine.replay, trace) for _ in range(session.runs) for trace in traces]
    whole = [(await in_background([CASEBOOK, "replay", str(file), "-o", "json"])).seconds * 1000 for file in files]
    seen = [len(trace.observations) for trace in traces]
    note = f"{len(files)} traces of {min(seen)} to {max(seen)} observations; slowest {slowest(files, engines)}"
    bound = Bound("<", LIMIT_MS, judged="max")
    return [
        Row("replay", "engine alone over a saved trace", "ms", Spread.of(engines), bound, note=note),
        Row("replay", "casebook replay as a whole process", "ms", Spread.of(whole)),
    ]


def slowest(files: list[Path], times: list[float]) -> str:
    """Name of the trace that took longest; `times` goes round all files again and again."""
    return files[times.index(max(times)) % len(files)].stem
