"""A run: its namespaces, its row, and that it cleans up."""

import asyncio
import json

from casebook.api.enums import Verdict
from casebook.api.report import Cost, Report
from scenariokit.cli import tenth_of
from scenariokit.format import Scenario, Variation
from scenariokit.kubectl import CommandError
from scenariokit.run import Options, Runner, all_runs, await_gone, owners_in, placed
from unit.hack.scenarios.fakes import FakeKube, failed


class FakeWay:
    """Answers every question with one report, or an error, or never."""

    name = "cli"

    def __init__(self, answer=None) -> None:
        self.answer, self.asked = answer or Report(verdict=Verdict.NO_FAULT, summary="", cost=Cost(observations=7)), []

    async def ask(self, kube, question):
        self.asked.append(question)
        if self.answer == "never":
            await asyncio.Event().wait()
        if isinstance(self.answer, CommandError):
            raise self.answer
        return self.answer


def scenario(identity="quiet", **parts) -> Scenario:
    content = {
        "id": identity,
        "title": "x",
        "namespaces": ["main", "outside"],
        "trigger": {"question": "is {ns:outside} well?"},
        "expect": {"verdict": "NoFault"},
        "cleanup": [{"kubectl": "delete clusterrole x-{ns}"}, {"kubectl": "delete y"}],
    }
    return Scenario.model_validate(content | parts)


def runner(kube, way, **options):
    told = []
    return Runner(kube, way, Options(options.pop("lacking", {}), **options), lambda *stage: told.append(stage)), told


async def test_a_run_makes_fresh_namespaces_asks_and_cleans_up() -> None:
    kube, way = FakeKube({"delete clusterrole": failed("not there")}), FakeWay()
    run, told = runner(kube, way)
    row = await run.run(scenario(), 2)
    main, outside = row.namespaces["main"], row.namespaces["outside"]
    assert outside == f"{main}-outside"
    assert f"name: {outside}" in kube.inputs[0]
    assert kube.namespace == main
    assert (way.asked[0].namespace, way.asked[0].ask.question) == (main, f"is {outside} well?")
    assert (row.outcome, row.verdict, row.observations, row.repeat) == ("right", Verdict.NO_FAULT, 7, 2)
    assert [stage for _, _, stage in told] == ["setup", "inject", "symptoms", "investigation"]
    assert kube.calls[-3] == f"delete clusterrole x-{main}"
    assert kube.calls[-2] == "delete y"
    assert kube.calls[-1].startswith("delete namespace -l casebook.dev/scenario-run=")


async def test_a_variant_has_its_own_kind_of_namespace_and_its_own_name(tmp_path) -> None:
    way, variation = FakeWay(), Variation(seed=7, number=2)
    run, _ = runner(FakeKube(), way, traces=tmp_path)
    row = await run.run(scenario().model_copy(update={"stem": "prod-eu", "variation": variation}), 1)
    assert row.namespaces["main"] == f"prod-eu-{way.asked[0].key}"
    assert (row.id, row.variant, way.asked[0].trace.name) == ("quiet.s7v2", 2, "quiet.s7v2-1.json.gz")


async def test_each_run_has_namespaces_of_its_own() -> None:
    run, _ = runner(FakeKube(), FakeWay())
    first, second = [await run.run(scenario(), n) for n in (1, 2)]
    assert not set(first.namespaces.values()) & set(second.namespaces.values())


async def test_what_the_cluster_lacks_skips_by_name_and_touches_nothing() -> None:
    kube = FakeKube()
    run, _ = runner(kube, FakeWay(), lacking={"metrics": "no metrics-server"})
    row = await run.run(scenario(needs=["metrics", "registry"]), 1)
    assert (row.outcome, row.reason, kube.calls) == ("skipped", "metrics: no metrics-server", [])
    assert row.scored() is None


async def test_a_setup_that_fails_is_told_and_cleaned_up() -> None:
    kube = FakeKube({"scale": failed("no")})
    run, _ = runner(kube, FakeWay())
    row = await run.run(scenario(setup=[{"kubectl": "scale x"}]), 1)
    assert (row.outcome, row.reason) == ("failed", "no")
    assert kube.calls[-1].startswith("delete namespace")


