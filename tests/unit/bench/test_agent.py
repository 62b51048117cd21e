"""Runs with many memories are judged beside the same runs without."""

from types import SimpleNamespace
from typing import Any

import pytest
from bench.archive import memory
from bench.emptyjob import EmptyJob
from bench.measures.agent import AgentProbe, Passage
from bench.pods import Life
from bench.row import Result

from casebook.knowledge.recall import read_all


def passage(started: float) -> Passage:
    """An alert whose agent's container ran so many seconds later, with the report a second after that."""
    empty = EmptyJob(seen_running=1.0, import_seconds=0.4, peak=50 << 20)
    return Passage(100.0, 100.0 + started, Life(100.0 + started, 60 << 20), 101.0 + started, empty)


@pytest.mark.parametrize(("laden", "result"), [(2.4, Result.OK), (2.6, Result.OVER)])
def test_many_memories_may_add_no_more_than_noise(laden: float, result: Result) -> None:
    session: Any = SimpleNamespace(options=SimpleNamespace(memories=10_000))
    installed: Any = None
    probe = AgentProbe(
        session,
        "floor",
        installed,
        passages=[passage(2.0)],
        laden=[passage(laden)],
        judging=[30.0],
        resident={"controller": [90.0]},
    )
    rows = {row.what: row for row in probe.rows("") if row.what.endswith("with 10,000 memories")}
    assert [row.result for row in rows.values() if row.bound] == [result, result]
    assert [row.unit for row in rows.values()] == ["s", "s", "s", "MiB"]


def test_the_memories_that_are_made_make_sense() -> None:
    raws = [memory(number, "shop") for number in range(7)]
    given = {"uid": "u", "resourceVersion": "1", "generation": 1, "creationTimestamp": "2026-11-20T00:00:00Z"}
    found, odd = read_all(raw | {"metadata": raw["metadata"] | given} for raw in raws)
    assert len(found) == 7
    assert not odd
