"""One run from alert to report over HTTP: agent, gateway and a model, each by its own adapter."""

from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from casebook.agent.gateway import GatewayClient
from casebook.agent.job import GatewayHome
from casebook.agent.loop import Agent, Conclusion
from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import INSTALLED
from casebook.api.enums import Reasoning
from casebook.api.observation import Observation, Query, Result, observation_id
from casebook.evidence.redaction import redact_text
from casebook.gateway.config import ModelEndpoint, Models
from casebook.model.adviser import Adviser
from casebook.model.client import completions
from casebook.reasoning import engine
from support.agents import Agent as Pod
from support.alerts import body, sent
from support.builders import NOW
from support.freetext import CONFIG, freetext, hypothesis
from support.memorystore import MemoryStore
from support.openaiserver import Endpoint, Turn, endpoint, hypotheses, silent


class Recorded:
    """An observer of a world that is a snapshot; whatever is not in it is not found."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    async def observe(self, query: Query, round_: int) -> Observation:
        found = self.snapshot.answer(query)
        id_ = observation_id(round_, query)
        if found is not None:
            return found.replace(id=id_, round=round_)
        return Observation(id=id_, round=round_, query=query, result=Result.NOT_FOUND, observed_at=NOW)


async def no_pause(_: float) -> None:
    """Takes no time."""


async def run_of(world, tmp_path: Path) -> Conclusion:
    """What the agent of the only investigation comes to, as `casebook agent` would run it."""
    await world.alert(body(sent(deployment="web", episode=NOW - timedelta(minutes=10))))
    (made,) = world.investigations()
    made.setdefault("status", {})["attempt"] = 1
    pod = Pod(world, made)
    (tmp_path / "token").write_text(pod.token)
    url = str(world.client.make_url("")).rstrip("/")

    async def token() -> str:
        return pod.token

    async with aiohttp.ClientSession() as http:
        home = GatewayHome(GatewayClient(http, url, tmp_path / "token"))
        async with completions(INSTALLED, key=token, url=f"{url}/v1", retries=0) as asked:
            adviser = Adviser(asked, redact_text)
            return await Agent(home, Recorded(freetext()), engine, sleep=no_pause, adviser=adviser).investigate()


@pytest.fixture
def make(make_world, clock):
    """Makes a gateway that asks this endpoint."""

    async def made(there: Endpoint, store: MemoryStore, **limits):
        clock.now = NOW
        models = Models(
            endpoints=[ModelEndpoint(name="m", url=there.url, model="m-1")], reasoning=Reasoning.ASSISTED, **limits
        )
        return await make_world(store, models=models)

    return made


async def test_what_the_model_proposed_and_the_engine_tested_stands_in_the_status(make, tmp_path: Path) -> None:
    store = MemoryStore()
    async with endpoint(hypotheses(hypothesis())) as there:
        world = await make(there, store)
        await run_of(world, tmp_path)
    (made,) = world.investigations()
    status = made["status"]
    assert (status["verdict"], status["object"], status["cause"]) == ("RootCause", CONFIG, "Other")
    first = status["report"]["hypotheses"][0]
    assert (first["origin"], first["verdict"]) == ("Model", "Supported")
    assert [one["outcome"] for one in first["predictions"]] == ["Held", "Held"]
    assert status["report"]["cost"]["promptTokens"] == 1000
    (kept,) = store.reports.values()
    assert kept.consultation is not None
    assert [one.object for one in kept.consultation.proposals] == [CONFIG]


@pytest.mark.parametrize(
    ("turn", "limits", "said"),
    [
        (silent, {"seconds_per_call": 1}, "within 1 s"),
        ("I cannot help with that", {}, "holds no JSON object"),
        (hypotheses(hypothesis()), {"calls_per_run": 0}, "would go over the limit: 0 calls a run"),
    ],
)
async def test_without_help_the_run_ends_as_the_rules_would_have_it(
    make, tmp_path: Path, turn: Turn, limits: dict, said: str
) -> None:
    async with endpoint(turn) as there:
        world = await make(there, MemoryStore(), **limits)
        conclusion = await run_of(world, tmp_path)
    assert not conclusion.error
    (made,) = world.investigations()
    assert made["status"]["verdict"] == "Inconclusive"
    assert said in made["status"]["report"]["limitations"][0]
