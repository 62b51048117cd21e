"""What a later investigation saw is kept with the earlier case, once; what cannot be read now is tried again."""

from datetime import timedelta

import pytest

from casebook.api.run import Stop, Trace
from casebook.cluster.errors import Unavailable
from casebook.controller.hinting import Hints
from support.builders import NOW, NS, configmap, managed, run, snapshot
from support.pastcases import MemoryCases, past

TENANT = "label:acme"
BLAMED = {"entity": f"ConfigMap/{NS}/settings", "field": "data.URL", "new": "http://typo", "old": "http://api"}


class Traces:
    """One stored trace, in which the ConfigMap was put back."""

    def __init__(self) -> None:
        self.read: list[tuple[str, str]] = []

    async def trace(self, tenant: str, uid: str) -> Trace | None:
        self.read.append((tenant, uid))
        mended = configmap("settings", {"URL": "http://api"})
        mended["metadata"]["managedFields"] = [managed("kubectl-edit", 100, {"f:data": {"f:URL": {}}})]
        seen = snapshot(run().replace(uid=uid), [mended])
        return Trace(engine="e", run=seen.run, stop=Stop(reason="Clear"), observations=list(seen.observations))


def kept() -> MemoryCases:
    return MemoryCases(past(1, at=NOW - timedelta(seconds=200), blamed=[BLAMED]), tenant=TENANT)


async def test_it_is_kept_with_the_case_and_looked_for_no_more() -> None:
    cases, traces = kept(), Traces()
    hints = Hints(traces, cases)
    assert await hints.look(TENANT, "later", NOW) == 1
    hint = cases.kept[TENANT, "uid-1"].hint
    assert hint is not None
    assert "put back" in hint.note
    assert await hints.look(TENANT, "later-still", NOW) == 0
    assert traces.read == [(TENANT, "later")]


async def test_no_trace_is_read_where_nothing_waits() -> None:
    traces = Traces()
    assert await Hints(traces, kept()).look("label:rival", "later", NOW) == 0
    assert await Hints(traces, kept()).look(TENANT, "uid-1", NOW) == 0
    assert traces.read == []


async def test_a_store_that_is_away_is_asked_again() -> None:
    cases = kept()
    cases.away = True
    with pytest.raises(Unavailable):
        await Hints(Traces(), cases).look(TENANT, "later", NOW)
