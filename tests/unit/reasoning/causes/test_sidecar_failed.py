"""SidecarFailed: containers beside the main one, and those that only look like it."""

from typing import Any

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.observation import Result, pod_logs
from support.builders import (
    NS,
    Raw,
    container,
    ended,
    endpoints,
    log,
    observe,
    pod,
    replicaset,
    run,
    running,
    service,
    snapshot,
    template,
    waiting,
    workload,
)
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report
from support.shop import shop

CRASHES = waiting("proxy", "CrashLoopBackOff", "back-off 40s", restarts=5, last=ended(1))
BOOT = ["[info] initializing epoch 0", "[critical] error initializing configuration: no listener named inbound"]


def api(main: Raw, beside: Raw, *, native: bool = False, annotated: str = "") -> list[Raw]:
    """An api of a main container `app` and a sidecar `proxy`, with these statuses."""
    proxy = container("proxy", "proxy:1")
    if native:
        body = template("api", container(), initContainers=[proxy | {"restartPolicy": "Always"}])
    else:
        body = template("api", *([proxy, container()] if annotated else [container(), proxy]))
    top = workload("api", body)
    owner = replicaset(top, 1, body, age=7200)
    made = pod(owner, body, main, *([] if native else [beside]), name="api-p0")
    if native:
        made["status"]["initContainerStatuses"] = [beside]
    if annotated:
        made["metadata"]["annotations"] = {"kubectl.kubernetes.io/default-container": annotated}
    made["status"]["phase"] = "Running"
    made["status"]["conditions"][1] |= {"status": "False"}
    return [*shop("api"), top, owner, made, service("api"), endpoints("api", 0)]


def asked(objects: list[Raw], *lines: str, of: str = "proxy") -> Snapshot:
    logs = [log("api-p0", lines, container=of, previous=True)] if lines else []
    return snapshot(run("web fails", "Deployment/web"), objects, *logs)


@pytest.mark.parametrize("how", [{}, {"native": True}, {"annotated": "app"}])
def test_the_program_runs_and_what_stands_beside_it_crashes(how: dict[str, Any]) -> None:
    found = asked(api(running("app"), CRASHES, **how), *BOOT)
    assert_root(found, "Deployment/api", "SidecarFailed", "proxy", "no listener named inbound")


def test_where_its_log_may_not_be_read_nothing_is_claimed() -> None:
    query = pod_logs(NS, "api-p0", "proxy", previous=True)
    denied = observe(query, None, 1, result=Result.DENIED, message="forbidden")
    found = snapshot(run("web fails", "Deployment/web"), api(running("app"), CRASHES), denied)
    assert_refuted(found, "Deployment/api", "SidecarFailed")


def test_a_native_sidecar_that_never_gets_ready_keeps_the_program_from_starting() -> None:
    waits = waiting("app", "PodInitializing")
    assert_root(asked(api(waits, CRASHES, native=True), *BOOT), "Deployment/api", "SidecarFailed", "PodInitializing")


def test_the_main_container_that_crashes_beside_a_sidecar_that_is_well() -> None:
    crashes = waiting("app", "CrashLoopBackOff", "back-off 40s", restarts=5, last=ended(1))
    found = report(asked(api(crashes, running("proxy")), "KeyError: cents", of="app"))
    assert hypothesis(found, "SidecarFailed") is None


def test_where_both_crash_it_is_not_the_sidecar() -> None:
    crashes = waiting("app", "CrashLoopBackOff", "back-off 40s", restarts=5, last=ended(1))
    assert_refuted(asked(api(crashes, CRASHES), *BOOT), "Deployment/api", "SidecarFailed")


def test_an_image_that_is_not_there_has_a_name_of_its_own() -> None:
    missing = waiting("proxy", "ImagePullBackOff", 'Back-off pulling image "proxy:1": not found: manifest unknown')
    assert_root(asked(api(running("app"), missing)), "Deployment/api", "ImageNotFound")


def test_a_limit_that_ends_it_has_a_name_of_its_own() -> None:
    killed = waiting("proxy", "CrashLoopBackOff", "back-off", restarts=5, last=ended(137, "OOMKilled"))
    assert_not_named(asked(api(running("app"), killed)), "SidecarFailed")


def test_a_sidecar_that_restarted_long_ago_and_is_ready_is_well() -> None:
    objects = api(running("app"), running("proxy", up=3000, restarts=2, last=ended(1, since=3000)))
    assert hypothesis(report(asked(objects)), "SidecarFailed") is None
