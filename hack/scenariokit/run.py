"""Runs scenarios: fresh namespaces, setup, fault, symptoms, question, judgement, clean-up."""

import asyncio
import contextlib
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scenariokit.format import WHOLE_CLUSTER, Ask, Decoy, Expect, Need, Scenario, substituted
from scenariokit.kubectl import CommandError, Kube
from scenariokit.rows import Row, blank, filled
from scenariokit.score import Places, judge
from scenariokit.steps import Steps
from scenariokit.ways import Question, Way

LABEL = "casebook.dev/scenario-run"
Tell = Callable[[str, int, str], None]
"""Told of every stage: scenario, repetition, stage."""


@dataclass(frozen=True)
class Options:
    """How to run: what the cluster lacks, whether to keep the namespaces, where to save traces."""

    lacking: dict[Need, str]
    keep: bool = False
    traces: Path | None = None


class Runner:
    """Runs one scenario at a time; several runs may go side by side."""

    def __init__(self, kube: Kube, way: Way, options: Options, tell: Tell) -> None:
        self._kube, self._way, self._options, self._tell = kube, way, options, tell

    async def run(self, scenario: Scenario, repeat: int) -> Row:
        """One run to its row; the namespaces are gone or going when this returns, also after an interrupt."""
        started, begin = datetime.now(UTC), time.monotonic()
        absent = [f"{need}: {self._options.lacking[need]}" for need in scenario.needs if need in self._options.lacking]
        if absent:
            return blank(scenario, repeat, self._way.name, started, "skipped", "; ".join(absent))
        row = blank(scenario, repeat, self._way.name, started, "failed")
        try:
            async with self._namespaces(scenario) as (names, kube):
                row = row.model_copy(update={"namespaces": names})
                row = await self._inside(scenario, repeat, row, Steps(scenario, names, kube), kube)
        except CommandError as error:
            row = row.model_copy(update={"outcome": "failed", "reason": str(error)})
        return row.model_copy(update={"total_seconds": round(time.monotonic() - begin, 1)})

    async def _inside(self, scenario: Scenario, repeat: int, row: Row, steps: Steps, kube: Kube) -> Row:
        names = row.namespaces
        try:
            self._tell(scenario.name, repeat, "setup")
            await steps.do(scenario.setup)
            self._tell(scenario.name, repeat, "inject")
            await steps.do(scenario.inject)
            self._tell(scenario.name, repeat, "symptoms")
            await steps.await_signs(scenario.until)
            self._tell(scenario.name, repeat, "investigation")
            owners = await owners_in(kube, names)
            question = self._question(scenario, repeat, names)
            begin = time.monotonic()
            report = await self._way.ask(kube, question)
            seconds = time.monotonic() - begin
            places = Places(names, owners | await owners_in(kube, names))
            row = filled(row, report, judge(report, placed(scenario, names), places), seconds)
            return row.model_copy(update={"trace": str(question.trace or "")})
        finally:
            await asyncio.shield(self._tidy(scenario, steps))

    def _question(self, scenario: Scenario, repeat: int, names: dict[str, str]) -> Question:
        ask = Ask.model_validate(substituted(scenario.trigger.model_dump(), names))
        traces = self._options.traces
        trace = traces / f"{scenario.name}-{repeat}.json.gz" if traces else None
        return Question(ask, names["main"], names["main"].rpartition("-")[2], trace)

    async def _tidy(self, scenario: Scenario, steps: Steps) -> None:
        if self._options.keep and WHOLE_CLUSTER not in scenario.needs:
            return
        for step in scenario.cleanup:
            with contextlib.suppress(CommandError):  # what was never made cannot be taken away
                await steps.do([step])

    @contextlib.asynccontextmanager
    async def _namespaces(self, scenario: Scenario) -> AsyncIterator[tuple[dict[str, str], Kube]]:
        key = secrets.token_hex(3)
        first = f"{scenario.stem}-{key}"
        names = {name: first if name == "main" else f"{first}-{name}" for name in scenario.namespaces}
        with tempfile.TemporaryDirectory(prefix="casebook-scenario-") as folder:
            kube = await self._kube.copy(Path(folder) / "kubeconfig", names["main"])
            try:
                await kube.must("create", "-f", "-", stdin=_manifests(names, key))
                yield names, kube
            finally:
                if not self._options.keep:
                    await asyncio.shield(_remove(kube, key))


async def all_runs(runner: Runner, scenarios: list[Scenario], repeats: int, parallel: int) -> AsyncIterator[Row]:
    """Rows as they are done, `parallel` runs at a time; leaving early ends what still runs, cleaned up."""
    gate = asyncio.Semaphore(parallel)

    async def one(scenario: Scenario, repeat: int) -> Row:
        async with gate:
            return await runner.run(scenario, repeat)

    tasks = [asyncio.ensure_future(one(s, n)) for n in range(1, repeats + 1) for s in scenarios]
    try:
        for task in asyncio.as_completed(tasks):
            yield await task
    finally:
        for left in tasks:
            left.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def placed(scenario: Scenario, names: dict[str, str]) -> Scenario:
    """The scenario with the namespaces filled in where it says what is expected."""
    expect = Expect.model_validate(substituted(scenario.expect.model_dump(), names))
    decoys = [Decoy.model_validate(substituted(decoy.model_dump(), names)) for decoy in scenario.decoys]
    return scenario.model_copy(update={"expect": expect, "decoys": decoys})


async def owners_in(kube: Kube, names: dict[str, str]) -> dict[str, str]:
    """`kind/name` of each Pod and ReplicaSet in the namespaces, in lower case, to `Kind/name` of its controller."""
    owners: dict[str, str] = {}
    for namespace in names.values():
        for item in await kube.objects("pods,replicasets", "-n", namespace):
            controller = _controller(item)
            if controller:
                owners[f"{item['kind']}/{item['metadata']['name']}".lower()] = controller
    return owners


async def await_gone(kube: Kube, seconds: float, names: set[str] | None = None) -> list[str]:
    """Wait for these namespaces, or those of all runs, to be gone; those still there when the time is over."""
    end = time.monotonic() + seconds
    while True:
        there = {n["metadata"]["name"] for n in await kube.objects("namespaces", "-l", LABEL)}
        left = sorted(there if names is None else there & names)
        if not left or time.monotonic() >= end:
            return left
        await asyncio.sleep(2)


def _controller(item: dict[str, Any]) -> str:
    owners = [o for o in item["metadata"].get("ownerReferences", []) if o.get("controller")]
    return f"{owners[0]['kind']}/{owners[0]['name']}" if owners else ""


def _manifests(names: dict[str, str], key: str) -> str:
    one = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {}\n  labels: {{{}: {!r}}}\n"
    return "---\n".join(one.format(name, LABEL, key) for name in names.values())


async def _remove(kube: Kube, key: str) -> None:
    with contextlib.suppress(CommandError):  # the next run has new names; `hack/scenarios clean` takes what is left
        await kube.must("delete", "namespace", "-l", f"{LABEL}={key}", "--wait=false")
