"""The proxy to models: who may ask, what is passed on, what it may cost, and endpoints that fail."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web

from casebook.api.enums import Reasoning
from casebook.api.spending import ModelCall, Settled
from casebook.gateway.config import ModelEndpoint, Models, Price
from casebook.gateway.ledger import CallStore, MemoryCalls
from casebook.model.wire import MAX_COMPLETION_TOKENS, MAX_TOKENS, Limit
from support.agents import Agent
from support.alerts import body, sent
from support.openaiserver import Endpoint, Turn, completion, cut, endless, endpoint, raw, silent, vectors

CANARY = "sk-canary0123456789abcdefghijklmnop"
KEY = "key-of-the-gateway"


class Rig:
    """A gateway in front of scripted endpoints, and the agent of a run."""

    def __init__(self, world, there: list[Endpoint]) -> None:
        self.world, self.there = world, there

    async def agent(self, name: str = "One") -> Agent:
        await self.world.alert(body(sent(name), key=name))
        made = next(item for item in self.world.investigations() if item["spec"]["alert"]["groupKey"] == name)
        made.setdefault("status", {})["attempt"] = 1
        return Agent(self.world, made, pod=f"pod-{name.lower()}")

    async def ask(self, agent: Agent, content: str = "why?", **changes):
        data = {"model": "casebook", "messages": [{"role": "user", "content": content}], "max_completion_tokens": 100}
        headers = {"Authorization": f"Bearer {agent.token}"}
        return await self.world.client.post("/v1/chat/completions", json=data | changes, headers=headers)

    async def embed(self, agent: Agent, *texts: str, **changes):
        headers = {"Authorization": f"Bearer {agent.token}"}
        data = {"model": "casebook", "input": list(texts)}
        return await self.world.client.post("/v1/embeddings", json=data | changes, headers=headers)


Make = Callable[..., Awaitable[Rig]]


@pytest.fixture
async def rig(make_world, tmp_path: Path):
    """Makes a rig over endpoints that play these turns each."""
    (tmp_path / "key").write_text(f"{KEY}\n")
    async with AsyncExitStack() as stack:

        async def make(
            *scripts: list[Turn],
            reasoning: Reasoning = Reasoning.ASSISTED,
            calls: CallStore | None = None,
            embeds: bool = False,
            limit: Limit = MAX_COMPLETION_TOKENS,
            **limits,
        ) -> Rig:
            there = [await stack.enter_async_context(endpoint(*turns)) for turns in scripts]
            endpoints = [
                ModelEndpoint(
                    name=f"e{number}",
                    url=one.url,
                    model="m-1",
                    key_file=tmp_path / "key",
                    limit=limit,
                    price=Price(prompt=2, completion=10),
                )
                for number, one in enumerate(there)
            ]
            names = {"embeddings" if embeds else "endpoints": endpoints}
            models = Models.model_validate({**names, **limits})
            models = models.model_copy(update={"reasoning": reasoning})
            return Rig(await make_world(calls=calls, models=models), there)

        yield make


async def test_a_question_goes_on_with_the_key_of_the_gateway_and_nothing_else_of_it(rig: Make) -> None:
    made = await rig(["because"])
    agent = await made.agent()
    response = await made.ask(agent, tools=[{"type": "function"}], stream=True, temperature=2, user="x")
    answer = await response.json()
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "because"}
    assert answer["usage"]["prompt_tokens"] == 1000
    assert made.there[0].keys == [f"Bearer {KEY}"]
    assert made.there[0].asked == [
        {"model": "m-1", "messages": [{"role": "user", "content": "why?"}], "max_completion_tokens": 100}
    ]
    assert KEY not in json.dumps(answer)


async def test_an_answer_is_bounded_by_the_name_that_the_endpoint_knows(rig: Make) -> None:
    made = await rig(["x"], limit=MAX_TOKENS)
    await made.ask(await made.agent())
    (asked,) = made.there[0].asked
    assert asked["max_tokens"] == 100
    assert "max_completion_tokens" not in asked


async def test_credentials_pass_neither_there_nor_back(rig: Make) -> None:
    made = await rig([f"use {CANARY}"])
    response = await made.ask(await made.agent(), f"password=hunter2-canary and {CANARY}")
    assert CANARY not in str(made.there[0].asked)
    assert "hunter2-canary" not in str(made.there[0].asked)
    assert CANARY not in await response.text()


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"model": "gpt-9"}, 404, "there is no model of that name"),
        ({"messages": []}, 422, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, 422, "role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 422, "content"),
        ({"max_completion_tokens": 1_000_000}, 422, "max_completion_tokens"),
        ({"messages": [{"role": "user", "content": "x" * 300_000}]}, 413, "over 262144 bytes"),
    ],
)
async def test_what_is_not_a_question_is_not_sent(rig: Make, changes: dict, status: int, said: str) -> None:
    made = await rig(["x"])
    response = await made.ask(await made.agent(), **changes)
    assert response.status == status
    assert said in await response.text()
    assert made.there[0].asked == []


async def test_only_a_run_may_ask_and_only_one_that_is_to(rig: Make) -> None:
    made = await rig(["x"], reasoning=Reasoning.BUILT_IN)
    refused = await made.ask(await made.agent())
    assert (refused.status, "spec.reasoning is BuiltIn" in await refused.text()) == (403, True)
    nobody = await made.world.client.post("/v1/chat/completions", json={}, headers={"Authorization": "Bearer x"})
    assert nobody.status == 401
    assert made.there[0].asked == []


async def test_without_a_model_runs_are_told_so(world) -> None:
    plain = Rig(world, [])
    agent = await plain.agent()
    assert (await plain.ask(agent)).status == 404
    run = await (await agent.call("GET", "")).json()
    assert (run["model"], run["spec"]["reasoning"]) == (False, "BuiltIn")


async def test_with_one_alerts_are_looked_into_with_it(rig: Make) -> None:
    run = await (await (await (await rig(["x"])).agent()).call("GET", "")).json()
    assert (run["model"], run["spec"]["reasoning"]) == (True, "Assisted")


@pytest.mark.parametrize(
    ("of_tenant", "expected"), [({"label:acme": "Always"}, "Always"), ({"ns:shop": "Always"}, "Assisted")]
)
async def test_alerts_of_a_tenant_are_looked_into_as_it_is_set_for_that_tenant(
    rig: Make, of_tenant: dict[str, str], expected: str
) -> None:
    made = await rig(["x"], reasoning_by_tenant=of_tenant)
    run = await (await (await made.agent()).call("GET", "")).json()
    assert run["spec"]["reasoning"] == expected


@pytest.mark.parametrize(
    "turn", [raw("{}", 429), raw("<html>", 500), raw("{}", 401), raw("no json"), raw("[]"), cut, endless]
)
async def test_the_next_endpoint_answers_where_one_fails(rig: Make, turn: Turn) -> None:
    made = await rig([turn], ["from the second"])
    response = await made.ask(await made.agent())
    assert (await response.json())["choices"][0]["message"]["content"] == "from the second"


async def test_one_that_stumbles_is_tried_once_more(rig: Make) -> None:
    made = await rig([raw("{}", 500), "recovered"])
    assert (await made.ask(await made.agent())).status == 200
    assert len(made.there[0].asked) == 2


async def test_where_none_answers_it_says_what_each_did(rig: Make) -> None:
    made = await rig([raw("{}", 503)], [raw("{}", 401)])
    response = await made.ask(await made.agent())
    assert response.status == 502
    assert await response.json() == {"error": "no model answered: e0: answered 503; e1: answered 401"}
    assert len(made.there[1].asked) == 1, "what is not allowed is not tried again"


async def test_a_silent_one_is_left_when_the_time_is_up(rig: Make) -> None:
    made = await rig([silent], ["from the second"], seconds_per_call=6)
    response = await made.ask(await made.agent())
    assert (await response.json())["choices"][0]["message"]["content"] == "from the second"


async def test_where_all_are_silent_it_says_so(rig: Make) -> None:
    made = await rig([silent], seconds_per_call=1)
    response = await made.ask(await made.agent())
    assert response.status in (502, 504)
    assert (await response.json())["error"].endswith("within 1 s")


async def test_who_waits_too_long_for_a_turn_is_told(rig: Make) -> None:
    made = await rig([silent], seconds_per_call=1, at_once=1)
    agent = await made.agent()
    answers = await asyncio.gather(*(made.ask(agent) for _ in range(3)))
    assert 504 in {answer.status for answer in answers} <= {502, 504}


async def test_one_that_keeps_failing_is_left_alone(rig: Make) -> None:
    made = await rig([raw("{}", 401)], ["ok"], calls_per_run=20)
    agent = await made.agent()
    for _ in range(8):
        assert (await made.ask(agent)).status == 200
    assert len(made.there[0].asked) == 5


async def test_a_run_may_ask_so_often_and_another_has_its_own_count(rig: Make) -> None:
    made = await rig(["x"], calls_per_run=2)
    first, second = await made.agent("One"), await made.agent("Two")
    assert [(await made.ask(first)).status for _ in range(3)] == [200, 200, 429]
    assert (await made.ask(second)).status == 200
    assert len(made.there[0].asked) == 3


async def test_what_a_tenant_may_spend_in_a_day_is_never_passed(rig: Make) -> None:
    made = await rig([raw(json.dumps(completion("x", 40, 100)))], money_per_tenant_and_day=0.004, calls_per_run=50)
    agent = await made.agent()
    statuses = [(await made.ask(agent)).status for _ in range(8)]
    # A call costs 40 x 2 + 100 x 10 = 1080 millionths; the last of three would leave no room for a fourth.
    assert statuses == [200, 200, 200, 429, 429, 429, 429, 429]
    refused = await (await made.ask(agent)).text()
    assert "0.004 a day (gateway.models.moneyPerTenantAndDay)" in refused
    made.world.clock.advance(days=1)
    assert (await made.ask(agent)).status == 200


async def test_calls_side_by_side_are_reserved_before_they_are_made(rig: Make) -> None:
    made = await rig(["x"], tokens_per_tenant_and_day=1500, calls_per_run=50, at_once=8)
    agent = await made.agent()
    statuses = await asyncio.gather(*(_status(made, agent) for _ in range(20)))
    assert statuses.count(200) <= 2
    assert len(made.there[0].asked) == statuses.count(200)


async def _status(made: Rig, agent: Agent) -> int:
    return (await made.ask(agent, "x" * 600)).status


async def test_what_it_cost_is_measured(rig: Make) -> None:
    made = await rig(["x"])
    await made.ask(await made.agent())
    text = await (await made.world.client.get("/metrics")).text()
    assert 'casebook_model_calls_total{outcome="answered"} 1.0' in text
    assert 'casebook_model_tokens_total{endpoint="e0",kind="prompt"} 1000.0' in text
    assert 'casebook_model_money_total{endpoint="e0"} 0.003' in text


class Kept(MemoryCalls):
    """A store that shows what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, tuple[ModelCall, list[Settled]]] = {}

    async def reserve(self, tenant: str, call: ModelCall, since, check) -> str:
        self.rows[call.id] = (call, [])
        return await super().reserve(tenant, call, since, check)

    async def settle(self, tenant: str, id_: str, settled: Settled) -> None:
        self.rows[id_][1].append(settled)
        await super().settle(tenant, id_, settled)


