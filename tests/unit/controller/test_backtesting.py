"""Backtests: what a proposal would have done to the investigations of the past, on recorded ones."""

from datetime import UTC, datetime
from typing import Any

import pytest

from casebook.api.run import Run, Trace
from casebook.cluster.errors import Unavailable
from casebook.controller.backtesting import Backtests, counted
from casebook.controller.lessons import MEMORIES
from casebook.reasoning.backtest import Effect, effect, may_apply
from casebook.store.errors import StoreUnavailable
from support.memories import cause, memory
from support.memorycluster import MemoryCluster, MemoryReader, MemoryWriter
from support.recorded import trace

RULED_OUT = cause("ImageNotFound", "Deployment/api", "RulesOut")


class Past:
    """Two recorded investigations of one tenant, and none of any other."""

    def __init__(self) -> None:
        self.away = False
        self.read: list[str] = []
        self.kept = {name: named(trace(name), name) for name in ("image-tag-typo", "scaled-to-zero")}

    async def concluded(self, tenant: str, limit: int) -> list[Run]:
        if self.away:
            raise StoreUnavailable("connection refused")
        assert limit == 200
        return [one.run for one in self.kept.values()] if tenant == "ns:shop" else []

    async def trace(self, tenant: str, uid: str) -> Trace | None:
        self.read.append(uid)
        return self.kept[uid]


def named(found: Trace, name: str) -> Trace:
    return found.replace(run=found.run.replace(uid=name, name=name, namespace="shop"))


class Desk:
    def __init__(self, **spec: Any) -> None:
        self.cluster = MemoryCluster(lambda: datetime(2026, 11, 22, tzinfo=UTC))
        self.cluster.namespace("shop")
        self.made = self.cluster.put(
            MEMORIES,
            {
                "metadata": {"name": "m", "namespace": "shop"},
                "spec": {"statement": "m", "state": "Proposed", "claim": RULED_OUT, **spec},
            },
        )
        self.past = Past()
        reader, writer = MemoryReader(self.cluster), MemoryWriter(self.cluster, "backtests")
        self.backtests = Backtests(reader, writer, self.past)  # type: ignore[arg-type]

    async def test(self, tenant: str = "ns:shop") -> dict[str, Any] | None:
        await self.backtests.test(tenant, "shop", "m")
        found: dict[str, Any] | None = self.made.get("status", {}).get("backtest")
        return found


async def test_it_stands_in_the_status_before_anybody_confirms() -> None:
    desk = Desk()
    assert await desk.test() == {
        "version": desk.made["metadata"]["generation"],
        "of": 2,
        "wouldApply": 2,
        "wouldChange": 1,
        "examples": ["image-tag-typo", "scaled-to-zero"],
    }


async def test_what_its_scope_rules_out_is_not_even_read() -> None:
    desk = Desk(scope={"matchLabels": {"alertname": "KubePodCrashLooping"}})
    found = await desk.test()
    assert found is not None
    assert (found["wouldApply"], found["of"], desk.past.read) == (0, 2, [])


async def test_another_tenants_past_counts_nothing() -> None:
    """I8."""
    found = await Desk().test("ns:rival")
    assert found is not None
    assert (found["of"], found["wouldApply"], found["examples"]) == (0, 0, [])


@pytest.mark.parametrize("spec", [{"state": "Confirmed"}, {"state": "Rejected"}, {"claim": None}])
async def test_only_what_waits_to_be_confirmed_and_claims_something_is_tested(spec: dict[str, Any]) -> None:
    assert await Desk(**spec).test() is None


async def test_a_version_is_tested_once() -> None:
    desk = Desk()
    desk.made["status"] = {"backtest": {"version": desk.made["metadata"]["generation"], "of": 7}}
    assert await desk.test() == desk.made["status"]["backtest"]
    assert desk.past.read == []


async def test_it_waits_for_the_store() -> None:
    desk = Desk()
    desk.past.away = True
    with pytest.raises(Unavailable):
        await desk.test()
    assert not desk.backtests.busy


def test_examples_are_first_those_that_it_would_change() -> None:
    told = [(f"a{number}", Effect(applies=True, changes=number > 3)) for number in range(7)]
    found = counted(3, [*told, ("none", Effect(applies=False, changes=False))])
    assert (found.would_apply, found.would_change, found.of, found.version) == (7, 3, 8, 3)
    assert found.examples == ["a4", "a5", "a6", "a0", "a1"]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (cause("ImageNotFound", "Deployment/api"), Effect(applies=True, changes=False)),
        (RULED_OUT, Effect(applies=True, changes=True)),
        (cause("DnsFailing", "Deployment/api"), Effect(applies=True, changes=True)),
    ],
)
def test_a_proposal_is_tested_as_if_it_were_confirmed(claim: dict[str, Any], expected: Effect) -> None:
    found = named(trace("image-tag-typo"), "inv-1")
    proposed = memory(claim=claim, state="Proposed")
    assert may_apply(found.run, proposed)
    assert effect(found, proposed) == expected


def test_the_namespace_of_another_is_out_of_reach() -> None:
    assert not may_apply(named(trace("image-tag-typo"), "inv-1").run, memory(claim=RULED_OUT, namespace="pay"))
