"""Releases that fail: of Deployments, StatefulSets and DaemonSets, told from changes that cannot be to blame."""

import pytest

from casebook.analysis.snapshot import Snapshot
from support.builders import (
    Raw,
    container,
    controllerrevision,
    ended,
    endpoints,
    env,
    event,
    healthy,
    log,
    managed,
    meta,
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
from support.reason import assert_not_named, assert_refuted, assert_root, report, roots

RAISED = ["opening the journal", "Traceback (most recent call last):", '  File "app.py", line 5', "TypeError: no page"]


def crashed() -> Raw:
    return waiting("app", "CrashLoopBackOff", "back-off", restarts=4, last=ended(1))


def release(kind: str, old: Raw, new: Raw) -> list[Raw]:
    """An api whose pod of the new revision crashes while another pod of the old one runs on."""
    top = workload("api", new, kind=kind, replicas=2)
    top["status"] = {"desiredNumberScheduled": 2}
    if kind == "Deployment":
        first, second = replicaset(top, 1, old, age=7000), replicaset(top, 2, new, age=120)
        return [top, first, second, pod(first, old, name="api-0"), pod(second, new, crashed(), name="api-1", age=120)]
    first, second = controllerrevision(top, 1, old, age=7000), controllerrevision(top, 2, new, age=120)
    pods = [pod(top, old, name="api-0"), pod(top, new, crashed(), name="api-1", age=120)]
    for made, revision in zip(pods, (first, second), strict=True):
        named = revision["metadata"]["name"]
        label = named if kind == "StatefulSet" else named.removeprefix("api-")
        made["metadata"]["labels"] = made["metadata"]["labels"] | {"controller-revision-hash": label}
    return [top, first, second, *pods]


def told(kind: str, old: Raw, new: Raw, *lines: str) -> Snapshot:
    said = log("api-1", lines or RAISED, previous=True)
    return snapshot(run("why is api down?", f"{kind}/api"), release(kind, old, new), said)


KINDS = pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])


@KINDS
def test_the_revision_the_change_and_the_error_are_named(kind: str) -> None:
    old, new = template("api", container(image="shop:1")), template("api", container(image="shop:2"))
    found = assert_root(told(kind, old, new), f"{kind}/api", "ReleaseRegression", "shop:1 -> shop:2", "TypeError")
    assert "Revision 2" in found.root_causes[0].statement
    assert any("revision 1 -> 2" in item.excerpt for item in found.evidence)


@KINDS
def test_a_variable_that_the_revision_took_out(kind: str) -> None:
    old, new = (
        template("api", container(env=env(QUEUE_URL="http://q", A="1"))),
        template("api", container(env=env(A="1"))),
    )
    found = assert_root(
        told(kind, old, new, "KeyError: 'QUEUE_URL'"), f"{kind}/api", "EnvMissing", "env[QUEUE_URL]", "revision 2"
    )
    assert any("revision 1 -> 2" in item.excerpt for item in found.evidence)


