"""The run API: whose writes are taken, what a report must hold, and what happens while the store is away."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from casebook.api.base import API_VERSION
from casebook.api.names import reader_name
from casebook.api.observation import PROMETHEUS, Query, curve, getting, metric_names
from casebook.cluster.errors import Unavailable
from casebook.gateway.config import Prometheus
from support.agents import TENANT, Agent, investigated
from support.alerts import body, sent
from support.memorystore import MemoryStore
from support.reports import evidence, hypothesis, observation, report


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def stored_world(make_world, store: MemoryStore):
    return await make_world(store)


async def test_an_agent_fetches_its_run(stored_world, store: MemoryStore) -> None:
    made = await investigated(stored_world)
    agent = Agent(stored_world, made)
    run = await (await agent.call("GET", "")).json()
    assert (run["uid"], run["attempt"], run["namespace"]) == (made["metadata"]["uid"], 1, "shop")
    assert run["scene"] == {"tenant": TENANT, "platform": False, "namespaces": ["shop", "pay"]}
    assert run["spec"]["target"]["name"] == "checkout"
    assert made["status"]["attemptPodUID"] == agent.uid
    assert (TENANT, run["uid"], 1) in store.runs


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ({"kind": "Namespace", "name": "pay"}, ["pay", "shop"]),
        ({"kind": "Namespace", "name": "not-its-own"}, ["shop"]),
        ({"kind": "Node", "name": "node-1"}, ["shop"]),
        ({"kind": "Pod", "name": "till", "namespace": "pay"}, ["pay", "shop"]),
    ],
)
async def test_the_target_says_which_namespaces_are_looked_into(stored_world, target: dict, seen: list[str]) -> None:
    made = await investigated(stored_world)
    made["spec"] |= {"scope": "Namespace", "target": target}
    run = await (await Agent(stored_world, made).call("GET", "")).json()
    assert run["scene"]["namespaces"] == seen


async def test_the_clock_of_a_run_does_not_move(stored_world) -> None:
    agent = Agent(stored_world, await investigated(stored_world))
    first = await (await agent.call("GET", "")).json()
    stored_world.clock.advance(minutes=3)
    assert (await (await agent.call("GET", "")).json())["now"] == first["now"] == "2026-11-22T05:00:00Z"


async def test_the_first_pod_wins(stored_world) -> None:
    """I4: two pods of one attempt, all the calls at once; only one is ever let through."""
    made = await investigated(stored_world)
    agents = [Agent(stored_world, made, pod=f"pod-{name}") for name in "abcd"]
    responses = await asyncio.gather(*(agent.call("GET", "") for agent in agents))
    assert sorted(response.status for response in responses) == [200, 409, 409, 409]
    winner = next(agent for agent, response in zip(agents, responses, strict=True) if response.status == 200)
    assert made["status"]["attemptPodUID"] == winner.uid
    for agent in agents:
        assert await agent.observe(0, observation(1)) == (204 if agent is winner else 409)


async def test_a_stale_attempt_is_refused_and_the_next_one_taken(stored_world) -> None:
    made = await investigated(stored_world)
    old = Agent(stored_world, made)
    assert (await old.call("GET", "")).status == 200
    made["status"]["attempt"] = 2
    new = Agent(stored_world, made, attempt=2, pod="pod-b")
    for call in (old.call("GET", ""), old.hand_in(report(), 0)):
        response = await call
        assert response.status == 409
        assert "attempt 1 is stale" in (await response.json())["error"]
    assert (await new.call("GET", "")).status == 200
    assert made["status"]["attemptPodUID"] == new.uid


async def test_an_attempt_that_becomes_stale_while_it_reports_is_refused(stored_world) -> None:
    made = await investigated(stored_world)
    agent = Agent(stored_world, made)
    await agent.call("GET", "")
    await agent.observe(0, observation(1))

    def overtaken(verb: str, resource: str):
        if verb == "apply":
            made["status"]["attempt"] = 2
            stored_world.cluster.version += 1
            made["metadata"]["resourceVersion"] = str(stored_world.cluster.version)

    stored_world.cluster.before = overtaken
    assert (await agent.hand_in(report(observation(1)), 1)).status == 409
    assert "report" not in made["status"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda agent: agent.account("reader-other"), 403),
        (lambda agent: agent.account(reader_name(TENANT), namespace="shop"), 403),
        (lambda agent: agent.account(reader_name(TENANT), audience="something-else"), 401),
        (lambda agent: agent.world.cluster.reviews.clear(), 401),
        (lambda agent: agent.world.cluster.objects.pop(("pods", "casebook-runs", "pod-a")), 403),
        (
            lambda agent: agent.world.cluster.objects[("pods", "casebook-runs", "pod-a")]["metadata"].update(
                uid="other"
            ),
            403,
        ),
        (lambda agent: agent.world.cluster.objects[("pods", "casebook-runs", "pod-a")]["metadata"].pop("labels"), 403),
    ],
)
async def test_only_the_pod_of_a_run_is_let_in(stored_world, change, status: int) -> None:
    agent = Agent(stored_world, await investigated(stored_world))
    change(agent)
    response = await agent.call("GET", "")
    assert response.status == status
    assert (await response.json())["error"]


async def test_a_pod_without_a_tenants_account_cannot_name_that_tenant(stored_world) -> None:
    made = await investigated(stored_world)
    agent = Agent(stored_world, made, tenant="ns:other")
    assert (await agent.call("GET", "")).status == 409


async def test_without_a_token_there_is_nothing(stored_world) -> None:
    response = await stored_world.client.get("/v1/run")
    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_an_investigation_made_anew_is_not_the_same(stored_world) -> None:
    made = await investigated(stored_world)
    agent = Agent(stored_world, made)
    made["metadata"]["uid"] = "another"
    assert (await agent.call("GET", "")).status == 409
    stored_world.cluster.objects.pop(("investigations.casebook.dev", "shop", made["metadata"]["name"]))
    assert (await agent.call("GET", "")).status == 409


async def test_a_report_reaches_the_status(stored_world, store: MemoryStore) -> None:
    made = await investigated(stored_world)
    agent = Agent(stored_world, made)
    assert await agent.observe(0, observation(1), observation(2)) == 204
    response = await agent.hand_in(report(observation(1), observation(2)), 2)
    assert await response.json() == {"traceStored": True, "retry": True, "message": ""}
    status = made["status"]
    assert (status["verdict"], status["cause"], status["object"]) == ("RootCause", "OomKilled", "Deployment/checkout")
    assert status["confidencePercent"] == 90
    assert status["report"]["summary"]
    assert status["alert"]["count"] == 1
    assert trace_stored(made) == ("True", "Stored")
    assert store.reports[TENANT, made["metadata"]["uid"]].report.wire() == status["report"]


async def test_a_finished_report_stays_as_it_is(stored_world) -> None:
    """I5."""
    made = await investigated(stored_world)
    agent = Agent(stored_world, made)
    await agent.observe(0, observation(1))
    await agent.hand_in(report(observation(1)), 1)
    before = json.dumps(made)
    assert (await agent.hand_in(report(observation(1), summary="something else"), 1)).status == 200
    assert json.dumps(made) == before


async def test_without_the_store_the_report_arrives_and_the_trace_follows(stored_world, store: MemoryStore) -> None:
    made = await investigated(stored_world)
    agent = Agent(stored_world, made)
    store.away = True
    assert (await agent.call("GET", "")).status == 200
    assert await (await agent.call("GET", "/observations")).json() == {"observations": []}
    assert await agent.observe(0, observation(1)) == 503
    receipt = await (await agent.hand_in(report(observation(1)), 1)).json()
    assert (receipt["traceStored"], receipt["retry"]) == (False, True)
    assert made["status"]["verdict"] == "RootCause"
    assert trace_stored(made) == ("False", "Pending")
    store.away = False
    incomplete = await (await agent.hand_in(report(observation(1)), 1)).json()
    assert (incomplete["traceStored"], "0 of 1" in incomplete["message"]) == (False, True)
    assert await agent.observe(0, observation(1)) == 204
    assert (await (await agent.hand_in(report(observation(1)), 1)).json())["traceStored"]
    assert trace_stored(made) == ("True", "Stored")


async def test_with_no_store_at_all_nobody_is_asked_to_try_again(make_world) -> None:
    world = await make_world(None)
    made = await investigated(world)
    agent = Agent(world, made)
    assert await agent.observe(0, observation(1)) == 204
    receipt = await (await agent.hand_in(report(observation(1)), 1)).json()
    assert (receipt["traceStored"], receipt["retry"]) == (False, False)
    assert trace_stored(made) == ("False", "NoStore")


async def test_a_later_attempt_resumes(stored_world) -> None:
    made = await investigated(stored_world)
    first = Agent(stored_world, made)
    await first.observe(0, observation(1), observation(2))
    made["status"]["attempt"] = 2
    second = Agent(stored_world, made, attempt=2, pod="pod-b")
    earlier = (await (await second.call("GET", "/observations")).json())["observations"]
    assert [item["id"] for item in earlier] == [observation(1).id, observation(2).id]
    await second.observe(2, observation(3))
    receipt = await (await second.hand_in(report(observation(1), observation(3)), 3)).json()
    assert receipt["traceStored"]


@pytest.mark.parametrize("finished", ["before", "during"])
async def test_nothing_is_reported_to_a_closed_investigation(stored_world, finished: str) -> None:
    made = await investigated(stored_world)
    agent = Agent(stored_world, made)
    await agent.observe(0, observation(1))

    def close(verb: str = "apply", resource: str = "") -> None:
        if verb == "apply":
            others = [item for item in made["status"]["conditions"] if item["type"] != "Finished"]
            done = {"type": "Finished", "status": "True", "reason": "Cancelled", "message": ""}
            made["status"]["conditions"] = [*others, done | {"lastTransitionTime": "2026-11-22T05:00:00Z"}]
            stored_world.cluster.version += 1
            made["metadata"]["resourceVersion"] = str(stored_world.cluster.version)

    if finished == "before":
        close()
    else:
        stored_world.cluster.before = close
    assert (await agent.hand_in(report(observation(1)), 1)).status == 409
    assert "report" not in made["status"]


def refused(**changes: object):
    return report(observation(1)).replace(**changes)


@pytest.mark.parametrize(
    ("made", "field", "says"),
    [
        (refused(evidence=[]), "report.evidence", "e1 is cited"),
        (refused(evidence=[evidence(observation(1)), evidence(observation(2))]), "report.evidence", "more than once"),
        (refused(hypotheses=[]), "report.rootCauses", "h1 is not one of the hypotheses"),
        (refused(hypotheses=[hypothesis(1)], evidence=[]), "report.rootCauses", "cites no evidence"),
        (refused(root_causes=[]), "report.verdict", "rootCauses names one"),
        (refused(evidence=[evidence(observation(7))]), "report.evidence", "digest"),
    ],
)
async def test_a_report_that_does_not_hold_is_refused_with_the_reason(
    stored_world, made, field: str, says: str
) -> None:
    agent = Agent(stored_world, await investigated(stored_world))
    await agent.observe(0, observation(1))
    response = await agent.hand_in(made, 1)
    answer = await response.json()
    assert (response.status, answer["field"]) == (422, field)
    assert says in answer["error"]


@pytest.mark.parametrize(
    ("data", "field"),
    [({}, "report"), ({"report": {"verdict": "Maybe"}}, "report.verdict"), ([], ""), ({"report": 1}, "report")],
)
async def test_what_is_no_report_is_refused_by_field(stored_world, data: object, field: str) -> None:
    agent = Agent(stored_world, await investigated(stored_world))
    response = await agent.call("PUT", "/report", data)
    answer = await response.json()
    assert response.status == 422
    assert answer.get("field", "") == field


async def test_bodies_have_a_limit(stored_world) -> None:
    agent = Agent(stored_world, await investigated(stored_world))
    response = await agent.call("PUT", "/report", {"report": "x" * (3 << 20)})
    assert response.status == 413


async def test_data_of_another_tenant_is_refused(stored_world) -> None:
    """I8: an agent that could read elsewhere cannot hand it in."""
    agent = Agent(stored_world, await investigated(stored_world))
    assert await agent.observe(0, observation(1, namespace="other")) == 422
    own, foreign = (observation(2).replace(query=getting("namespaces", name)) for name in ("pay", "other"))
    assert await agent.observe(0, foreign) == 422
    assert await agent.observe(0, own) == 204
    denied = observation(1, namespace="other").replace(data=None, message="forbidden")
    assert await agent.observe(0, denied) == 204


async def test_a_namespace_that_moved_ends_the_run(stored_world) -> None:
    made = await investigated(stored_world)
    agent = Agent(stored_world, made)
    assert (await agent.call("GET", "")).status == 200
    stored_world.cluster.namespace("shop", casebook_dev__tenant="rival")
    stored_world.clock.advance(seconds=6)
    assert (await agent.call("GET", "")).status == 409


async def test_credentials_are_taken_out_once_more(stored_world, store: MemoryStore) -> None:
    """I9: an agent that forgot to redact gets its report in, without the credential."""
    planted = "ghp_" + "a1B2c3D4e5" * 4
    made = await investigated(stored_world)
    agent = Agent(stored_world, made)
    leaking = observation(1, log=f"token {planted}")
    await agent.observe(0, leaking)
    (kept,) = store.made[TENANT, made["metadata"]["uid"], 1].values()
    assert planted not in json.dumps(kept.wire())
    made_report = report(kept, summary=f"login with {planted} failed")
    assert (await agent.hand_in(made_report, 1)).status == 200
    assert planted not in json.dumps(made)


async def test_a_report_of_any_size_fits(stored_world) -> None:
    """I7."""
    made = await investigated(stored_world)
    agent = Agent(stored_world, made)
    seen = [observation(number) for number in range(48)]
    await agent.observe(0, *seen)
    large = report(*seen)
    large = large.replace(evidence=[item.replace(excerpt="ä" * 4096) for item in large.evidence])
    assert (await agent.hand_in(large, 48)).status == 200
    assert len(json.dumps(made["status"], ensure_ascii=False).encode()) <= 64 << 10
    assert made["status"]["report"]["limitations"]


async def test_the_api_server_being_away_is_503(stored_world) -> None:
    agent = Agent(stored_world, await investigated(stored_world))
    stored_world.cluster.before = lambda verb, resource: Unavailable("down", 3.0)
    response = await agent.call("GET", "")
    assert (response.status, response.headers["Retry-After"]) == (503, "3")


async def test_projected_reads(stored_world) -> None:
    agent = Agent(stored_world, await investigated(stored_world))
    stored_world.cluster.put("nodes", {"metadata": {"name": "n1"}, "status": {"addresses": [{"address": "10.0.0.1"}]}})
    answer = await (await agent.call("POST", "/projected", {"source": "kubernetes", "resource": "nodes"})).json()
    assert answer["result"] == "Ok"
    assert "10.0.0.1" not in json.dumps(answer)
    denied = await (await agent.call("POST", "/projected", {"source": "kubernetes", "resource": "secrets"})).json()
    assert (denied["result"], "not shown" in denied["message"]) == ("Denied", True)


BEGIN, END = datetime(2026, 11, 22, 4, tzinfo=UTC), datetime(2026, 11, 22, 5, tzinfo=UTC)
CURVE = curve("sum(rate(requests_total[5m]))", BEGIN, END)
RULES = Query(source=PROMETHEUS, resource="rules")


class FakeStore:
    """A Prometheus that answers everything with nothing, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.status = 200

    async def handle(self, request: web.Request) -> web.Response:
        form = {**request.query, **await request.post()}
        self.asked.append((request.headers.get("Authorization", ""), str(form.get("query") or form.get("match[]"))))
        data = [] if "label" in request.path else {"groups": []} if "rules" in request.path else {"result": []}
        return web.json_response({"status": "success", "data": data, "error": "because"}, status=self.status)


