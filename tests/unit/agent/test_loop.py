"""The loop: rounds, budgets, resumption, and an end whatever happens."""

import asyncio
from datetime import UTC, datetime

import pytest

from casebook.agent.loop import Agent, HomeError
from casebook.analysis.snapshot import Snapshot
from casebook.api.enums import Verdict
from casebook.api.investigation import Budget, InvestigationSpec
from casebook.api.observation import Observation, listing, observation_id
from casebook.api.report import Cost, Report
from casebook.api.run import Checkpoint, Run, Scene, Stop
from casebook.reasoning.planning.plan import Done, Look

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
QUERIES = [listing("pods", f"n{number}") for number in range(6)]


def make_run(**budget) -> Run:
    spec = InvestigationSpec(budget=Budget(**budget))
    return Run(uid="u", name="inv", namespace="shop", now=NOW, spec=spec, scene=Scene(tenant="ns:shop"))


def observation(query, round_: int = 0) -> Observation:
    return Observation(
        id=observation_id(round_, query), round=round_, query=query, observed_at=NOW, data={"items": []}, bytes=10
    )


class FakeHome:
    """Keeps what it is given; `kept` in the order of arrival."""

    def __init__(self, run, earlier=(), error=None):
        self.run, self.earlier, self.error = run, list(earlier), error
        self.kept, self.report, self.trace = [], None, None

    async def fetch(self):
        return self.run

    async def checkpoint(self):
        return Checkpoint(observations=self.earlier)

    async def record(self, observations):
        if self.error:
            raise self.error
        self.kept += observations

    async def finish(self, report, trace):
        self.report, self.trace = report, trace


class FakeObserver:
    """Answers at once, or never for the queries that hang."""

    def __init__(self, hanging=(), error=None):
        self.made, self.hanging, self.error = [], list(hanging), error

    async def observe(self, query, round_):
        self.made.append(query)
        if self.error:
            raise self.error
        if query in self.hanging:
            await asyncio.Event().wait()
        return observation(query, round_)


class ScriptedEngine:
    """Looks at the scripted rounds of queries, then is done."""

    ENGINE = "scripted/1"

    def __init__(self, *rounds, error=None):
        self.rounds, self.error = rounds, error

    def weigh(self, snapshot):
        return "board"

    def decide(self, snapshot, board):
        if self.error:
            raise self.error
        made = {item.query.canonical() for item in snapshot.observations}
        for queries in self.rounds:
            if any(query.canonical() not in made for query in queries):
                return Look(tuple(queries), "because")
        return Done(Stop(reason="Clear", message="done"))

    def cost(self, snapshot, milliseconds=0):
        return Cost(observations=len(snapshot.observations), milliseconds=milliseconds)

    def conclude(self, snapshot, board, stop, cost):
        assert isinstance(snapshot, Snapshot)
        return Report(verdict=Verdict.NO_FAULT, summary="fine", stopped=stop.reason, cost=cost)


class Watch:
    """A progress that remembers."""

    def __init__(self):
        self.seen = []

    def looking(self, round_, look):
        self.seen.append(("look", round_, len(look.queries)))

    def observed(self, observation):
        self.seen.append(("saw", observation.id))

    def weighed(self, board):
        self.seen.append(("board", board))


async def test_rounds_until_the_engine_is_done() -> None:
    home, observer, watch = FakeHome(make_run()), FakeObserver(), Watch()
    ticks = iter([10.0, *[10.5] * 50])
    engine = ScriptedEngine(QUERIES[:2], QUERIES[2:3])
    conclusion = await Agent(home, observer, engine, watch, clock=lambda: next(ticks)).investigate()
    assert [item.query for item in home.kept] == observer.made
    assert {item.round for item in home.kept} == {0, 1}
    assert conclusion.report is home.report
    assert home.trace.stop == Stop(reason="Clear", message="done")
    assert (home.trace.engine, home.trace.milliseconds, home.report.cost.milliseconds) == ("scripted/1", 500, 500)
    assert [item.id for item in home.trace.observations] == sorted(
        (item.id for item in home.kept), key=lambda text: (text[:2], text)
    )
    assert watch.seen[:2] == [("board", "board"), ("look", 0, 2)]
    assert not conclusion.error


