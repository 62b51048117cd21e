"""A workload that was deleted while its Service and callers stayed: what events, lists and callers tell of it."""

from casebook.analysis.snapshot import Snapshot
from casebook.api.observation import Result, listing
from support.builders import NS, Raw, endpoints, event, log, pod, replicaset, run, service, snapshot, template, workload
from support.reason import assert_not_named, assert_root, hypothesis, report, roots
from support.shop import REFUSED, shop

GONE = workload("auth")
PODS = [
    pod(replicaset(GONE, 1, template("auth"), age=3000), template("auth"), name=f"auth-5d8f-{ending}")
    for ending in ("x1c2v", "q9w8e")
]


def told(*, since: float = 90) -> list[Raw]:
    """What controllers and the kubelet said of it."""
    scaled = event(GONE, "ScalingReplicaSet", "Scaled up replica set auth-5d8f from 0 to 2", since=3000, kind="Normal")
    stops = [event(one, "Killing", "Stopping container app", since=since, count=1, kind="Normal") for one in PODS]
    return [scaled, *stops]


def asked(*objects: Raw, complain: bool = True) -> Snapshot:
    """The shop without auth but with its Service, and an api that is refused there since a minute."""
    logs = [log("api-p0", [REFUSED] * 6, end=5, step=10)] if complain else []
    orphan = [service("auth"), endpoints("auth", 0)]
    return snapshot(run("nobody can log in", "Deployment/api"), [*shop("auth"), *orphan, *objects], *logs)


def test_what_events_speak_of_and_is_not_there_was_deleted() -> None:
    found = assert_root(asked(*told()), "Deployment/auth", "WorkloadDeleted", "was deleted at", "Stopping container")
    assert found.root_causes[0].since is not None
    assert [change.what for change in found.changes if change.object == "Deployment/auth"] == ["deleted"]
    assert any("again from where it is kept" in step for step in found.next_steps)
    assert hypothesis(found, "ServiceSelectorMismatch") is not None


def test_without_events_the_service_that_selects_nothing_is_all_that_is_known() -> None:
    found = assert_root(asked(), "Service/auth", "ServiceSelectorMismatch", "which no pod carries")
    assert hypothesis(found, "WorkloadDeleted") is None


def test_nobody_misses_what_was_taken_away_with_reason() -> None:
    found = report(asked(*told(), complain=False))
    assert roots(found) == []


def test_a_workload_that_is_there_was_not_deleted() -> None:
    assert_not_named(asked(*told(), GONE), "WorkloadDeleted")


def test_what_could_not_be_listed_may_still_be_there() -> None:
    seen = asked(*told())
    hidden = [
        one.model_copy(update={"result": Result.DENIED, "data": None})
        if one.query == listing("deployments.apps", NS)
        else one
        for one in seen.observations
    ]
    assert_not_named(Snapshot(seen.run, tuple(hidden)), "WorkloadDeleted")


def test_a_service_that_selects_others_now_misses_nothing() -> None:
    heir = template("login") | {"metadata": {"labels": {"app": "auth"}}}
    top = workload("login", heir)
    runs = pod(replicaset(top, 1, heir, age=60), heir, name="login-7c-p0")
    objects = [*shop("auth"), service("auth"), endpoints("auth", 1), top, runs, *told()]
    found = report(snapshot(run("nobody can log in", "Deployment/api"), objects, log("api-p0", [REFUSED] * 6, end=5)))
    assert hypothesis(found, "WorkloadDeleted") is None


def test_pods_of_another_name_are_not_its() -> None:
    other = pod(replicaset(GONE, 1, template("auth"), age=3000), template("auth"), name="auth-admin-5d8f-x1c2v")
    stops = event(other, "Killing", "Stopping container app", since=60, count=1)
    found = report(asked(told()[0], stops))
    one = hypothesis(found, "WorkloadDeleted")
    assert one is not None
    assert [item.outcome for item in one.predictions if "stopped" in item.statement] == ["Untested"]
