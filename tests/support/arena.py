"""Runs of the agent over what was recorded, with a model behind the gateway's proxy; everything but both ends is real.

The reads go to an API server on loopback that answers what was recorded, the questions through the proxy to an endpoint
that plays whatever model is to be met.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from aiohttp import web

from casebook.agent.laptop import LaptopHome
from casebook.agent.loop import Agent, Conclusion
from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import INSTALLED
from casebook.api.enums import Reasoning
from casebook.api.observation import PROMETHEUS, Observation, Query
from casebook.api.run import Run, Trace
from casebook.cluster.client import connect
from casebook.cluster.errors import Unavailable
from casebook.cluster.reader import Reader
from casebook.evidence.observer import RoutingObserver, kubernetes_sources
from casebook.evidence.prometheus.confine import confine
from casebook.evidence.redaction import redact_text
from casebook.evidence.source import Reading
from casebook.gateway.config import ModelEndpoint, Models
from casebook.model.adviser import Adviser
from casebook.model.client import Completions, completions
from casebook.reasoning import engine
from support.modelproxy import ModelProxy, model_proxy
from support.openaiserver import Turn, completion, endpoint
from support.recordedapi import FOREIGN, OF_OTHERS, RecordedApi, recorded_api
from support.serving import kubeconfig

PLENTY = 10**6


@dataclass(frozen=True)
class Met:
    """What a run came to: the report and the trace, every prompt that reached the model, every read that was made."""

    conclusion: Conclusion
    prompts: list[list[str]]
    outside: list[str]
    writes: list[str]


class Recorded:
    """Answers of a Prometheus as they were recorded. Implements `evidence.source.Source`.

    Whatever else it is asked it has, with the other tenant's series, unless it is held to the run's namespaces.
    """

    def __init__(self, found: Trace) -> None:
        self._seen = Snapshot(found.run, tuple(found.observations))
        self._scene = found.run.scene
        self.outside: list[str] = []

    async def read(self, query: Query) -> Reading:
        """The answer. Raises `Unavailable` for what was not recorded, and `Refused`."""
        seen = self._seen.answer(query)
        if seen is not None and seen.data is not None:
            return Reading(seen.data, seen.truncated, seen.window, seen.message)
        asked = query.params.get("query", "")
        if query.resource != "query_range":
            raise Unavailable("this was not recorded")
        if FOREIGN in asked:
            self.outside.append(f"PromQL {asked}")
        sent = asked if self._scene.platform else confine(asked, self._scene.namespaces)
        params = query.params | {"expr": sent, "step": int(query.params["step"])}
        is_held = sent != asked and FOREIGN not in sent
        series = [] if is_held else [{"labels": {"namespace": FOREIGN, "note": OF_OTHERS}, "values": [1.0]}]
        return Reading({**params, "series": series})


class Dated:
    """An observer whose observations are of the time at which they were recorded."""

    def __init__(self, observer: RoutingObserver, found: Trace) -> None:
        self._observer = observer
        self._at = {seen.query.canonical(): seen.observed_at for seen in found.observations}
        self._last: datetime = max((seen.observed_at for seen in found.observations), default=found.run.now)

    async def observe(self, query: Query, round_: int) -> Observation:
        """The answer to one query."""
        seen = await self._observer.observe(query, round_)
        return seen.replace(observed_at=self._at.get(query.canonical(), self._last))


@dataclass
class Stage:
    """The run of now: its token, the model that it meets, and every prompt that this was shown."""

    number: int = 0
    token: str = ""
    turn: Turn = ""
    prompts: list[list[str]] = field(default_factory=list)

    async def key(self) -> str:
        """The token of the run."""
        return self.token

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What the model says."""
        self.prompts.append([one["content"] for one in (await request.json())["messages"]])
        if isinstance(self.turn, str):
            return web.json_response(completion(self.turn))
        return await self.turn(request)


@dataclass(frozen=True)
class Arena:
    """Where runs meet models, one after the other."""

    api: RecordedApi
    reader: Reader
    proxy: ModelProxy
    model: Completions
    stage: Stage

    async def meet(self, found: Trace, turn: Turn | None, *, tokens: int = PLENTY) -> Met:
        """The recorded run again with this model, or by the rules alone, within so many tokens."""
        stage = self.stage
        stage.number += 1
        run = _asking(found.run, Reasoning.BUILT_IN if turn is None else Reasoning.ALWAYS, tokens, stage.number)
        self.api.plays(found)
        stage.token, stage.turn, stage.prompts = self.proxy.admit(run), turn or "", []
        metrics = Recorded(found)
        sources = kubernetes_sources(self.reader) | {PROMETHEUS: metrics}
        observer = Dated(RoutingObserver(sources, lambda: found.run.now), found)
        adviser = None if turn is None else Adviser(self.model, redact_text)
        agent = Agent(LaptopHome(run), observer, engine, sleep=_at_once, adviser=adviser)
        conclusion = await agent.investigate()
        return Met(conclusion, list(stage.prompts), [*self.api.outside(), *metrics.outside], self.api.writes())

    async def ask(self, http: aiohttp.ClientSession, content: str, tokens: int) -> int:
        """Ask past the agent, as one who has the token of the run of now; the status of the answer."""
        messages = [{"role": "user", "content": content}]
        asked = {"model": INSTALLED, "messages": messages, "max_completion_tokens": tokens}
        headers = {"Authorization": f"Bearer {self.stage.token}"}
        async with http.post(f"{self.proxy.url}/chat/completions", json=asked, headers=headers) as response:
            await response.read()
            return response.status


@asynccontextmanager
async def arena() -> AsyncIterator[Arena]:
    """One with everything that it needs; ended afterwards."""
    stage = Stage()
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(endpoint(stage.answer))
        models = Models(endpoints=[ModelEndpoint(name="e", url=there.url, model="m")], calls_per_run=PLENTY)
        proxy = await stack.enter_async_context(model_proxy(models))
        api = await stack.enter_async_context(recorded_api())
        path = Path(stack.enter_context(TemporaryDirectory(prefix="casebook-arena-"))) / "kubeconfig"
        path.write_text(json.dumps(kubeconfig(api.url)))
        client = await stack.enter_async_context(connect(str(path)))
        model = await stack.enter_async_context(completions(INSTALLED, key=stage.key, url=proxy.url, retries=0))
        yield Arena(api, Reader(client), proxy, model, stage)


def _asking(run: Run, reasoning: Reasoning, tokens: int, number: int) -> Run:
    spec = run.spec.replace(reasoning=reasoning, budget=run.spec.budget.replace(tokens=tokens))
    return run.replace(uid=f"{run.uid[:40]}-{number}", spec=spec, model=True)


async def _at_once(_: float) -> None:
    await asyncio.sleep(0)
