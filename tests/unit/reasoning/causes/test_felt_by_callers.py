"""A setting of a workload that looks well itself, and of which its callers alone complain."""

from casebook.analysis.snapshot import Snapshot
from support.builders import (
    Raw,
    configmap,
    container,
    endpoints,
    env,
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
    workload,
)
from support.reason import assert_not_named, assert_refuted, assert_root, report, roots

LIMITED = "ERROR fetch of http://geo:80/at failed: HTTP Error 429: Too Many Requests"
FETCHED = "INFO fetched places"
SINCE = ("ConfigMap/geo-settings", "ConfigValueWrong")


def asked(
    *,
    lines: list[str] | None = None,
    edited: float = 110,
    up: float = 100,
    by_file: bool = False,
    said: list[str] | None = None,
    image: str = "shop:1",
    caller: list[Raw] | None = None,
    keys: tuple[str, ...] = ("MAX_PER_MINUTE",),
    tiles: bool = False,
) -> Snapshot:
    """A map that calls geo, whose settings were written `edited` seconds ago; its pod was started anew `up` s ago."""
    source = {"configMapRef": {"name": "geo-settings"}}
    given: Raw = {"volumeMounts": [{"name": "conf", "mountPath": "/etc/geo"}]} if by_file else {"envFrom": [source]}
    volumes: Raw = {"volumes": [{"name": "conf", "configMap": {"name": "geo-settings"}}]} if by_file else {}
    made = template("geo", container(image=image, **given), **volumes)
    old = template("geo", container(**given), **volumes)
    top = workload("geo", made)
    first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, made, age=up)
    written = [managed("kubectl-patch", edited, {"f:data": {f"f:{key}": {} for key in keys}})]
    settings = configmap("geo-settings", {"MAX_PER_MINUTE": "25", "REGION": "north"}, managedFields=written)
    further = healthy("tiles") if tiles else []
    geo = [*further, top, first, second, pod(second, made, running("app", up=up), name="geo-1", age=up), settings]
    desk = caller or healthy("desk", template("desk", container(env=env(GEO_URL="http://geo:80"))))
    logs = [log("desk-p0", lines or [FETCHED] * 20 + [LIMITED] * 18, step=5), log("geo-1", said or ["INFO served"] * 9)]
    objects = [*geo, service("geo", metadata=meta("geo")), endpoints("geo"), *desk]
    return snapshot(run("the desk shows no places", "Deployment/desk"), objects, *logs)


def test_callers_fail_since_it_runs_with_what_was_written() -> None:
    found = assert_root(asked(), *SINCE, "MAX_PER_MINUTE the value '25'", "what fails since are its callers", "429")
    assert 60 <= found.root_causes[0].confidence_percent < 90


def test_its_own_warning_that_quotes_the_value_proves_it() -> None:
    found = assert_root(asked(said=["WARN rate limit exceeded: 25 per minute allowed"] * 6), *SINCE, "25 per minute")
    assert found.root_causes[0].confidence_percent >= 90


def test_the_key_of_which_its_warning_speaks_comes_first() -> None:
    keys = ("MAX_PER_MINUTE", "REGION")
    assert_root(asked(said=["WARN no tiles of REGION"] * 6, keys=keys), *SINCE, "REGION the value 'north'")
    assert_root(asked(keys=keys), *SINCE, "or it is another key written then, REGION")


def test_a_mounted_file_is_taken_up_without_a_restart() -> None:
    assert_root(asked(by_file=True, up=3000), *SINCE)


def test_what_nobody_took_up_yet_does_no_harm() -> None:
    assert_not_named(asked(up=3000), "ConfigValueWrong")


def test_callers_that_failed_before_refute_it() -> None:
    assert_refuted(asked(lines=[LIMITED] * 40), *SINCE)


def test_callers_that_fail_much_later_fail_for_something_else() -> None:
    assert_not_named(asked(lines=[FETCHED] * 20 + [LIMITED] * 4, edited=1500, up=1490), "ConfigValueWrong")


def test_a_new_program_is_as_good_a_reason() -> None:
    found = report(asked(image="shop:2"))
    assert roots(found) != [SINCE]


def changed_caller(age: float) -> list[Raw]:
    """The desk, with a new program that runs since so many seconds."""
    before, after = (template("desk", container(env=env(GEO_URL="http://geo:80", STEP=step))) for step in "12")
    top = workload("desk", after)
    first, second = replicaset(top, 1, before, age=7000, replicas=0), replicaset(top, 2, after, age=age)
    return [top, first, second, pod(second, after, running("app", up=age), name="desk-p0", age=age)]


def test_a_caller_that_was_changed_itself_may_ask_wrongly() -> None:
    assert_not_named(asked(caller=changed_caller(95)), "ConfigValueWrong")


def test_a_caller_that_ran_with_its_own_change_before_is_innocent() -> None:
    assert_root(asked(caller=changed_caller(130)), *SINCE)


def test_a_name_that_does_not_resolve_is_not_the_doing_of_what_it_names() -> None:
    lost = "ERROR fetch of http://geo:80/at failed: Name or service not known"
    assert_not_named(asked(lines=[FETCHED] * 20 + [lost] * 18), "ConfigValueWrong")


def test_what_fails_for_another_peer_passes_it_on() -> None:
    passed_on = ["ERROR fetch of http://tiles:80/a failed: Connection refused"] * 9
    assert_not_named(asked(said=passed_on, tiles=True), "ConfigValueWrong")