async def test_every_call_has_its_row_without_texts(rig: Make) -> None:
    kept = Kept()
    made = await rig([f"it is {CANARY}"], calls=kept)
    await made.ask(await made.agent(), "why does web fail?")
    ((call, (settled,)),) = kept.rows.values()
    assert (call.namespace, call.question, settled.answer) == ("shop", None, None)
    assert (settled.endpoint, settled.model, settled.outcome) == ("e0", "m-1", "answered")
    assert (settled.prompt_tokens, settled.completion_tokens, settled.money) == (1000, 100, 3_000_000)
    assert len(call.digest) == 64


async def test_texts_are_kept_where_that_is_asked_for_and_without_credentials(rig: Make) -> None:
    kept = Kept()
    made = await rig([f"it is {CANARY}\0"], calls=kept, audit_texts=True)
    await made.ask(await made.agent(), f"why? {CANARY}")
    ((call, (settled,)),) = kept.rows.values()
    texts = [call.question or "", settled.answer or ""]
    assert "why?" in texts[0]
    assert texts[1].startswith("it is ")
    assert texts[1].isprintable()
    assert CANARY not in "".join(texts)


async def test_a_call_that_failed_has_its_row_too(rig: Make) -> None:
    kept = Kept()
    made = await rig([raw("{}", 400)], calls=kept)
    assert (await made.ask(await made.agent())).status == 502
    ((_, (settled,)),) = kept.rows.values()
    assert (settled.outcome, settled.problem) == ("failed", "no model answered: e0: answered 400")
    assert settled.prompt_tokens is None


