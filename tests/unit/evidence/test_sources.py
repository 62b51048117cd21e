"""Sources: bounded, stripped, redacted, and honest about what was left out."""

import json
from datetime import UTC, datetime

import pytest

from casebook.api.observation import METRICS, Query, earlier_logs, getting, listing, pod_logs
from casebook.cluster.errors import Invalid, NotFound, Unavailable
from casebook.cluster.reader import Page
from casebook.evidence import source as source_module
from casebook.evidence.kubernetes import KubernetesSource
from casebook.evidence.kubernetes.strip import strip
from casebook.evidence.logs import LogSource
from casebook.evidence.metrics import MetricsSource
from casebook.evidence.redaction import redact
from casebook.evidence.source import Refused, bounded

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class FakeObjects:
    """Answers from a dict of lists, and remembers what was asked."""

    def __init__(self, items=(), *, truncated=False, error=None):
        self.items, self.truncated, self.error, self.asked = list(items), truncated, error, []

    async def get(self, resource, name, namespace=""):
        self.asked.append((resource, name, namespace))
        return next(item for item in self.items if item["metadata"]["name"] == name)

    async def list(self, resource, namespace="", *, labels="", fields="", limit=5000, keep=lambda item: item):
        self.asked.append((resource, namespace, labels, fields, limit))
        if self.error:
            raise self.error
        return Page([keep(item) for item in self.items], self.truncated, "1")


class FakeLogs:
    """Gives its lines, the last `tail` of them, cut at `limit` bytes as the kubelet cuts."""

    def __init__(self, lines, error=None):
        self.lines, self.error, self.asked = lines, error, []

    async def logs(self, namespace, pod, *, container="", previous=False, tail=None, since_seconds=None, limit=0):
        self.asked.append((container, previous, tail, since_seconds))
        if self.error:
            raise self.error
        text = "\n".join(self.lines[-tail:] if tail else self.lines)
        return text[:limit], len(text) > limit


def test_changes_stay_for_what_people_configure_and_status_writes_go() -> None:
    fields = [
        {
            "manager": "kubectl",
            "operation": "Update",
            "time": "t",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {}},
        },
        {"manager": "kcm", "operation": "Update", "time": "t", "subresource": "status", "fieldsV1": {"f:status": {}}},
    ]
    metadata = {"name": "x", "managedFields": fields, "annotations": {APPLIED: "{}", "a": "b"}}
    kept = strip({"kind": "Deployment", "metadata": metadata})["metadata"]
    assert kept["managedFields"] == [
        {"manager": "kubectl", "operation": "Update", "time": "t", "fieldsV1": {"f:spec": {}}}
    ]
    assert APPLIED in kept["annotations"]
    dropped = strip({"kind": "Pod", "metadata": metadata})["metadata"]
    assert "managedFields" not in dropped
    assert dropped["annotations"] == {"a": "b"}
    assert "managedFields" in metadata, "the original is not touched"


async def test_a_controller_revision_keeps_its_template_without_credentials_and_copies_of_manifests() -> None:
    template = {"spec": {"containers": [{"name": "app", "env": [{"name": "API_TOKEN", "value": "tok-3f9a1c77e2b8"}]}]}}
    metadata = {"name": "db-1", "annotations": {APPLIED: json.dumps({"spec": {"template": template}})}}
    item = {"kind": "ControllerRevision", "metadata": metadata, "data": {"spec": {"template": template}}, "revision": 2}
    reading = await KubernetesSource(FakeObjects([item])).read(listing("controllerrevisions.apps", "shop"))
    assert "tok-3f9a1c77e2b8" not in json.dumps(reading.data)
    (kept,) = reading.data["items"]
    assert kept["revision"] == 2
    assert kept["data"]["spec"]["template"]["spec"]["containers"][0]["env"][0]["name"] == "API_TOKEN"
    assert APPLIED not in kept["metadata"]["annotations"]


def test_binary_and_bulk_go() -> None:
    config = strip({"kind": "ConfigMap", "metadata": {}, "binaryData": {"x": "AAAA"}, "data": {"big": "x" * 100_000}})
    assert "binaryData" not in config
    assert len(config["data"]["big"]) == 65_536
    node = strip({"kind": "Node", "metadata": {}, "status": {"images": [1], "conditions": []}})
    assert node["status"] == {"conditions": []}


async def test_lists_pass_selectors_on_and_say_when_they_are_cut() -> None:
    reader = FakeObjects([{"kind": "Pod", "metadata": {"name": "a"}}], truncated=True)
    query = listing("pods", "shop", labels="app=web", fields="spec.nodeName=n1")
    reading = await KubernetesSource(reader).read(query)
    assert reader.asked == [("pods", "shop", "app=web", "spec.nodeName=n1", 1000)]
    assert reading.data == {"items": [{"kind": "Pod", "metadata": {"name": "a"}}]}
    assert reading.truncated


