"""Models behind a gateway that is a process of its own: what many answers at once take, and what a kill leaves."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
from aiohttp import web

from casebook.api.base import API_VERSION, INVESTIGATIONS
from casebook.api.consultation import INSTALLED, Consultation
from casebook.api.enums import Reasoning
from casebook.evidence.redaction import redact_text
from casebook.gateway.config import ModelEndpoint, Models, Price
from casebook.model.adviser import Adviser
from casebook.model.client import completions
from casebook.reasoning.engine import weigh
from casebook.reasoning.replay import replay
from casebook.store.calls import Calls
from casebook.store.database import Database
from casebook.store.traces import Traces
from support.freetext import freetext, hypothesis
from support.openaiserver import completion, endpoint, hypotheses, raw, silent
from support.postgres import Postgres
from support.reason import report
from support.reports import envelope, observation
from support.reports import report as handed_in
from support.runpods import Pod

from .conftest import Scene, steer
from .process import Process

AT_ONCE, ROUNDS = 20, 3
QUESTION, ANSWER, PIECES = 16_000, 8_000, 20
"""Characters; an answer comes in so many pieces, so that all of them are under way together."""
MORE = 30 << 20


def models(url: str, price: Price | None = None) -> Models:
    there = ModelEndpoint(name="e", url=url, model="m", price=price or Price())
    return Models(endpoints=[there], reasoning=Reasoning.ASSISTED, at_once=AT_ONCE, calls_per_run=1000)


async def asking(scene: Scene) -> Pod:
    """The pod of a run that may ask a model."""
    spec = {"trigger": "Question", "question": "why?", "reasoning": "Assisted", "budget": {"tokens": 2_000_000}}
    metadata = {"name": "asks", "namespace": scene.shop}
    manifest = {"apiVersion": API_VERSION, "kind": "Investigation", "metadata": metadata, "spec": spec}
    made, _ = await scene.writer.create(INVESTIGATIONS, manifest)
    return await Pod(scene, await steer(scene, made, attempt=1, phase="Running")).create()


async def streamed(request: web.Request) -> web.StreamResponse:
    """A long answer, piece by piece."""
    whole = web.json_response(completion("x" * ANSWER)).body
    assert isinstance(whole, bytes)
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    size = len(whole) // PIECES + 1
    for start in range(0, len(whole), size):
        await response.write(whole[start : start + size])
        await asyncio.sleep(0.05)
    return response


def peak(process: Process, *, begin: bool = False) -> int:
    """The most memory since the last beginning."""
    if begin:
        Path(f"/proc/{process.running.pid}/clear_refs").write_text("5")
    return process.peak_memory()


async def test_twenty_answers_at_once_take_no_more_than_30_mib(scene: Scene) -> None:
    pod = await asking(scene)
    body = {"model": INSTALLED, "messages": [{"role": "user", "content": "why? " * (QUESTION // 5)}]}
    async with endpoint(streamed) as there, aiohttp.ClientSession() as http:
        process = Process(scene, models=models(there.url))
        try:
            await process.ready(http)
            headers = {"Authorization": f"Bearer {await pod.token()}"}

            async def ask() -> tuple[int, int]:
                async with http.post(f"{process.url}/v1/chat/completions", json=body, headers=headers) as response:
                    return response.status, len(await response.read())

            assert (await ask())[0] == 200
            before = peak(process, begin=True)
            for _ in range(ROUNDS):
                answers = await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
                assert {status for status, _ in answers} == {200}
                assert min(size for _, size in answers) > ANSWER
            assert peak(process) - before < MORE
        finally:
            process.end()
    assert len(there.asked) == 1 + ROUNDS * AT_ONCE


async def test_a_run_goes_on_where_the_gateway_is_killed_while_it_asks(scene: Scene) -> None:
    pod, snapshot = await asking(scene), freetext()
    async with endpoint(silent, hypotheses(hypothesis())) as there, aiohttp.ClientSession() as http:
        process = Process(scene, models=models(there.url))
        try:
            await process.ready(http)

            async def advice() -> Any:
                url = f"{process.url}/v1"
                async with completions(INSTALLED, key=pod.token, url=url, retries=0) as asked:
                    adviser = Adviser(asked, redact_text)
                    return await adviser.advise(snapshot.run, weigh(snapshot), report(snapshot), 60)

            advising = asyncio.create_task(advice())
            async with asyncio.timeout(60):
                while not there.asked:
                    await asyncio.sleep(0.05)
            process.end(9)
            found = await advising
            assert found.problem.startswith("the endpoint"), found.problem
            assert not found.proposals
            process.launch()
            await process.ready(http)
            seen = observation(1, namespace=scene.shop)
            assert (await pod.hand_in(process, seen))[0] == 200
            assert [item.object for item in (await advice()).proposals], "and it can be asked again"
        finally:
            process.end()
    (made,) = await scene.investigations()
    assert made["status"]["verdict"] == "RootCause"


def charged(postgres: Postgres, tenant: str) -> dict[str, int]:
    """What the rows of the ledger come to, as a report has it."""
    with psycopg.connect(postgres.app) as connection:
        connection.execute("select set_config('casebook.tenant', %s, true)", [tenant])
        row = connection.execute("select count(*), sum(tokens), sum(money) from casebook.model_calls").fetchone()
    assert row is not None
    return {name: int(one) for name, one in zip(CHARGED, row, strict=True)}


CHARGED = ("modelCalls", "chargedTokens", "moneyBillionths")


@pytest.mark.parametrize("asked", [None, Consultation(model=INSTALLED, calls=9, prompt_tokens=5, problem="it is gone")])
async def test_the_report_has_what_the_ledger_has_and_so_has_its_replay(
    scene: Scene, postgres: Postgres, asked: Consultation | None
) -> None:
    """Two gateways, answers of odd prices, one that failed, an agent that counted otherwise or nothing at all."""
    pod, tenant = await asking(scene), f"ns:{scene.shop}"
    body = {"model": INSTALLED, "messages": [{"role": "user", "content": "why? " * 50}]}
    async with (
        endpoint("one", raw("{}", 400), "two", "three") as there,
        Database.open(postgres.app) as database,
        aiohttp.ClientSession() as http,
    ):
        price = Price(prompt=0.0371, completion=1.93)
        replicas = [await scene.start(Traces(database), Calls(database), models=models(there.url, price)) for _ in "ab"]
        headers = {"Authorization": f"Bearer {await pod.token()}"}
        statuses = []
        for number in range(4):
            url = f"{replicas[number % 2].url}/v1/chat/completions"
            async with http.post(url, json=body, headers=headers) as response:
                statuses.append(response.status)
        assert statuses == [200, 502, 200, 200]
        seen = observation(1, namespace=scene.shop)
        assert await pod.observe(replicas[0], seen) == 204
        given = envelope(handed_in(seen), 1).replace(consultation=asked)
        for replica in replicas:
            assert (await pod.call(replica, "PUT", "/report", given.wire()))[0] == 200
        (made,) = await scene.investigations()
        trace = await Traces(database).trace(tenant, made["metadata"]["uid"])
    cost = made["status"]["report"]["cost"]
    found = {name: cost[name] for name in CHARGED}
    assert found == charged(postgres, tenant)
    assert found["modelCalls"] == 4
    assert trace is not None
    again = replay(trace).cost.wire()
    assert {name: again[name] for name in CHARGED} == found
