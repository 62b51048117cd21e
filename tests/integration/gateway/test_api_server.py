"""Against a real API server: who owns which field of the status, who may speak for a run, what a kill leaves behind."""

import asyncio
import io
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from casebook.api.base import API_VERSION, INVESTIGATIONS, timestamp
from casebook.api.meta import GATEWAY_AUDIENCE
from casebook.store.database import Database
from casebook.store.migrate import migrate
from casebook.store.traces import Traces
from support.alerts import body, sent
from support.postgres import Postgres, running
from support.reports import observation
from support.runpods import Pod

from .conftest import TOKEN, Replica, Scene, steer


async def post(replica: Replica, data: bytes) -> int:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(replica.webhook, data=io.BytesIO(data), headers=headers) as response,
    ):
        return response.status


async def investigated(scene: Scene, replica: Replica) -> dict[str, Any]:
    assert await post(replica, body(sent(namespace=scene.shop))) == 200
    (made,) = await scene.investigations()
    return await steer(scene, made, attempt=1, phase="Running")


async def test_twenty_posts_at_once_to_two_replicas_make_one(scene: Scene) -> None:
    """I2: the create is the lock, the count a compare-and-set."""
    replicas = [await scene.start(), await scene.start()]
    data = body(sent(namespace=scene.shop))
    statuses = await asyncio.gather(*(post(replicas[number % 2], data) for number in range(20)))
    lost = statuses.count(503)
    for _ in range(lost):
        assert await post(replicas[0], data) == 200
    (made,) = await scene.investigations()
    assert made["status"]["alert"]["count"] >= 20 - lost


async def test_gateway_and_controller_do_not_undo_each_other(scene: Scene) -> None:
    gateway = await scene.start()
    made = await investigated(scene, gateway)
    await post(gateway, body(sent(namespace=scene.shop)))
    await steer(scene, made, attempt=1, phase="Running")
    (found,) = await scene.investigations()
    status = found["status"]
    assert (status["alert"]["count"], status["attempt"], status["phase"]) == (2, 1, "Running")
    assert [item["type"] for item in status["conditions"]] == ["Queued"]


async def test_a_body_that_nobody_should_send_is_taken_by_the_api_server(scene: Scene) -> None:
    """What the decoder lets through, the API server must take: or the alert would come back for ever."""
    gateway = await scene.start()
    odd = [
        b"\xff\xfe",
        b'{"alerts":[{"labels":{"a\\u0000":"\\ud800"}}],"groupKey":"\\u0000"}',
        body(sent(namespace=scene.shop, **{f"l{n}": "😀" * 2000 for n in range(300)}), key="ä" * 20_000),
        body(sent(namespace=scene.shop) | {"startsAt": "9999-12-31T23:59:59Z"}, key="late"),
        body(sent(namespace=scene.shop) | {"fingerprint": "x" * 500, "generatorURL": "y" * 10_000}, key="long"),
        body(sent(namespace=scene.shop) | {"labels": None, "annotations": 5}, key="odd"),
    ]
    assert [await post(gateway, data) for data in odd] == [200] * len(odd)
    assert len(await scene.investigations()) + len(await scene.investigations(scene.home)) == len(odd)


async def test_a_run_from_token_to_report(scene: Scene, postgres: Postgres) -> None:
    async with Database.open(postgres.app) as database:
        gateway = await scene.start(Traces(database))
        made = await investigated(scene, gateway)
        pod = await Pod(scene, made).create()
        status, run = await pod.call(gateway, "GET", "")
        assert (status, run["uid"], run["scene"]["namespaces"]) == (200, made["metadata"]["uid"], [scene.shop])
        seen = observation(1, namespace=scene.shop)
        assert await pod.observe(gateway, seen) == 204
        assert await pod.hand_in(gateway, seen) == (200, {"traceStored": True, "retry": True, "message": ""})
        await steer(scene, made, attempt=1, phase="Succeeded")
        (found,) = await scene.investigations()
        told = {item["type"]: item["status"] for item in found["status"]["conditions"]}
        assert told == {"Queued": "True", "TraceStored": "True", "Claimed": "True"}
        assert found["status"]["attemptPodUID"] == pod.made["metadata"]["uid"]
        assert (found["status"]["verdict"], found["status"]["phase"]) == ("RootCause", "Succeeded")
        trace = await Traces(database).trace(f"ns:{scene.shop}", made["metadata"]["uid"])
        assert trace is not None
        assert trace.run.wire() == run


async def test_only_one_pod_of_an_attempt_is_let_in(scene: Scene) -> None:
    """I4, over two replicas."""
    replicas = [await scene.start(), await scene.start()]
    made = await investigated(scene, replicas[0])
    pods = [await Pod(scene, made).create() for _ in range(4)]
    answers = await asyncio.gather(*(pod.call(replicas[n % 2], "GET", "") for n, pod in enumerate(pods)))
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409]


async def test_a_pod_of_an_older_attempt_is_refused(scene: Scene) -> None:
    gateway = await scene.start()
    made = await investigated(scene, gateway)
    old = await Pod(scene, made).create()
    assert (await old.call(gateway, "GET", ""))[0] == 200
    await steer(scene, made, attempt=2, phase="Running")
    new = await Pod(scene, made, attempt=2).create()
    assert (await old.hand_in(gateway, observation(1, namespace=scene.shop)))[0] == 409
    assert (await new.call(gateway, "GET", ""))[0] == 200


