"""Probes that ask the wrong thing, and probes that tell the truth."""

import pytest

from support.builders import (
    Raw,
    container,
    ended,
    endpoints,
    event,
    healthy,
    log,
    pod,
    replicaset,
    run,
    running,
    service,
    snapshot,
    template,
    workload,
)
from support.reason import assert_not_named, assert_refuted, assert_root, report

PORTS = [{"containerPort": 8080}]


def probe(path: str = "/healthz", port: int = 8080, **more: int) -> Raw:
    return {"httpGet": {"path": path, "port": port}, **more}


def release(kind: str, spec: Raw, status: Raw, *messages: tuple[str, str]) -> list[Raw]:
    """A web whose only revision change is a probe, with what the kubelet says of the new pod."""
    old = template("web", container(ports=PORTS, **{kind: probe()}))
    new = template("web", container(ports=PORTS, **{kind: spec}))
    top = workload("web", new)
    first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, new, age=200)
    bad = pod(second, new, status, name="web-p0", age=200)
    told = [event(bad, reason, message) for reason, message in messages]
    return [
        top,
        first,
        second,
        bad,
        *told,
        service("web"),
        endpoints("web", int(status["ready"]), unready=int(not status["ready"])),
    ]


KILL = ("Killing", "Container app failed liveness probe, will be restarted")
REFUSED = (
    "Unhealthy",
    'Liveness probe failed: Get "http://10.0.0.9:8081/healthz": dial tcp 10.0.0.9:8081: connect: connection refused',
)


def test_a_liveness_probe_on_the_wrong_port() -> None:
    status = running("app", up=10, restarts=4, last=ended(137, lived=30, since=12))
    objects = release("livenessProbe", probe(port=8081), status, REFUSED, KILL)
    asked = run("web restarts again and again", "Deployment/web")
    assert_root(
        snapshot(asked, objects, log("web-p0", ["listening on port 8080", "ok"])),
        "Deployment/web",
        "LivenessProbeWrong",
        "8081",
    )


def test_a_program_that_ends_by_itself_refutes_the_probe() -> None:
    status = running("app", up=10, restarts=4, last=ended(1, lived=30, since=12))
    objects = release("livenessProbe", probe(), status, REFUSED)
    assert_refuted(snapshot(run("", "Deployment/web"), objects), "Deployment/web", "LivenessProbeWrong")


def test_a_program_that_starts_too_slowly() -> None:
    status = running("app", up=5, ready=False, restarts=3, last=ended(137, lived=26, since=6))
    late = (
        "Unhealthy",
        'Liveness probe failed: Get "http://10.0.0.9:8080/healthz": dial tcp 10.0.0.9:8080: connect: connection refused',  # noqa: E501
    )
    objects = release("livenessProbe", probe(periodSeconds=5, failureThreshold=2), status, late, KILL)
    found = report(snapshot(run("", "Deployment/web"), objects))
    assert found.root_causes[0].object == "Deployment/web"
    assert found.root_causes[0].cause in ("StartupProbeWrong", "LivenessProbeWrong")


def test_a_program_whose_rollout_was_completed_starts_in_time() -> None:
    """On a busy node a kill may come before it listens, though this revision had been up: the probe is too strict."""
    status = running("app", up=1, ready=False, restarts=3, last=ended(0, lived=2, since=2))
    objects = release("livenessProbe", probe(periodSeconds=1, failureThreshold=1), status, REFUSED, KILL)
    for owner in (objects[0], objects[2], objects[3]):
        spec = owner["spec"]
        spec.get("template", {"spec": spec})["spec"]["containers"][0]["readinessProbe"] = probe()
    done = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
    objects[0]["status"] = {"conditions": [done]}
    seen = snapshot(run("", "Deployment/web"), objects)
    assert_refuted(seen, "Deployment/web", "StartupProbeWrong")
    assert_root(seen, "Deployment/web", "LivenessProbeWrong")


@pytest.mark.parametrize(("path", "port", "message"), [
    ("/readyz", 8080, "Readiness probe failed: HTTP probe failed with statuscode: 404"),
    ("/ready", 9090, 'Readiness probe failed: Get "http://10.0.0.9:9090/ready": dial tcp 10.0.0.9:9090: connect: connection refused'),  # noqa: E501
])  # fmt: skip
def test_a_readiness_probe_that_asks_the_wrong_thing(path: str, port: int, message: str) -> None:
    objects = release("readinessProbe", probe(path, port), running("app", up=180, ready=False), ("Unhealthy", message))
    asked = run("the shop does not answer", "Service/web")
    assert_root(
        snapshot(asked, objects, log("web-p0", ["listening on port 8080"])),
        "Deployment/web",
        "ReadinessProbeWrong",
        path,
    )


def test_a_program_that_says_itself_that_it_is_not_ready() -> None:
    message = ("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")
    objects = release("readinessProbe", probe(), running("app", up=180, ready=False), message)
    found = assert_refuted(snapshot(run("", "Deployment/web"), objects), "Deployment/web", "ReadinessProbeWrong")
    assert [item.cause for item in found.root_causes] == ["EndpointsNotReady"]


def test_unready_by_its_own_word_is_not_the_end_where_what_it_calls_was_not_asked_about() -> None:
    message = ("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")
    objects = [
        *release("readinessProbe", probe(), running("app", up=180, ready=False), message),
        *healthy("db"),
    ]
    for item in objects:
        if item["kind"] == "Deployment" and item["metadata"]["name"] == "web":
            item["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "DB_URL", "value": "http://db:80"}]
    asked, said = run("", "Deployment/web"), log("web-p0", ["warming up"])
    assert_not_named(snapshot(asked, objects), "EndpointsNotReady")
    assert_root(snapshot(asked, objects, said), "Deployment/web", "EndpointsNotReady")