class SecondLook(ScriptedEngine):
    """Looks at one query, and once more a while later."""

    def decide(self, snapshot, board):
        if len(snapshot.observations) < 2:
            return Look(tuple(QUERIES[:1]), "because", 10 * len(snapshot.observations))
        return Done(Stop(reason="Clear", message="done"))


class Sleep(list[float]):
    """Takes no time, and remembers how long it was to take."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


async def test_a_second_look_waits_and_asks_anew() -> None:
    home, observer, slept = FakeHome(make_run(), [observation(QUERIES[0])]), FakeObserver(), Sleep()
    await Agent(home, observer, SecondLook(), clock=lambda: 0.0, sleep=slept).investigate()
    assert slept == [10]
    assert observer.made == QUERIES[:1], "the first answer was kept from an earlier attempt, the second is made"
    assert [item.round for item in home.kept] == [0, 1]


async def test_a_pause_ends_with_the_budget_of_time() -> None:
    home, slept = FakeHome(make_run(seconds=10)), Sleep()
    times = iter([0.0, 0.0, 0.0, 4.0, 4.0, *[5.0] * 20])
    await Agent(home, FakeObserver(), SecondLook(), clock=lambda: next(times), sleep=slept).investigate()
    assert len(slept) == 1
    assert 3 < slept[0] < 9, "no longer than what is left of nine seconds"


async def test_the_budget_of_observations_holds() -> None:
    home = FakeHome(make_run(observations=10))
    queries = [listing("pods", f"m{number}") for number in range(14)]
    await Agent(home, FakeObserver(), ScriptedEngine(queries)).investigate()
    assert len(home.kept) == 10
    assert home.trace.stop.reason == "Budget"


async def test_the_deadline_ends_even_a_read_that_hangs() -> None:
    home = FakeHome(make_run(seconds=10))
    clock = iter([0.0, 0.0, *[8.99] * 1, *[9.0] * 20])
    agent = Agent(home, FakeObserver(hanging=[QUERIES[1]]), ScriptedEngine(QUERIES[:2]), clock=lambda: next(clock))
    await agent.investigate()
    assert home.trace.stop.reason == "Deadline"
    assert [item.query for item in home.kept] == [QUERIES[0]]
    assert len(asyncio.all_tasks()) == 1, "what hangs is cancelled"


async def test_an_earlier_attempts_observations_are_not_made_again() -> None:
    earlier = [observation(QUERIES[0]), observation(QUERIES[2], 1)]
    home, observer = FakeHome(make_run(), earlier), FakeObserver()
    await Agent(home, observer, ScriptedEngine(QUERIES[:2], QUERIES[2:4])).investigate()
    assert observer.made == [QUERIES[1], QUERIES[3]]
    assert earlier[0] in home.trace.observations
    assert earlier[1] in home.trace.observations
    assert len(home.trace.observations) == 4


@pytest.mark.parametrize(
    ("observer", "engine"),
    [
        (FakeObserver(), ScriptedEngine(error=ZeroDivisionError("oops"))),
        (FakeObserver(error=KeyError("oops")), ScriptedEngine(QUERIES[:1])),
    ],
    ids=["engine", "observer"],
)
async def test_a_fault_of_ours_still_ends_in_a_report_that_says_so(observer, engine) -> None:
    home = FakeHome(make_run())
    conclusion = await Agent(home, observer, engine).investigate()
    assert home.report.verdict is Verdict.INCONCLUSIVE
    assert "oops" in home.report.limitations[0]
    assert "oops" in conclusion.error


async def test_a_home_that_is_gone_ends_the_run_without_a_report() -> None:
    home = FakeHome(make_run(), error=HomeError("superseded"))
    with pytest.raises(HomeError, match="superseded"):
        await Agent(home, FakeObserver(), ScriptedEngine(QUERIES[:1])).investigate()
    assert home.report is None
