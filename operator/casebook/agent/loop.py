"""The loop of a run: weigh what is known, decide what to look at, look, until nothing is left to decide."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from casebook.agent.progress import Progress, Silent
from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import Consultation
from casebook.api.enums import Reasoning, Verdict
from casebook.api.observation import Observation, Query
from casebook.api.ports import Home, Observer
from casebook.api.report import Cost, Report
from casebook.api.run import Checkpoint, Run, Stop, Trace
from casebook.reasoning.engine import Board, Done, Look

SHARE = 0.9
"""The part of the budget of time that may pass in looking; the rest is for the report and its way home."""

ADVICE = 0.6
"""The part of the time left that a model may take; the rest is for the tests of what it proposes."""
LEAST = 10.0
"""Seconds that must be left for a model to be asked at all."""

Found = TypeVar("Found")

log = logging.getLogger(__name__)


class HomeError(Exception):
    """The home does not take part any more (superseded, refused, gone); the run cannot go on."""


class Engine(Protocol):
    """The reasoning, as `reasoning.engine` provides it."""

    @property
    def ENGINE(self) -> str:  # noqa: N802
        """Version of the engine."""
        ...

    def weigh(self, snapshot: Snapshot) -> Board:
        """Every hypothesis with its score."""
        ...

    def decide(self, snapshot: Snapshot, board: Board) -> Look | Done:
        """What to look at next, or that it is enough."""
        ...

    def cost(self, snapshot: Snapshot, milliseconds: int = 0) -> Cost:
        """What the observations cost."""
        ...

    def conclude(self, snapshot: Snapshot, board: Board, stop: Stop, cost: Cost) -> Report:
        """The report."""
        ...

    def unsure(self, board: Board) -> bool:
        """Whether the built-in rules end here."""
        ...


class Adviser(Protocol):
    """A model that is asked once the rules are done, as `model.adviser.Adviser` is."""

    async def advise(self, run: Run, board: Board, report: Report, seconds: float) -> Consultation:
        """What it proposes; that it gave no help is an answer too."""
        ...


@dataclass(frozen=True)
class Conclusion:
    """What a run came to; `error` says what went wrong where the engine or an adapter failed, else it is empty."""

    report: Report
    trace: Trace
    error: str = ""


@dataclass
class _Attempt:
    """The state of one attempt while it runs."""

    run: Run
    deadline: float
    earlier: dict[str, Observation]
    snapshot: Snapshot
    made: int = 0
    round: int = 0


class Agent:
    """Runs one attempt. `clock` counts seconds and never goes back; the reasoning's own clock is `run.now`."""

    def __init__(
        self,
        home: Home,
        observer: Observer,
        engine: Engine,
        progress: Progress | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        adviser: Adviser | None = None,
    ) -> None:
        self._home = home
        self._observer = observer
        self._engine = engine
        self._progress = progress or Silent()
        self._clock = clock
        self._sleep = sleep
        self._adviser = adviser

    async def investigate(self) -> Conclusion:
        """Run to the end and hand in the report, whatever it says. Raises `HomeError`."""
        began = self._clock()
        run = await self._home.fetch()
        attempt = _begin(run, await self._home.checkpoint(), began + run.spec.budget.seconds * SHARE)
        error = ""
        found = await _bounded(self._concluded(attempt, began), "the run failed", attempt)
        if isinstance(found, Exception):
            error = f"Casebook failed in round {attempt.round}: {type(found).__name__}: {found}"[:1000]
            stop = Stop(reason="NothingLeft", message=error)
            cost = Cost(observations=attempt.made, milliseconds=self._milliseconds(began))
            report = _broken(error, cost)
        else:
            report, stop, cost = found
        trace = Trace(
            engine=self._engine.ENGINE,
            run=run,
            stop=stop,
            milliseconds=cost.milliseconds,
            observations=list(attempt.snapshot.observations),
            consultation=attempt.snapshot.consultation,
        )
        await self._home.finish(report, trace)
        return Conclusion(report, trace, error)

    async def _concluded(self, attempt: _Attempt, began: float) -> tuple[Report, Stop, Cost]:
        board, stop = await self._look(attempt)
        cost = self._engine.cost(attempt.snapshot, self._milliseconds(began))
        return self._engine.conclude(attempt.snapshot, board, stop, cost), stop, cost

    def _milliseconds(self, began: float) -> int:
        return round((self._clock() - began) * 1000)

    async def _look(self, attempt: _Attempt) -> tuple[Board, Stop]:
        """Look until there is a reason to stop; with it the board of all that was seen."""
        stop: Stop | None = None
        while True:
            board = self._engine.weigh(attempt.snapshot)
            self._progress.weighed(board)
            if stop:
                return board, stop
            step = self._engine.decide(attempt.snapshot, board)
            if isinstance(step, Done):
                if await self._advised(attempt, board, step.stop):
                    continue
                return board, step.stop
            room = attempt.run.spec.budget.observations - attempt.made
            if room <= 0:
                text = f"{attempt.made} observations were made, the budget allows no more"
                return board, Stop(reason="Budget", message=text)
            self._progress.looking(attempt.round, step)
            if step.after:
                await self._pause(attempt, step.after)
            if not await self._make(attempt, step.queries[:room], anew=step.after > 0):
                stop = Stop(reason="Deadline", message=f"the budget of {attempt.run.spec.budget.seconds} s was used up")
            attempt.round += 1

    async def _advised(self, attempt: _Attempt, board: Board, stop: Stop) -> bool:
        """Ask the model where it is to be asked now, at first or since it has seen more; whether it was.

        Its failure fails no run.
        """
        left = attempt.deadline - self._clock()
        heard = attempt.snapshot.consultation
        is_due = heard.is_open if heard else self._asks(attempt.run, board)
        if self._adviser is None or not is_due or left < LEAST:
            return False
        report = self._engine.conclude(attempt.snapshot, board, stop, self._engine.cost(attempt.snapshot))
        self._progress.advising()
        asking = self._adviser.advise(attempt.run, board, report, left * ADVICE)
        found = await _bounded(asking, "the model could not be asked", attempt)
        if isinstance(found, Exception):
            earlier = heard or Consultation(model="")
            found = earlier.replace(is_open=False, problem=f"Casebook failed to ask it: {type(found).__name__}")
        attempt.snapshot = attempt.snapshot.advised(found)
        return True

    def _asks(self, run: Run, board: Board) -> bool:
        reasoning = run.spec.reasoning
        return reasoning is Reasoning.ALWAYS or (reasoning is Reasoning.ASSISTED and self._engine.unsure(board))

    async def _pause(self, attempt: _Attempt, seconds: float) -> None:
        await self._sleep(max(0.0, min(seconds, attempt.deadline - self._clock())))

    async def _make(self, attempt: _Attempt, queries: Sequence[Query], *, anew: bool) -> bool:
        """Make these queries side by side and record each as it is answered; False once the time is up."""
        fresh = [query for query in queries if anew or query.canonical() not in attempt.earlier]
        await self._keep(attempt, [attempt.earlier[query.canonical()] for query in queries if query not in fresh])
        tasks = [asyncio.ensure_future(self._observer.observe(query, attempt.round)) for query in fresh]
        waiting = set(tasks)
        try:
            while waiting:
                left = attempt.deadline - self._clock()
                done, waiting = await asyncio.wait(waiting, timeout=max(left, 0), return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    return False
                await self._keep(attempt, [task.result() for task in tasks if task in done])
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        return self._clock() < attempt.deadline

    async def _keep(self, attempt: _Attempt, observations: Sequence[Observation]) -> None:
        for observation in observations:
            self._progress.observed(observation)
        if observations:
            attempt.made += len(observations)
            attempt.snapshot = attempt.snapshot.extended(observations)
            await self._home.record(observations)


async def _bounded(work: Awaitable[Found], said: str, attempt: _Attempt) -> Found | Exception:
    """What this work came to, or why it failed: one of the three boundaries, since a run always ends in a report."""
    try:
        return await work
    except HomeError:
        raise
    except Exception as failure:
        log.exception(said, extra={"investigation": attempt.run.name, "round": attempt.round})
        return failure


def _begin(run: Run, checkpoint: Checkpoint, deadline: float) -> _Attempt:
    earlier = {observation.query.canonical(): observation for observation in checkpoint.observations}
    return _Attempt(run, deadline, earlier, Snapshot(run))


def _broken(error: str, cost: Cost) -> Report:
    return Report(
        verdict=Verdict.INCONCLUSIVE,
        summary=f"The investigation broke off by a fault of Casebook itself, not of what it looked at. {error}",
        stopped="A fault of Casebook.",
        limitations=[error],
        next_steps=["Report this as a bug of Casebook, with the log of the agent."],
        cost=cost,
    )