async def test_embeddings_go_the_same_way(rig: Make) -> None:
    kept = Kept()
    made = await rig([vectors([0.5, -1.0], [0.0, 2.0])], embeds=True, calls=kept)
    response = await made.embed(await made.agent(), f"one {CANARY}", "two", dimensions=9, encoding_format="base64")
    answer = await response.json()
    assert [one["embedding"] for one in answer["data"]] == [[0.5, -1.0], [0.0, 2.0]]
    assert answer["usage"] == {"prompt_tokens": 12, "total_tokens": 12}
    (asked,) = made.there[0].asked
    assert asked.keys() == {"model", "input"}
    assert CANARY not in str(asked)
    ((_, (settled,)),) = kept.rows.values()
    assert (settled.prompt_tokens, settled.completion_tokens, settled.money) == (12, 0, 24_000)


async def test_embeddings_have_the_same_limits(rig: Make) -> None:
    made = await rig([vectors([1.0])], embeds=True, calls_per_run=2)
    agent = await made.agent()
    assert [(await made.embed(agent, "x")).status for _ in range(3)] == [200, 200, 429]
    assert (await made.embed(agent)).status == 422
    assert (await made.embed(agent, *["x"] * 65)).status == 422
    assert (await made.embed(agent, "x", model="gpt-9")).status == 404
    assert (await made.ask(agent)).status == 404, "there is no endpoint for chats"