async def test_an_investigation_that_fails_is_told() -> None:
    run, _ = runner(FakeKube(), FakeWay(CommandError("no report")))
    row = await run.run(scenario(), 1)
    assert (row.outcome, row.reason) == ("failed", "no report")


async def test_keep_leaves_everything() -> None:
    kube = FakeKube()
    run, _ = runner(kube, FakeWay(), keep=True)
    await run.run(scenario(), 1)
    assert not any(call.startswith("delete") for call in kube.calls)


async def test_an_interrupt_cleans_up_what_runs() -> None:
    kube, way = FakeKube(), FakeWay("never")
    run, _ = runner(kube, way)

    async def consume() -> None:
        async for _ in all_runs(run, [scenario("a"), scenario("b")], 1, 2):
            pass

    task = asyncio.create_task(consume())
    while len(way.asked) < 2:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert sum(call.startswith("delete namespace") for call in kube.calls) == 2


async def test_what_disturbs_the_whole_cluster_is_restored_also_with_keep() -> None:
    kube = FakeKube()
    run, _ = runner(kube, FakeWay(), keep=True)
    await run.run(scenario(needs=["whole-cluster"]), 1)
    assert kube.calls[-1] == "delete y"


async def test_all_runs_keeps_to_the_number_side_by_side() -> None:
    kube, busy, most = FakeKube(), 0, 0

    class Counting(FakeWay):
        async def ask(self, kube, question):
            nonlocal busy, most
            busy += 1
            most = max(most, busy)
            await asyncio.sleep(0)
            busy -= 1
            return self.answer

    run, _ = runner(kube, Counting())
    rows = [row async for row in all_runs(run, [scenario("a"), scenario("b"), scenario("c")], 2, 2)]
    assert sorted((row.id, row.repeat) for row in rows) == [(i, n) for i in "abc" for n in (1, 2)]
    assert most <= 2


async def test_owners_are_the_controllers() -> None:
    owner = {"kind": "ReplicaSet", "name": "api-1", "controller": True}
    items = [
        {"kind": "Pod", "metadata": {"name": "api-1-x", "ownerReferences": [{"kind": "X", "name": "x"}, owner]}},
        {"kind": "Pod", "metadata": {"name": "alone"}},
    ]
    kube = FakeKube({"get pods,replicasets": json.dumps({"items": items})})
    assert await owners_in(kube, {"main": "sc-1"}) == {"pod/api-1-x": "ReplicaSet/api-1"}


async def test_waiting_for_namespaces_tells_which_are_left() -> None:
    there = json.dumps({"items": [{"metadata": {"name": "sc-1"}}, {"metadata": {"name": "sc-2"}}]})
    assert await await_gone(FakeKube({"get namespaces": there}), 0, {"sc-2", "sc-3"}) == ["sc-2"]
    assert await await_gone(FakeKube({"get namespaces": there}), 0) == ["sc-1", "sc-2"]
    assert await await_gone(FakeKube(), 0) == []


def test_ten_tenths_are_all_that_was_not_named_and_each_once() -> None:
    everything = [scenario(f"s{number}") for number in range(23)]
    tenths = [[one.id for one in tenth_of(everything, number, besides=("s3", "s4"))] for number in range(10)]
    assert sorted(name for tenth in tenths for name in tenth) == sorted({one.id for one in everything} - {"s3", "s4"})
    assert {len(tenth) for tenth in tenths} == {2, 3}


def test_what_is_expected_may_name_a_namespace() -> None:
    causes = [{"object": "Namespace/{ns}", "cause": "X"}]
    wanted = scenario(
        expect={"verdict": "RootCause", "causes": causes},
        decoys=[{"object": "Deployment/{ns:outside}/a", "cause": "Y"}],
    )
    there = placed(wanted, {"main": "sc-1", "outside": "sc-1-outside"})
    assert there.expect.causes[0].object == ["Namespace/sc-1"]
    assert there.decoys[0].object == "Deployment/sc-1-outside/a"
    assert there.id == wanted.id
