"""The webhook: what it makes of notifications, and what it answers to the sender."""

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from casebook.api.investigation import AlertStatus
from casebook.cluster.errors import ClusterError, Conflict, Denied, Unavailable
from casebook.gateway.investigations import Record
from support.alerts import body, sent


def names(world) -> list[str]:
    return sorted(item["metadata"]["name"].rsplit("-", 1)[1] for item in world.investigations())


async def test_an_alert_becomes_an_investigation(world) -> None:
    response = await world.alert(body(sent(deployment="checkout", severity="page")))
    assert (response.status, await response.json()) == (200, {"created": 1})
    (made,) = world.investigations()
    spec = made["spec"]
    assert made["metadata"]["namespace"] == "shop"
    assert (spec["trigger"], spec["scope"], spec["severity"], spec["lookbackSeconds"]) == (
        "Alert",
        "Tenant",
        "Critical",
        3600,
    )
    assert spec["target"] == {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "", "name": "checkout"}
    assert spec["alert"]["receiver"] == "prom"
    assert "status" not in made, "what stands in the spec is not written a second time"
    assert heard(made).count == 1
    assert [one.wire() for one in heard(made).seen] == [
        {"fingerprint": sent()["fingerprint"], "startsAt": "2026-11-22T03:00:00Z"}
    ]


async def test_a_group_of_several_alerts_remembers_them_all(world) -> None:
    await world.alert(body(sent(), sent("Other")))
    (made,) = world.investigations()
    assert made["status"]["alert"]["count"] == 1
    assert {one["fingerprint"] for one in made["status"]["alert"]["seen"]} == {
        sent()["fingerprint"],
        sent("Other")["fingerprint"],
    }


def heard(made: dict[str, Any]) -> AlertStatus:
    """What the gateway knows of the alerts of an Investigation."""
    return Record.of(made).episode.alert


async def test_repeats_update_and_an_end_closes(world) -> None:
    await world.alert(body(sent()))
    world.clock.advance(minutes=5)
    assert await (await world.alert(body(sent()))).json() == {"updated": 1}
    assert await (await world.alert(body(sent(resolved=True)))).json() == {"updated": 1}
    (made,) = world.investigations()
    assert made["status"]["alert"]["count"] == 3
    assert made["status"]["alert"]["resolvedAt"] == "2026-11-22T05:05:00Z"


async def test_only_a_new_firing_opens_the_next_episode(world) -> None:
    await world.alert(body(sent()))
    await world.alert(body(sent(resolved=True)))
    assert await (await world.alert(body(sent()))).json() == {"ignored": 1}
    assert await (await world.alert(body(sent(minute=30)))).json() == {"created": 1}
    assert names(world) == ["1", "2"]


async def test_an_end_without_a_beginning_makes_nothing(world) -> None:
    response = await world.alert(body(sent(resolved=True)))
    assert (response.status, await response.json()) == (200, {"ignored": 1})
    assert world.investigations() == []


async def test_an_episode_that_nobody_speaks_of_is_over_after_a_day(world) -> None:
    await world.alert(body(sent()))
    world.clock.advance(hours=23)
    await world.alert(body(sent(minute=1)))
    world.clock.advance(hours=25)
    await world.alert(body(sent(minute=2)))
    assert names(world) == ["1", "2"]


async def test_a_late_end_does_not_close_the_next_episode(world) -> None:
    await world.alert(body(sent()))
    await world.alert(body(sent(resolved=True)))
    await world.alert(body(sent(minute=30)))
    assert await (await world.alert(body(sent(resolved=True)))).json() == {"ignored": 1}
    latest = max(world.investigations(), key=lambda item: item["metadata"]["name"])
    assert heard(latest).resolved_at is None


async def test_an_end_counts_though_its_alert_is_said_to_have_begun_earlier(world) -> None:
    """Of two Prometheus that evaluate the same rule, Alertmanager takes the earlier begin as soon as it learns it."""
    await world.alert(body(sent(minute=2)))
    await world.alert(body(sent(minute=1, resolved=True)))
    (made,) = world.investigations()
    assert "resolvedAt" in made["status"]["alert"]
    assert await (await world.alert(body(sent(minute=1)))).json() == {"ignored": 1}