@pytest.fixture
async def metered_world(make_world, tmp_path):
    """A gateway that knows a Prometheus; with it what that was asked."""
    fake, app = FakeStore(), web.Application()
    app.router.add_route("*", "/api/v1/{path:.*}", fake.handle)
    (tmp_path / "prometheus").write_text("of-prometheus")
    async with TestServer(app) as server:
        there = Prometheus(url=f"http://127.0.0.1:{server.port}", token_file=tmp_path / "prometheus")
        yield await make_world(prometheus=there), fake


async def test_a_tenants_questions_about_metrics_are_held_to_its_namespaces(metered_world) -> None:
    world, fake = metered_world
    agent = Agent(world, await investigated(world))
    assert (await (await agent.call("GET", "")).json())["prometheus"] is True
    for query in (CURVE, metric_names('{namespace="other"}', BEGIN, END)):
        assert (await (await agent.call("POST", "/projected", query.wire())).json())["result"] == "Ok"
    mine = 'exported_namespace=~"|pay|shop",namespace=~"pay|shop"'
    assert fake.asked == [
        ("Bearer of-prometheus", f"sum(rate(requests_total{{{mine}}}[5m]))"),
        ("Bearer of-prometheus", '{exported_namespace=~"|pay|shop",namespace="other",namespace=~"pay|shop"}'),
    ]