@pytest.mark.parametrize("turn", [raw("{}"), raw('{"data": []}'), raw('{"data": [{"index": 0, "embedding": "x"}]}')])
async def test_what_is_no_embedding_is_not_passed_on(rig: Make, turn: Turn) -> None:
    made = await rig([turn], embeds=True)
    response = await made.embed(await made.agent(), "x")
    assert response.status == 502
    assert "its answer is none of embeddings" in await response.text()


async def test_a_tenant_with_many_questions_does_not_keep_others_waiting(rig: Make) -> None:
    made = await rig([slow], at_once=1, calls_per_run=50)
    first = await made.agent("One")
    await made.world.alert(body(sent("Two", namespace="other"), key="Two"), "root", "of-root")
    other = next(item for item in made.world.investigations() if item["metadata"]["namespace"] != "shop")
    other.setdefault("status", {})["attempt"] = 1
    theirs = Agent(made.world, other, pod="pod-theirs", tenant="ns:other")
    order: list[str] = []

    async def asks(name: str, agent: Agent) -> None:
        assert (await made.ask(agent)).status == 200
        order.append(name)

    many = [asyncio.create_task(asks("many", first)) for _ in range(5)]
    while not made.there[0].asked:
        await asyncio.sleep(0.01)
    await asyncio.gather(*many, asks("few", theirs))
    assert "few" in order[:3]


async def slow(_) -> web.Response:
    await asyncio.sleep(0.1)
    return web.json_response(completion("x"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"reasoning": "Assisted"}, "reasoning: Assisted needs an endpoint"),
        ({"reasoning_by_tenant": {"ns:shop": "Always"}}, "ns:shop: Always needs an endpoint"),
        ({"reasoning_by_tenant": {"shop": "BuiltIn"}}, "String should match pattern"),
        ({"endpoints": [{"name": "a", "url": "http://x/v1", "model": "m"}] * 2}, "a name of its own"),
        ({"endpoints": [{"name": "a", "url": "x:1", "model": "m"}]}, "must be an http or https URL"),
        ({"endpoints": [{"name": "a", "url": "http://x/v1"}]}, "Field required"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Models.model_validate(settings)