async def test_a_group_is_split_by_namespace(world) -> None:
    alerts = [sent(), sent("Other", namespace="pay"), sent("Third", namespace="pay")]
    assert await (await world.alert(body(*alerts))).json() == {"created": 2}
    places = Counter(item["metadata"]["namespace"] for item in world.investigations())
    assert places == {"shop": 1, "pay": 1}


async def test_one_namespace_ends_while_another_goes_on(world) -> None:
    await world.alert(body(sent(), sent("Other", namespace="pay")))
    await world.alert(body(sent(resolved=True), sent("Other", namespace="pay")))
    ended = {item["metadata"]["namespace"]: heard(item).resolved_at is not None for item in world.investigations()}
    assert ended == {"shop": True, "pay": False}


async def test_where_alerts_are_missing_nothing_is_taken_for_ended(world) -> None:
    await world.alert(body(sent(), sent("Other", namespace="pay")))
    await world.alert(body(sent(resolved=True), truncatedAlerts=7, status="firing"))
    assert not any(heard(item).resolved_at for item in world.investigations())


@pytest.mark.parametrize(
    "namespace", ["other", "nowhere", "kube-system", "casebook-runs", "casebook-system", "", "new-one"]
)
async def test_a_label_only_narrows(world, namespace: str) -> None:
    """A namespace that the receiver may not use, or that is not there, is replaced by its default (I8)."""
    await world.alert(body(sent(namespace=namespace, deployment="checkout")))
    (made,) = world.investigations()
    assert made["metadata"]["namespace"] == "default-alerts"
    assert ("target" in made["spec"]) == (namespace == "")


async def test_a_new_namespace_is_found_at_once(world) -> None:
    await world.alert(body(sent("Warm", namespace="shop"), key="warm"))
    world.clock.advance(seconds=2)
    world.cluster.namespace("new-two")
    await world.alert(body(sent(namespace="new-two")))
    assert world.investigations()[-1]["metadata"]["namespace"] == "new-two"


async def test_only_a_platform_receiver_reaches_the_operators_namespace(world) -> None:
    await world.alert(body(sent(namespace="casebook-system")), receiver="root", token="of-root")
    assert world.investigations()[0]["metadata"]["namespace"] == "casebook-system"


@pytest.mark.parametrize("token", ["", "wrong", "s3cret-of-pro", "of-root"])
async def test_without_its_token_nothing_is_taken(world, token: str) -> None:
    response = await world.alert(body(sent()), token=token)
    assert response.status == 401
    assert "error" in await response.json()
    assert world.cluster.calls == []


async def test_an_unknown_receiver_is_told_so(world) -> None:
    response = await world.alert(body(sent()), receiver="nobody")
    assert response.status == 404
    assert "nobody" in (await response.json())["error"]


async def test_tokens_are_rotated_without_a_restart(world) -> None:
    assert (await world.alert(body(sent()), token="second")).status == 200
    (world.config.tokens_dir / "prom").write_text("third-and-only\n")
    assert (await world.alert(body(sent()), token="second")).status == 401
    assert (await world.alert(body(sent()), token="third-and-only")).status == 200


@pytest.mark.parametrize("data", [b"", b"junk", b"\xff", b"[[[[", b"{}", body(), body(sent(), version="9")])
async def test_no_body_is_refused(world, data: bytes) -> None:
    assert (await world.alert(data)).status == 200


async def test_five_megabytes_are_clipped_and_taken(make_world) -> None:
    world = await make_world(max_body_bytes=1 << 20)
    alerts = [sent(f"A{number}") | {"annotations": {"text": "x" * 600}} for number in range(6000)]
    data = body(*alerts, key="a large group")
    assert len(data) > 5_000_000
    assert (await world.alert(data)).status == 200
    (made,) = world.investigations()
    assert (made["spec"]["alert"]["groupKey"], made["spec"]["alert"]["truncated"]) == ("a large group", True)
    assert len(made["status"]["alert"]["seen"]) == 100
    assert len(json.dumps(made)) < 64 << 10
    assert await (await world.alert(data)).json() == {"updated": 1}