@KINDS
@pytest.mark.parametrize(
    "changed",
    [
        {"imagePullPolicy": "Always"},
        {"livenessProbe": {"exec": {"command": ["true"]}}},
        {"lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}}},
        {"terminationMessagePolicy": "FallbackToLogsOnError"},
    ],
)
def test_a_field_that_changes_nothing_of_what_runs(kind: str, changed: Raw) -> None:
    new = template("api", container(**changed))
    assert_refuted(told(kind, template("api", container()), new), f"{kind}/api", "ReleaseRegression")


@pytest.mark.parametrize(
    "changed", [{"imagePullSecrets": [{"name": "registry"}]}, {"terminationGracePeriodSeconds": 5}]
)
def test_a_field_of_the_pod_that_changes_nothing_of_what_runs(changed: Raw) -> None:
    new = template("api", container(), **changed)
    assert_refuted(told("Deployment", template("api", container()), new), "Deployment/api", "ReleaseRegression")


@pytest.mark.parametrize(
    "changed",
    [
        {"command": ["serve"]},
        {"args": ["--fast"]},
        {"env": env(MODE="fast")},
        {"envFrom": [{"configMapRef": {"name": "fast"}}]},
        {"workingDir": "/srv"},
        {"volumeMounts": [{"name": "config", "mountPath": "/etc/app"}]},
    ],
)
def test_a_field_that_changes_what_runs(changed: Raw) -> None:
    new = template("api", container(**changed))
    assert_root(told("Deployment", template("api", container()), new), "Deployment/api", "ReleaseRegression")


@pytest.mark.parametrize(
    "changed",
    [
        {"automountServiceAccountToken": False},
        {"serviceAccountName": "other"},
        {"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["db"]}]},
        {"dnsPolicy": "Default"},
    ],
)
def test_a_field_of_the_pod_that_changes_what_a_program_is_given(changed: Raw) -> None:
    missing = ["Traceback (most recent call last):", "FileNotFoundError: [Errno 2] No such file or directory: '/t'"]
    asked = told("Deployment", template("api", container()), template("api", container(), **changed), *missing)
    assert_root(asked, "Deployment/api", "ReleaseRegression", next(iter(changed)))


def test_another_volume_is_another_configuration() -> None:
    old, new = (template("api", volumes=[{"name": "c", "configMap": {"name": name}}]) for name in ("old", "new"))
    new["spec"]["containers"] = old["spec"]["containers"] = [container()]
    assert_root(told("StatefulSet", old, new), "StatefulSet/api", "ReleaseRegression", "old -> new")


def test_a_pull_policy_is_no_change_of_the_image() -> None:
    old, new = template("api", container()), template("api", container(imagePullPolicy="Never"))
    objects = release("StatefulSet", old, new)
    status = waiting("app", "ErrImagePull", "registry.example/shop:1: not found")
    objects[-1]["status"]["containerStatuses"] = [status]
    found = report(snapshot(run("why?", "StatefulSet/api"), objects))
    changes = [one for item in found.hypotheses for one in item.predictions if "changed the image" in one.statement]
    assert changes
    assert all(one.outcome.value == "Untested" for one in changes)


def test_pods_of_an_old_revision_that_fail_too_refute_it() -> None:
    old, new = template("api", container(image="shop:1")), template("api", container(image="shop:2"))
    objects = release("StatefulSet", old, new)
    objects[3]["status"]["containerStatuses"] = [crashed()]
    logs = [log(name, RAISED, previous=True) for name in ("api-0", "api-1")]
    logs += [log(name, RAISED) for name in ("api-0", "api-1")]
    assert_not_named(snapshot(run("why?", "StatefulSet/api"), objects, *logs), "ReleaseRegression")


def test_taking_back_a_release_of_a_statefulset_names_the_pods_that_it_waits_for() -> None:
    old, new = template("api", container(image="shop:1")), template("api", container(image="shop:2"))
    steps = " ".join(report(told("StatefulSet", old, new)).next_steps)
    assert "rollout undo -n shop statefulset/api" in steps
    assert "delete" in steps
    assert "delete" not in " ".join(report(told("DaemonSet", old, new)).next_steps)


REFUSED = "ERROR GET http://api:80/x failed: Connection refused"


def called(*, edited: float = 0, errors: list[str] | None = None, step: float = 5, strategy: str = "") -> Snapshot:
    """A desk that calls an api whose revision of 100 s ago listens nowhere, and looks well."""
    old, new = template("api", container()), template("api", container(env=env(HOST="127.0.0.1")))
    top = workload("api", new)
    if strategy:
        top["spec"]["strategy"] = {"type": strategy}
    first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, new, age=100)
    fields = [managed("kubectl-edit", edited, {"f:spec": {"f:ports": {}}})] if edited else []
    door = service("api", metadata=meta("api", managedFields=fields))
    objects = [top, first, second, pod(second, new, name="api-0", age=100), door, endpoints("api")]
    desk = healthy("desk", template("desk", container(env=env(API_URL="http://api:80"))))
    lines = errors or ["INFO fetched"] * 20 + [REFUSED] * 18
    said = log("desk-p0", lines, step=step)
    return snapshot(run("desk shows nothing", "Deployment/desk"), [*objects, *desk], said)


def test_callers_that_fail_since_a_release_that_looks_well() -> None:
    assert_root(called(), "Deployment/api", "ReleaseRegression", "127.0.0.1")


def test_errors_that_stopped_and_came_back_with_the_release_began_with_it() -> None:
    """What failed while all was starting is another stretch of the same error."""
    lines = [REFUSED] * 3 + ["INFO fetched"] * 20 + [REFUSED] * 18
    assert_root(called(errors=lines), "Deployment/api", "ReleaseRegression", "127.0.0.1")


def test_callers_that_failed_before_refute_it() -> None:
    assert_refuted(called(errors=[REFUSED] * 40), "Deployment/api", "ReleaseRegression")


def test_callers_that_failed_seconds_before_refute_it_but_where_the_old_pods_end_first() -> None:
    """An innocent release in the minute of an outage comes after the first errors."""
    lines = ["INFO fetched"] * 20 + [REFUSED] * 22
    assert_refuted(called(errors=lines), "Deployment/api", "ReleaseRegression")
    assert_root(called(errors=lines, strategy="Recreate"), "Deployment/api", "ReleaseRegression", "127.0.0.1")


def test_a_change_of_the_service_itself_is_as_likely() -> None:
    assert_not_named(called(edited=95), "ReleaseRegression")


def beside(*, age: float = 60, behind: bool = True, old_fails: bool = False) -> Snapshot:
    """A search that has been there for long, and a canary that is put behind its Service and fails."""
    labels = {"app": "search"} if behind else {"app": "search-canary"}
    made = template("search-canary", container(env=env(TRACK="canary")))
    made["metadata"]["labels"] = labels | {"track": "canary"}
    top = workload("search-canary", made, metadata=meta("search-canary", age=age))
    one = replicaset(top, 1, made, age=age)
    canary = [top, one, pod(one, made, running("app", up=age), name="canary-0", age=age)]
    raised = ['{"level":"ERROR","msg":"search failed","exception":"Traceback\\nTypeError: no index"}'] * 9
    logs = [log("canary-0", raised, step=3), log("search-p0", raised if old_fails else ["INFO found 12"] * 9, step=3)]
    objects = [*healthy("search", template("search", container(env=env(TRACK="stable")))), *canary]
    return snapshot(run("why does every third search fail?"), objects, *logs)


def test_a_canary_that_fails_beside_what_does_not() -> None:
    found = assert_root(
        beside(), "Deployment/search-canary", "ReleaseRegression", "beside Deployment/search", "stable -> canary"
    )
    assert any("--replicas=0" in step for step in found.next_steps)


def test_no_canary_is_what_stands_alone_or_came_together_or_fails_as_all_do() -> None:
    for other in (beside(behind=False), beside(age=7200), beside(old_fails=True)):
        assert ("Deployment/search-canary", "ReleaseRegression") not in roots(report(other))


def unanswered(
    *, said: str = "context deadline exceeded", image: str = "shop:2", count: int = 3, lines: tuple[str, ...] = ()
) -> Snapshot:
    """A web whose new revision runs and says nothing, and whose probe fails."""
    probe = {"readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}}}
    old, new = template("web", container(**probe)), template("web", container(image=image, **probe))
    top = workload("web", new)
    first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, new, age=60)
    made = pod(second, new, running("app", up=58, ready=False), name="web-p0", age=60)
    told = event(made, "Unhealthy", f'Readiness probe failed: Get "http://10.0.0.9:8080/healthz": {said}', count=count)
    objects = [top, first, second, made, told, service("web"), endpoints("web", 0, unready=1)]
    return snapshot(run("nobody reaches web", "Deployment/web"), [*objects, *healthy("db")], log("web-p0", lines))


def test_a_release_that_does_not_answer_its_probe_in_time_is_what_is_wrong() -> None:
    found = assert_root(unanswered(), "Deployment/web", "ReleaseRegression", "shop:1 -> shop:2", "deadline exceeded")
    assert [cause.cause for cause in found.root_causes] == ["ReleaseRegression"]


@pytest.mark.parametrize(
    "other",
    [
        unanswered(said="connection refused"),
        unanswered(count=2),
        unanswered(lines=("ERROR GET http://db:80/x failed: timed out",) * 6),
    ],
    ids=["nothing listens yet", "it was late by accident", "it waits for what it calls"],
)
def test_a_release_that_may_still_start_or_waits_for_another(other: Snapshot) -> None:
    assert ("Deployment/web", "ReleaseRegression") not in roots(report(other))


def test_without_a_new_program_it_is_unready_by_its_own_word() -> None:
    assert_root(unanswered(image="shop:1"), "Deployment/web", "EndpointsNotReady")
