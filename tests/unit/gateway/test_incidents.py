"""What a run is told of incidents: of its own tenant, fresh, found by itself, and contradicted by nobody."""

from datetime import timedelta
from typing import Any

import pytest

from casebook.api.base import timestamp
from casebook.api.names import PLATFORM_TENANT
from casebook.cluster.errors import Denied, Unavailable
from support.alerts import body, sent
from support.memorystore import MemoryStore
from support.reports import observation, report

from .test_run_api import Agent, investigated

INVESTIGATIONS = "investigations.casebook.dev"
CAUSE = {"hypothesis": "h1", "object": "Deployment/checkout", "cause": "OomKilled", "statement": "s"}
FOUND = {**CAUSE, "namespace": "shop", "confidencePercent": 90}


def ended(world: Any, name: str, namespace: str = "shop", *, ago: float = 60, made: float = 120, **more: Any) -> None:
    """An Investigation that found a cause and ended so many seconds ago; `spec`, `report` and `status` as given."""
    now = world.clock()
    said = {"verdict": "RootCause", "summary": "s", "rootCauses": [FOUND], **more.pop("report", {})}
    status = {
        "phase": "Succeeded",
        "verdict": said["verdict"],
        "finishedAt": timestamp(now - timedelta(seconds=ago)),
        "report": said,
        **more.pop("status", {}),
    }
    created = timestamp(now - timedelta(seconds=made))
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": created}
    spec = {"question": "why?", **more}
    world.cluster.put(INVESTIGATIONS, {"metadata": metadata, "spec": spec, "status": status})


async def told(world: Any, **target: Any) -> list[dict[str, Any]]:
    world.clock.advance(seconds=5)
    made = await investigated_beside(world)
    made["spec"] |= target
    run = await (await Agent(world, made).call("GET", "")).json()
    found: list[dict[str, Any]] = run["incidents"]
    return found


async def investigated_beside(world: Any) -> dict[str, Any]:
    """An Investigation of an alert, next to those that have ended."""
    others = {key: world.cluster.objects.pop(key) for key in list(world.cluster.objects) if key[0] == INVESTIGATIONS}
    made = await investigated(world)
    world.cluster.objects |= others
    return made


def names(found: list[dict[str, Any]]) -> list[str]:
    return [f"{one['namespace']}/{one['name']}" for one in found]


async def test_a_run_is_told_what_others_of_its_tenant_found(world: Any) -> None:
    ended(world, "own", ago=30)
    ended(world, "of-the-tenant", "pay", ago=10)
    found = await told(world)
    assert names(found) == ["pay/of-the-tenant", "shop/own"]
    assert found[1]["causes"] == [{"entity": "Deployment/shop/checkout", "cause": "OomKilled"}]


@pytest.mark.parametrize("namespace", ["other", "casebook-system", "default-alerts"])
async def test_another_tenants_incidents_are_never_told(world: Any, namespace: str) -> None:
    """I8: neither a tenant's nor the platform's."""
    ended(world, "foreign", namespace)
    assert await told(world) == []


async def test_the_platform_is_told_of_its_own_alone(world: Any) -> None:
    """It sees every namespace, and still its incidents are its own."""
    await world.alert(body(sent(namespace="kube-system", node="n1")), "root", "of-root")
    (made,) = world.investigations()
    made.setdefault("status", {})["attempt"] = 1
    ended(world, "of-a-tenant")
    ended(world, "own", "casebook-system")
    run = await (await Agent(world, made, tenant=PLATFORM_TENANT).call("GET", "")).json()
    assert "shop" in run["scene"]["namespaces"]
    assert names(run["incidents"]) == ["casebook-system/own"]


async def test_who_may_not_look_into_a_namespace_is_not_told_of_it(world: Any) -> None:
    ended(world, "of-the-tenant", "pay")
    assert await told(world, scope="Namespace") == []