async def test_a_large_group_that_ended_is_not_opened_by_its_own_replay(world) -> None:
    alerts = [sent(f"A{number}", minute=number % 7) for number in range(500)]
    await world.alert(body(*alerts))
    await world.alert(body(*(alert | {"status": "resolved"} for alert in alerts)))
    assert await (await world.alert(body(*alerts))).json() == {"ignored": 1}


@pytest.mark.parametrize("verb", ["list", "create", "apply"])
@pytest.mark.parametrize("after", [False, True])
async def test_trouble_of_the_api_server_is_503_and_the_retry_is_taken_once(world, verb: str, after: bool) -> None:
    """I1: 2xx only for what the API server has, whether the write took effect before the answer was lost or not."""
    failing = lambda done, resource: Unavailable("etcdserver: leader changed") if done == verb else None  # noqa: E731
    if after and verb != "list":
        world.cluster.after = failing
    else:
        world.cluster.before = failing
    response = await world.alert(body(sent(), sent("Other")))
    assert response.status == 503
    assert int(response.headers["Retry-After"]) >= 1
    assert "Traceback" not in await response.text()
    world.cluster.before = world.cluster.after = lambda done, resource: None
    assert (await world.alert(body(sent(), sent("Other")))).status == 200
    (made,) = world.investigations()
    assert len(heard(made).seen) == 2


async def test_what_nobody_foresaw_is_503_without_a_word_of_it(world) -> None:
    def broken(verb: str, resource: str) -> ClusterError:
        raise ZeroDivisionError("secret detail")

    world.cluster.before = broken
    response = await world.alert(body(sent()))
    assert response.status == 503
    assert "secret" not in await response.text()


async def test_conflicting_writers_both_succeed(world) -> None:
    turns = iter([True, True, False] * 100)
    await world.alert(body(sent()))
    world.cluster.before = lambda verb, resource: Conflict("modified") if verb == "apply" and next(turns) else None
    assert (await world.alert(body(sent()))).status == 200
    assert world.investigations()[0]["status"]["alert"]["count"] == 2


async def test_two_replicas_take_the_same_post_as_one(make_world) -> None:
    first, second = await make_world(), await make_world()
    responses = await asyncio.gather(*(replica.alert(body(sent())) for replica in (first, second) * 5))
    assert {response.status for response in responses} == {200}
    (made,) = first.investigations()
    assert made["status"]["alert"]["count"] == 10


async def test_a_name_that_somebody_else_took_does_not_lose_the_alert(world) -> None:
    await world.alert(body(sent()))
    (made,) = world.investigations()
    made["metadata"]["labels"] = {}
    assert await (await world.alert(body(sent(minute=5)))).json() == {"updated": 1}


async def test_a_namespace_without_the_gateways_rights_falls_back(world) -> None:
    def refusing(verb: str, resource: str) -> ClusterError | None:
        return Denied("no RoleBinding") if verb == "create" and not world.investigations() else None

    world.cluster.before = refusing
    assert (await world.alert(body(sent()))).status == 503
    world.cluster.before = lambda verb, resource: None
    assert (await world.alert(body(sent()))).status == 200
    assert world.investigations()[0]["metadata"]["namespace"] == "default-alerts"


async def test_over_the_queue_limit_one_investigation_counts_the_rest(make_world) -> None:
    world = await make_world(queue_limit_per_tenant=3)
    posts = [world.alert(body(sent(f"A{number}", namespace="shop"), key=f"group {number}")) for number in range(20)]
    outcomes: Counter[str] = Counter()
    for response in await asyncio.gather(*posts):
        outcomes.update(await response.json())
    assert outcomes["created"] + outcomes["overflow"] == 20
    made = world.investigations()
    assert len(made) == outcomes["created"] + 1
    (over,) = [item for item in made if item["spec"]["alert"]["groupKey"] == "overflow"]
    assert over["metadata"]["namespace"] == "pay"
    assert over["status"]["alert"]["count"] == outcomes["overflow"]
    assert over["spec"]["alert"]["labels"] == {"alertname": "Overflow"}


