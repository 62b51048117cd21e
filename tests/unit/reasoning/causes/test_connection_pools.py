"""Pools that run out: since a release that leaks, or because what is called is slow, or more is asked."""

from typing import Any

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.enums import Outcome
from support.builders import (
    Raw,
    configmap,
    container,
    endpoints,
    env,
    healthy,
    log,
    managed,
    pod,
    replicaset,
    run,
    running,
    service,
    snapshot,
    template,
    workload,
)
from support.curves import curves, level, metered
from support.reason import assert_root, hypothesis, report

OUT = "error: sqlalchemy.exc.TimeoutError: QueuePool limit of size 10 overflow 0 reached, connection timed out"
FAILED = '{"level":"ERROR","msg":"order failed: GET http://api:80/me: Internal Server Error"}'
WAITED = '{"level":"ERROR","msg":"order failed: GET http://api:80/me: timed out"}'
FINE = '{"level":"INFO","msg":"order placed"}'


def made(release: str, **more: str) -> Raw:
    return template("api", container(env=env(DB_HOST="db", DB_PORT="5432", RELEASE=release, **more)))


def asked(
    *more: Any,
    rolled: float = 60,
    said: tuple[str, ...] = (OUT,) * 30,
    caller: str = FAILED,
    old: bool = False,
    new: Raw | None = None,
    objects: tuple[Raw, ...] = (),
    question: str = "",
) -> Snapshot:
    """Api was released a minute ago and runs out of connections for half a minute; web calls it, it calls db."""
    body, before = new or made("12"), made("11")
    top = workload("api", body, replicas=2 if old else 1)
    sets = [replicaset(top, 1, before, age=7000, replicas=int(old)), replicaset(top, 2, body, age=rolled)]
    pods = [pod(sets[1], body, running("app", up=rolled), name="api-2", age=rolled)]
    pods += [pod(sets[0], before, name="api-1", age=7000)] if old else []
    web = healthy("web", template("web", container(env=env(API_URL="http://api:80"))))
    db = healthy("db", template("db", container(ports=[{"containerPort": 5432}])), kind="StatefulSet")
    known = [*web, *db, top, *sets, *pods, service("api"), endpoints("api"), *objects]
    logs = [log("api-2", said, end=1), log("web-p0", [FINE] * 30 + [caller] * 30, end=1)]
    return snapshot(run(question or "logging in fails", "Deployment/web"), known, *logs, *more)


class TestAReleaseThatLeaks:
    def test_its_pods_run_out_soon_after_they_began(self) -> None:
        said = ("since its revision 2", "RELEASE", "11 -> 12")
        found = assert_root(asked(), "Deployment/api", "ConnectionPoolExhausted", *said)
        assert "kubectl rollout undo" in found.next_steps[0]
        assert "not given back" in found.next_steps[1]

    def test_a_pod_of_before_beside_it_that_does_not_say_so(self) -> None:
        assert_root(asked(old=True), "Deployment/api", "ConnectionPoolExhausted", "since its revision 2")

    def test_callers_that_do_not_wait_for_it_do_not_make_it_slow(self) -> None:
        found = assert_root(asked(caller=WAITED), "Deployment/api", "ConnectionPoolExhausted")
        assert hypothesis(found, "DependencySlow", "Deployment/api").verdict == "Refuted"  # type: ignore[union-attr]

    def test_a_smaller_pool_is_told_as_before(self) -> None:
        found = assert_root(asked(new=made("11", POOL_SIZE="2")), "Deployment/api", "ConnectionPoolExhausted", "POOL")
        assert found.root_causes[0].confidence_percent >= 90


SLOW = '{{"level":"INFO","msg":"SELECT","ms":{}}}'
LATE = "error: GET http://db:5432/x: timed out"


def is_brought(found: Snapshot) -> bool:
    """Whether the release is said to have brought it."""
    item = hypothesis(report(found), "ConnectionPoolExhausted", "Deployment/api")
    assert item is not None
    outcomes = {one.statement: one.outcome for one in item.predictions}
    brought = outcomes["it began with the newest revision, and with nothing else"] is Outcome.HELD
    assert ("since its revision" in item.statement) is brought
    return brought


class TestOtherReasons:
    @pytest.mark.parametrize(
        "given",
        [
            pytest.param({"more": [log("api-1", [OUT] * 30, end=1)], "old": True}, id="pods of before say so too"),
            pytest.param({"more": [log("db-p0", [SLOW.format(2400)] * 30)]}, id="the database is slow"),
            pytest.param(
                {"more": [log("db-p0", ["LOG: duration: 4100.2 ms  statement: SELECT 1"] * 3)]}, id="slow SQL"
            ),
            pytest.param({"more": [log("db-p0", ["panic: disk is gone"] * 9)]}, id="the database is in trouble"),
            pytest.param({"said": (OUT, LATE) * 15}, id="it says that others are late"),
            pytest.param({"rolled": 3000.0}, id="it ran well for long"),
            pytest.param({"rolled": 4.0}, id="callers failed before"),
            pytest.param({"new": made("11")}, id="nothing of the program was changed"),
        ],
    )
    def test_what_else_may_be_behind_it(self, given: dict[str, Any]) -> None:
        more = given.pop("more", [])
        assert not is_brought(asked(*more, **given))

    def test_more_load_since_then(self) -> None:
        found = asked()
        risen = curves(traffic={"api": level(5, 40, since=3), "web": level(5, 40, since=3)})
        assert not is_brought(Snapshot(metered(found.run), (*found.observations, *risen)))
        even = curves(traffic={"api": level(5), "web": level(5)})
        assert is_brought(Snapshot(metered(found.run), (*found.observations, *even)))

    @pytest.mark.parametrize(("age", "brought"), [(50, False), (300, True)])
    def test_a_setting_that_was_written_in_between(self, age: float, brought: bool) -> None:
        written = managed("kubectl-edit", age, {"f:data": {"f:DB_HOST": {}}})
        settings = configmap("db", {"DB_HOST": "db"}, managedFields=[written])
        new = made("12")
        new["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "db"}}]
        assert is_brought(asked(rolled=200, objects=(settings,), new=new)) is brought

    def test_a_database_that_answers_at_once_excuses_nothing(self) -> None:
        found = asked(log("db-p0", [SLOW.format(3)] * 30))
        assert_root(found, "Deployment/api", "ConnectionPoolExhausted", "since its revision 2")