async def test_a_run_about_its_own_namespace_asks_about_no_other(metered_world) -> None:
    """Whoever made it was admitted for that namespace only, whatever else the tenant has."""
    world, fake = metered_world
    made = await investigated(world)
    made["spec"]["scope"] = "Namespace"
    await Agent(world, made).call("POST", "/projected", CURVE.wire())
    ((_, query),) = fake.asked
    assert 'namespace=~"shop"' in query
    assert "pay" not in query


async def test_only_the_platform_asks_raw_and_sees_rules(metered_world) -> None:
    world, fake = metered_world
    await world.alert(body(sent(namespace="")), receiver="root", token="of-root")
    (made,) = world.investigations()
    made["status"] = {"attempt": 1}
    platform = Agent(world, made, tenant="platform")
    for query in (CURVE, RULES):
        assert (await (await platform.call("POST", "/projected", query.wire())).json())["result"] == "Ok"
    assert fake.asked[0][1] == CURVE.params["query"]
    tenant = Agent(world, await _of_tenant(world), pod="pod-t")
    refused = await (await tenant.call("POST", "/projected", RULES.wire())).json()
    assert (refused["result"], "no tenant" in refused["message"]) == ("Denied", True)
    assert len(fake.asked) == 2


async def _of_tenant(world) -> dict:
    await world.alert(body(sent(deployment="checkout")))
    made = next(one for one in world.investigations() if one["metadata"]["namespace"] == "shop")
    made["status"] = {"attempt": 1}
    return made