async def test_a_namespace_that_changes_hands_takes_its_incidents_with_it(world: Any) -> None:
    ended(world, "moved", "pay")
    world.cluster.namespace("pay", casebook_dev__tenant="globex")
    world.clock.advance(seconds=10)
    assert await told(world) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"ago": 3700, "made": 3800},
        {"made": 11_000},
        {"ago": -60},
        {"status": {"phase": "Running"}},
        {"status": {"explainedBy": "older"}},
        {"report": {"explainedBy": "older"}},
        {"report": {"verdict": "Inconclusive", "rootCauses": []}},
        {"report": {"rootCauses": [{**CAUSE, "confidencePercent": 90}]}},
        {"report": {"rootCauses": [FOUND, {**CAUSE, "confidencePercent": 90}]}},
        {"feedback": [{"id": "f1", "author": "alice", "verdict": "Wrong"}]},
        {"feedback": [{"id": "f1", "author": "alice", "verdict": "Partial"}]},
        {"feedback": [{"id": "f1", "author": "alice", "rating": "Down"}]},
        {"feedback": [{"id": "f1", "author": "alice", "rootCause": {"cause": "DnsFailing"}}]},
    ],
)
async def test_what_may_not_explain_others(world: Any, odd: dict[str, Any]) -> None:
    """Too old, not over, explained itself, without a cause or its whole name, or contradicted by a person."""
    ended(world, "odd", **odd)
    ended(world, "good", feedback=[{"id": "f1", "author": "alice", "verdict": "Correct", "rating": "Up"}])
    assert names(await told(world)) == ["shop/good"]


async def test_only_the_newest_are_told(world: Any) -> None:
    for number in range(30):
        ended(world, f"one-{number:02}", ago=100 + number, made=200 + number)
    assert names(await told(world)) == [f"shop/one-{number:02}" for number in range(16)]


@pytest.mark.parametrize("error", [Denied("not yet bound"), Unavailable("etcd")])
async def test_a_run_can_do_without(world: Any, error: Exception) -> None:
    ended(world, "own")
    made = await investigated_beside(world)

    def away(verb: str, resource: str) -> Any:
        return error if (verb, resource) == ("list", INVESTIGATIONS) else None

    world.cluster.before = away
    response = await Agent(world, made).call("GET", "")
    assert response.status == 200
    assert (await response.json())["incidents"] == []


async def test_a_storm_reads_each_incident_once(world: Any) -> None:
    ended(world, "own")
    made = await investigated_beside(world)
    reads = []
    for attempt in (1, 2):
        made["status"]["attempt"] = attempt
        world.cluster.calls.clear()
        await Agent(world, made, attempt, f"pod-{attempt}").call("GET", "")
        reads.append([world.cluster.calls.count((verb, INVESTIGATIONS)) for verb in ("list", "get")])
        world.clock.advance(seconds=0.3)
    (first_lists, first_gets), (lists, gets) = reads
    assert (first_lists, lists) == (2, 0), "each namespace of the tenant once"
    assert gets == first_gets - 1


async def test_what_was_told_first_stays_for_the_attempt_on_every_replica(make_world: Any) -> None:
    store = MemoryStore()
    world = await make_world(store)
    ended(world, "first")
    made = await investigated_beside(world)
    agent = Agent(world, made)
    before = await (await agent.call("GET", "")).json()
    ended(world, "second")
    world.clock.advance(seconds=5)
    agent.world = await make_world(store)
    assert await (await agent.call("GET", "")).json() == before
    assert names(before["incidents"]) == ["shop/first"]


@pytest.mark.parametrize("on_another_replica", [False, True])
async def test_only_an_incident_that_was_told_may_explain(make_world: Any, on_another_replica: bool) -> None:
    """A forged name is refused, and so is a cause that the incident did not find."""
    store = MemoryStore()
    world = await make_world(store)
    ended(world, "own")
    made = await investigated_beside(world)
    agent, seen = Agent(world, made), observation(1)
    await agent.call("GET", "")
    assert await agent.observe(0, seen) == 204
    if on_another_replica:
        agent.world = await make_world(store)
    (cause,) = report(seen).root_causes
    good = report(seen).replace(explained_by="own", root_causes=[cause.replace(namespace="shop")])
    elsewhere = good.replace(root_causes=[cause.replace(namespace="pay")])
    unnamed = good.replace(root_causes=[cause])
    for forged in (good.replace(explained_by="forged"), good.replace(explained_by="pay/own"), elsewhere, unnamed):
        assert (await agent.hand_in(forged, 1)).status == 422
    assert (await agent.hand_in(good, 1)).status == 200
    assert made["status"]["report"]["explainedBy"] == "own"
    assert "explainedBy" not in made["status"], "that is the controller's to write"