async def test_bytes_are_bounded() -> None:
    items = [{"metadata": {"name": f"c{number}"}, "note": "x" * 1_000_000} for number in range(6)]
    reading = await KubernetesSource(FakeObjects(items)).read(listing("configmaps", "shop"))
    assert len(reading.data["items"]) == 4
    assert reading.truncated
    assert len(json.dumps(reading.data)) <= source_module.MAX_BYTES
    assert bounded([], 10) == ([], False)


@pytest.mark.parametrize("query", [listing("secrets", "shop"), getting("secrets", "db", "shop")])
async def test_secrets_are_refused_without_a_call(query) -> None:
    reader = FakeObjects()
    with pytest.raises(Refused, match="never reads Secrets"):
        await KubernetesSource(reader).read(query)
    assert reader.asked == []


async def test_log_lines_have_their_moment_and_no_credentials() -> None:
    lines = [
        "2026-11-22T03:00:00.123456789Z starting",
        "2026-11-22T03:00:01Z password=hunter2hunter2",
        "no timestamp here",
    ]
    reading = await LogSource(FakeLogs(lines)).read(pod_logs("shop", "web-1", "web", previous=True, tail=50))
    assert reading.data == {
        "lines": [
            {"at": "2026-11-22T03:00:00.123Z", "text": "starting"},
            {"at": "2026-11-22T03:00:01Z", "text": "password=[redacted:credential]"},
            {"at": "", "text": "no timestamp here"},
        ]
    }
    assert not reading.truncated
    assert reading.window.start == datetime(2026, 11, 22, 3, 0, 0, tzinfo=UTC)
    assert reading.window.end == datetime(2026, 11, 22, 3, 0, 1, tzinfo=UTC)


async def test_a_full_tail_says_that_there_was_more() -> None:
    reading = await LogSource(FakeLogs(["x"] * 100)).read(pod_logs("shop", "web-1", "web", tail=20))
    assert len(reading.data["lines"]) == 20
    assert reading.truncated


async def test_the_begin_of_a_span_of_a_log_without_the_line_that_was_cut() -> None:
    source = FakeLogs([f"2026-11-22T03:00:{number:02d}Z line {number}" for number in range(60)])
    reading = await LogSource(source).read(earlier_logs("shop", "web-1", "web", 600, 100))
    assert [line["text"] for line in reading.data["lines"]] == ["line 0", "line 1", "line 2"]
    assert reading.truncated
    assert source.asked == [("web", False, None, 600)]


async def test_long_logs_keep_their_newest_lines() -> None:
    lines = [f"2026-11-22T03:00:00Z {number} {'x' * 4000}" for number in range(400)]
    source = FakeLogs(lines)
    reading = await LogSource(source).read(pod_logs("shop", "web-1", "web"))
    assert [asked[2] for asked in source.asked] == [400, 50]
    assert reading.data["lines"][-1]["text"].startswith("399 ")
    assert reading.truncated


async def test_a_cut_mask_stays_a_mask() -> None:
    long = "x" * (4000 - len(" password=[red")) + " password=hunter2hunter2"
    reading = await LogSource(FakeLogs([f"2026-11-22T03:00:00Z {long}"])).read(pod_logs("shop", "web-1", "web"))
    assert redact(reading.data) == reading.data, "the gateway, which redacts again, must find the same digest"


async def test_no_such_run_of_a_container_is_not_found() -> None:
    source = LogSource(FakeLogs([], Invalid("previous terminated container not found")))
    with pytest.raises(NotFound):
        await source.read(pod_logs("shop", "web-1", "web", previous=True))


async def test_a_log_that_the_runtime_removed_is_not_found() -> None:
    said = "unable to retrieve container logs for containerd://f171b139ef279d0b448b0c8d0e78d314b4cf13d4988a298b5ea6"
    with pytest.raises(NotFound, match="gone"):
        await LogSource(FakeLogs([said])).read(pod_logs("shop", "web-1", "web", previous=True))


async def test_metrics_come_from_their_own_group() -> None:
    reader = FakeObjects([{"metadata": {"name": "web-1"}, "containers": []}])
    reading = await MetricsSource(reader).read(Query(source=METRICS, resource="pods", namespace="shop"))
    assert reader.asked[0][:2] == ("pods.metrics.k8s.io", "shop")
    assert reading.data["items"][0]["metadata"]["name"] == "web-1"


async def test_a_cluster_without_metrics_says_so() -> None:
    with pytest.raises(Unavailable, match="metrics-server"):
        await MetricsSource(FakeObjects(error=NotFound("404"))).read(Query(source=METRICS, resource="nodes"))