@pytest.mark.parametrize(
    ("expression", "status", "result", "said"),
    [
        ("info(up)", 200, "Denied", "cannot be confined"),
        ("up{", 200, "Denied", "not PromQL"),
        ("up", 403, "Denied", "because"),
        ("up", 422, "Denied", "because"),
        ("up", 503, "Unavailable", "because"),
    ],
)
async def test_what_the_parser_or_the_store_refuses_is_said_in_the_answer(
    metered_world, expression, status, result, said
) -> None:
    world, fake = metered_world
    fake.status = status
    agent = Agent(world, await investigated(world))
    answer = await (await agent.call("POST", "/projected", curve(expression, BEGIN, END).wire())).json()
    assert (answer["result"], said in answer["message"]) == (result, True)


async def test_without_a_prometheus_a_run_is_told_so(stored_world) -> None:
    agent = Agent(stored_world, await investigated(stored_world))
    assert (await (await agent.call("GET", "")).json())["prometheus"] is False
    answer = await (await agent.call("POST", "/projected", CURVE.wire())).json()
    assert (answer["result"], "knows no Prometheus" in answer["message"]) == ("Unavailable", True)


def trace_stored(made: dict) -> tuple[str, str]:
    assert made["apiVersion"] == API_VERSION
    (found,) = [item for item in made["status"]["conditions"] if item["type"] == "TraceStored"]
    return found["status"], found["reason"]
