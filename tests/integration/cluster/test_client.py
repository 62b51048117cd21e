"""The adapter against a real API server."""

import asyncio

import pytest

from casebook.api.base import API_VERSION, MEMORIES
from casebook.cluster import errors
from casebook.cluster.client import Client, NotConfigured, connect
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.knowledge.recall import CONFIRMED


def config_map(namespace: str, name: str, **data: str) -> dict[str, object]:
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


async def test_create_twice_returns_the_first(writer: Writer, namespace: str) -> None:
    first, created = await writer.create("configmaps", config_map(namespace, "one", value="first"))
    second, again = await writer.create("configmaps", config_map(namespace, "one", value="second"))
    assert (created, again) == (True, False)
    assert second["metadata"]["uid"] == first["metadata"]["uid"]
    assert second["data"] == {"value": "first"}


async def test_apply_with_a_stale_version_is_a_conflict(writer: Writer, namespace: str) -> None:
    first = await writer.apply("configmaps", config_map(namespace, "one", value="first"))
    await writer.apply("configmaps", config_map(namespace, "one", value="second"))
    stale = config_map(namespace, "one", value="third")
    stale["metadata"] = {"namespace": namespace, "name": "one", "resourceVersion": first["metadata"]["resourceVersion"]}
    with pytest.raises(errors.Conflict):
        await writer.apply("configmaps", stale)


async def test_delete_minds_the_uid_and_takes_gone_for_done(writer: Writer, namespace: str) -> None:
    made, _ = await writer.create("configmaps", config_map(namespace, "one"))
    with pytest.raises(errors.Conflict):
        await writer.delete("configmaps", "one", namespace, uid="00000000-0000-0000-0000-000000000000")
    assert await writer.delete("configmaps", "one", namespace, uid=made["metadata"]["uid"])
    assert not await writer.delete("configmaps", "one", namespace)


async def test_list_is_paged_and_bounded(
    reader: Reader, writer: Writer, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casebook.cluster.reader.PAGE", 4)
    await asyncio.gather(*[writer.create("configmaps", config_map(namespace, f"c{number}")) for number in range(10)])
    whole = await reader.list("configmaps", namespace, fields="metadata.name!=kube-root-ca.crt")
    part = await reader.list("configmaps", namespace, limit=3)
    named = await reader.list("configmaps", namespace, limit=6, keep=lambda item: {"kept": item["kind"]})
    assert [item["metadata"]["name"] for item in whole.items] == sorted(f"c{number}" for number in range(10))
    assert {item["kind"] for item in whole.items} == {"ConfigMap"}
    assert not whole.truncated
    assert len(part.items) == 3
    assert part.truncated
    assert named.items == [{"kept": "ConfigMap"}] * 6


async def test_a_watch_tells_what_happened_since_a_list_and_ends_in_time(
    reader: Reader, writer: Writer, namespace: str
) -> None:
    fields = "metadata.name!=kube-root-ca.crt"
    await writer.create("configmaps", config_map(namespace, "one"))
    (begin,) = [page async for page in reader.pages("configmaps", namespace, fields=fields)]
    await writer.apply("configmaps", config_map(namespace, "one", value="changed"))
    await writer.create("configmaps", config_map(namespace, "two"))
    await writer.delete("configmaps", "one", namespace)
    changes = reader.watch("configmaps", namespace, begin.resource_version, fields=fields, seconds=3)
    told = [one async for one in changes]
    happened = [(one.found["metadata"]["name"], one.found.get("data"), one.gone) for one in told if one.found]
    value = {"value": "changed"}
    assert happened == [("one", value, False), ("two", None, False), ("one", value, True)]
    since = reader.watch("configmaps", namespace, told[-1].resource_version, fields=fields, seconds=1)
    assert not [one async for one in since if one.found]


async def test_what_no_longer_has_the_fields_is_gone_for_a_watch(
    reader: Reader, writer: Writer, namespace: str
) -> None:
    place = {"name": "one", "namespace": namespace}
    memory = {"apiVersion": API_VERSION, "kind": "Memory", "metadata": place}
    spec = {
        "statement": "web is slow on Mondays",
        "claim": {"noise": {"alertname": "KubePodNotReady"}},
        "scope": {"matchLabels": {"a": "b"}},
    }
    await writer.apply(MEMORIES, memory | {"spec": spec | {"state": "Confirmed"}})
    (begin,) = [page async for page in reader.pages(MEMORIES, namespace, fields=CONFIRMED)]
    assert [one["metadata"]["name"] for one in begin.items] == ["one"]
    await writer.apply(MEMORIES, memory | {"spec": spec | {"state": "Retired"}})
    changes = reader.watch(MEMORIES, namespace, begin.resource_version, fields=CONFIRMED, seconds=2)
    assert [(one.found["metadata"]["name"], one.gone) async for one in changes if one.found] == [("one", True)]


async def test_a_watch_of_what_may_not_be_read_is_denied(kubeconfig: str, namespace: str) -> None:
    async with connect(kubeconfig) as stranger:
        stranger.api.set_default_header("Impersonate-User", "nobody@example.com")
        with pytest.raises(errors.Denied, match=r"nobody@example\.com"):
            _ = [one async for one in Reader(stranger).watch("configmaps", namespace, "0", seconds=2)]


async def test_missing_and_forbidden_are_told_apart(reader: Reader, kubeconfig: str, namespace: str) -> None:
    with pytest.raises(errors.NotFound, match="absent"):
        await reader.get("configmaps", "absent", namespace)
    async with connect(kubeconfig) as stranger:
        stranger.api.set_default_header("Impersonate-User", "nobody@example.com")
        with pytest.raises(errors.Denied, match=r"nobody@example\.com"):
            await Reader(stranger).list("pods", namespace)


async def test_self_review_is_answered_and_not_stored(writer: Writer) -> None:
    answer = await writer.review("selfsubjectreviews.authentication.k8s.io", {})
    assert answer["status"]["userInfo"]["username"]


async def test_a_server_that_is_not_there_is_unavailable(kube_client: Client) -> None:
    kube_client.api.configuration.host = "https://127.0.0.1:9"
    with pytest.raises(errors.Unavailable, match="cannot reach"):
        await Reader(kube_client).list("pods", "default")


async def test_an_unknown_context_is_named(kubeconfig: str) -> None:
    with pytest.raises(NotConfigured, match="nowhere"):
        async with connect(kubeconfig, "nowhere"):
            pass