async def test_tokens_that_are_not_bound_to_a_run_are_refused(scene: Scene) -> None:
    gateway = await scene.start()
    made = await investigated(scene, gateway)
    pod = await Pod(scene, made).create()
    assert (await pod.call(gateway, "GET", "", token="junk"))[0] == 401
    assert (await pod.call(gateway, "GET", "", token=await pod.token("https://kubernetes.default.svc")))[0] == 401
    unbound = await scene.client.json(
        "POST",
        f"/api/v1/namespaces/{scene.runs}/serviceaccounts/{pod.account}/token",
        body={
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": [GATEWAY_AUDIENCE]},
        },
    )
    assert (await pod.call(gateway, "GET", "", token=unbound["status"]["token"]))[0] == 403


@pytest.mark.parametrize("resource", ["nodes", "storageclasses.storage.k8s.io", "apiservices.apiregistration.k8s.io"])
async def test_projected_reads_are_served(scene: Scene, resource: str) -> None:
    gateway = await scene.start()
    pod = await Pod(scene, await investigated(scene, gateway)).create()
    status, answer = await pod.call(gateway, "POST", "/projected", {"source": "kubernetes", "resource": resource})
    assert (status, answer["result"]) == (200, "Ok")


async def test_the_store_dies_and_comes_back(scene: Scene) -> None:
    """I10: alerts and reports pass while Postgres is dead; the trace follows when it is back."""

    with running() as server:
        migrate(server.admin, "for-tests-only")
        async with Database.open(server.app) as database:
            gateway = await scene.start(Traces(database))
            server.stop()
            made = await investigated(scene, gateway)
            pod = await Pod(scene, made).create()
            seen = observation(1, namespace=scene.shop)
            assert (await pod.call(gateway, "GET", ""))[0] == 200
            assert await pod.observe(gateway, seen) == 503
            status, receipt = await pod.hand_in(gateway, seen)
            assert (status, receipt["traceStored"]) == (200, False)
            (found,) = await scene.investigations()
            assert found["status"]["verdict"] == "RootCause"
            server.start()
            assert await pod.observe(gateway, seen) == 204
            assert (await pod.hand_in(gateway, seen))[1]["traceStored"]
        (found,) = await scene.investigations()
    stored = [item for item in found["status"]["conditions"] if item["type"] == "TraceStored"]
    assert [(item["status"], item["reason"]) for item in stored] == [("True", "Stored")]
    assert found["apiVersion"] == API_VERSION


async def test_a_run_is_given_what_its_namespace_confirmed(scene: Scene) -> None:
    gateway = await scene.start()
    spec = {"statement": "It is the proxy.", "state": "Confirmed", "scope": {"matchLabels": {"namespace": scene.shop}}}
    for name, state in (("proxy", "Confirmed"), ("guess", "Proposed")):
        manifest = {"metadata": {"name": name, "namespace": scene.shop}, "spec": {**spec, "state": state}}
        await scene.writer.create("memories.casebook.dev", {"apiVersion": API_VERSION, "kind": "Memory", **manifest})
    pod = await Pod(scene, await investigated(scene, gateway)).create()
    status, run = await pod.call(gateway, "GET", "")
    assert status == 200
    assert [(one["name"], one["version"], one["spec"]["statement"]) for one in run["recalled"]] == [
        ("proxy", 1, "It is the proxy.")
    ]


async def ended(scene: Scene, namespace: str, name: str, **status: object) -> None:
    """An Investigation that found a cause a moment ago."""
    metadata = {"name": name, "namespace": namespace}
    manifest = {"apiVersion": API_VERSION, "kind": "Investigation", "metadata": metadata, "spec": {"question": "why?"}}
    await scene.writer.create(INVESTIGATIONS, manifest)
    root = {
        "hypothesis": "h1",
        "object": "Service/auth",
        "namespace": namespace,
        "cause": "DnsFailing",
        "statement": "s",
    }
    found = {"verdict": "RootCause", "summary": "s", "rootCauses": [{**root, "confidencePercent": 90}]}
    over = {"phase": "Succeeded", "verdict": "RootCause", "finishedAt": timestamp(datetime.now(UTC)), "report": found}
    await scene.writer.apply_status(INVESTIGATIONS, {"metadata": metadata, "status": {**over, **status}})


async def test_a_run_is_told_of_the_heads_of_its_tenants_incidents(scene: Scene) -> None:
    """Selected by the API server, told by metadata alone, and of no other tenant."""
    gateway = await scene.start()
    made = await investigated(scene, gateway)
    await ended(scene, scene.shop, "head")
    await ended(scene, scene.shop, "follower", explainedBy="head")
    await ended(scene, scene.shop, "no-fault", verdict="NoFault")
    await ended(scene, scene.shop, "going-on", phase="Running")
    await ended(scene, scene.home, "foreign")
    status, run = await (await Pod(scene, made).create()).call(gateway, "GET", "")
    assert status == 200
    assert [(one["namespace"], one["name"]) for one in run["incidents"]] == [(scene.shop, "head")]
    assert run["incidents"][0]["causes"] == [{"entity": f"Service/{scene.shop}/auth", "cause": "DnsFailing"}]
    page = await scene.reader.list(INVESTIGATIONS, scene.shop, metadata_only=True)
    assert {"head", "follower"} <= {one["metadata"]["name"] for one in page.items}
    assert not any("spec" in one or "status" in one for one in page.items)