async def test_two_replicas_go_little_over_the_limit_and_lose_nothing(make_world) -> None:
    """Their counts are their own: a tenth of the limit, and what each has under way, is all that they go over."""
    limit, side_by_side, offered = 100, 24, 300
    replicas = [await make_world(queue_limit_per_tenant=limit) for _ in range(2)]
    outcomes: Counter[str] = Counter()
    slots = asyncio.Semaphore(2 * side_by_side)

    async def post(number: int) -> None:
        async with slots:
            response = await replicas[number % 2].alert(
                body(sent(f"A{number}", namespace="shop"), key=f"group {number}")
            )
            assert response.status == 200
            outcomes.update(await response.json())

    await asyncio.gather(*(post(number) for number in range(offered)))
    assert outcomes["created"] + outcomes["overflow"] == offered
    assert limit <= outcomes["created"] <= limit + limit // 10 + 2 * side_by_side
    keys = Counter(item["spec"]["alert"]["groupKey"] for item in replicas[0].investigations())
    assert keys.pop("overflow") == 1
    assert sum(keys.values()) == len(keys) == outcomes["created"]
    (over,) = [item for item in replicas[0].investigations() if item["spec"]["alert"]["groupKey"] == "overflow"]
    assert over["status"]["alert"]["count"] == outcomes["overflow"]


async def test_the_queue_of_one_tenant_is_not_that_of_another(make_world) -> None:
    world = await make_world(queue_limit_per_tenant=1)
    await world.alert(body(sent(), key="one"))
    assert await (await world.alert(body(sent(), key="two"))).json() == {"overflow": 1}
    assert await (await world.alert(body(sent(namespace="elsewhere"), key="three"))).json() == {"created": 1}


async def test_finished_ones_do_not_wait(make_world) -> None:
    world = await make_world(queue_limit_per_tenant=1)
    await world.alert(body(sent(), key="one"))
    world.investigations()[0]["status"] = {"phase": "Succeeded"}
    world.clock.advance(seconds=6)
    assert await (await world.alert(body(sent(), key="two"))).json() == {"created": 1}


async def test_credentials_in_labels_do_not_reach_the_resource(world) -> None:
    planted = "ghp_" + "a1B2c3D4e5" * 4
    await world.alert(body(sent() | {"annotations": {"log": f"login with {planted} failed"}}))
    assert planted not in json.dumps(world.investigations())


async def test_metrics_tell_what_became_of_alerts(world) -> None:
    await world.alert(body(sent()))
    text = await (await world.client.get("/metrics")).text()
    assert 'casebook_alerts_total{outcome="created",receiver="prom"} 1.0' in text
    assert "casebook_investigations_created_total 1.0" in text
    assert 'casebook_http_requests_total{method="POST",route="/v1/alerts/{receiver}",status="200"} 1.0' in text


async def test_ready_while_the_api_server_answers(make_world) -> None:
    world = await make_world()
    assert (await world.client.get("/readyz")).status == 200
    down = await make_world()
    world.cluster.before = lambda verb, resource: Unavailable("down")
    response = await down.client.get("/readyz")
    assert (response.status, (await response.json())["kubernetes"]) == (503, "down")
    assert (await down.client.get("/healthz")).status == 200


async def test_too_many_at_once_are_asked_to_come_again(make_world) -> None:
    world = await make_world()
    gate = asyncio.Event()
    posts = [asyncio.create_task(_slow_post(world, gate)) for _ in range(8)]
    await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
    gate.set()
    statuses = Counter([response.status for response in await asyncio.gather(*posts)])
    assert statuses.keys() == {200, 503}
    assert (await world.alert(body(sent()))).status == 200


async def _slow_post(world, gate: asyncio.Event):
    async def slowly():
        yield body(sent())[:100]
        await gate.wait()
        yield body(sent())[100:]

    return await world.client.post("/v1/alerts/prom", data=slowly(), headers={"Authorization": "Bearer second"})
