"""CacheCold: a cache that began anew, told from restarts that nobody feels, from a surge and from a cache on disk."""

from typing import Any

import pytest

from casebook.analysis.snapshot import Snapshot
from support.builders import (
    Raw,
    container,
    endpoints,
    env,
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
from support.curves import curves, level, metered
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report

FRESH = 6
"""Steps of two minutes since the cache began anew."""
MISS = '{"level":"INFO","msg":"cache miss for products, asked the database"}'
FINE = '{"level":"INFO","msg":"GET /products 200"}'
LATE = '{"level":"ERROR","msg":"GET http://stock:80/products failed: read timed out"}'


def store(*, up: float = 60.0 * 2 * FRESH + 60, setting: str = "CACHE_URL", **spec: Any) -> list[Raw]:
    """A front that asks `memo` first and `stock` else; memo's process began so many seconds ago."""
    body = template("memo", container(image="registry.example/team/memo:1"), **spec)
    top = workload("memo", body)
    owner = replicaset(top, 1, body, age=7200)
    memo = [
        top,
        owner,
        pod(owner, body, running("app", up=up), name="memo-p0", age=up),
        service("memo"),
        endpoints("memo"),
    ]
    front = template("front", container(env=env(STOCK_URL="http://stock:80", **{setting: "http://memo:80"})))
    return [*memo, *healthy("front", front), *healthy("stock")]


def asked(objects: list[Raw], **measured: Any) -> Snapshot:
    logs = log("front-p0", [FINE] * 8), log("stock-p0", [FINE] * 8)
    return snapshot(metered(run("front is slow", "Deployment/front")), objects, *curves(**measured), *logs)


SLOW = {"front": level(0.05, 0.9, since=FRESH), "stock": level(0.05, 0.6, since=FRESH)}
BUSY = {"front": level(20), "stock": level(2, 20, since=FRESH)}


def test_the_source_has_more_to_do_though_its_callers_have_not() -> None:
    found = assert_root(asked(store(), latency=SLOW, traffic=BUSY), "Deployment/memo", "CacheCold", "2 -> 20 requests")
    assert "stock" in found.root_causes[0].statement


def test_misses_that_are_logged_since_tell_as_much() -> None:
    lines = [FINE] * 20 + [MISS, LATE] * 12
    logged = log("front-p0", lines, step=30)
    found = snapshot(run("front is slow", "Deployment/front"), store(), logged)
    assert_root(found, "Deployment/memo", "CacheCold", "cache miss for products")


@pytest.mark.parametrize(
    "said",
    [
        "products come from the database: no cache",
        "memo: nothing in the cache, asked the source",
        "read products without the cache",
        "cache returned nothing for products",
    ],
)
def test_misses_are_known_in_other_words_and_begin_while_the_cache_is_away(said: str) -> None:
    missed = f'{{"level":"WARNING","msg":"{said}"}}'
    logged = log("front-p0", [FINE] * 12 + [missed, LATE] * 13 + [missed], step=30)
    assert_root(
        snapshot(run("front is slow", "Deployment/front"), store(), logged), "Deployment/memo", "CacheCold", said
    )


def test_misses_long_before_it_began_are_not_of_it() -> None:
    logged = log("front-p0", [FINE] * 2 + [MISS, LATE] * 30, step=30)
    found = snapshot(run("front is slow", "Deployment/front"), store(), logged)
    assert "CacheCold" not in [one.cause for one in report(found).root_causes]


def test_a_restart_that_nobody_feels_is_no_fault() -> None:
    found = assert_not_named(asked(store(), latency={"front": level(0.05)}, traffic={"front": level(20)}), "CacheCold")
    assert found.verdict.value == "NoFault"


def test_a_cache_that_ran_all_the_time_is_warm() -> None:
    assert hypothesis(report(asked(store(up=7000), latency=SLOW, traffic=BUSY)), "CacheCold") is None


def test_more_requests_from_outside_are_a_surge() -> None:
    surge = {"front": level(2, 20, since=FRESH), "stock": level(2, 20, since=FRESH)}
    assert_not_named(asked(store(), latency=SLOW, traffic=surge), "CacheCold")


def test_what_is_kept_on_a_volume_is_not_lost() -> None:
    kept = store(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "memo"}}])
    assert_refuted(asked(kept, latency=SLOW, traffic=BUSY), "Deployment/memo", "CacheCold")


def test_a_service_that_is_no_cache_has_nothing_to_lose() -> None:
    assert hypothesis(report(asked(store(setting="PRICES_URL"), latency=SLOW, traffic=BUSY)), "CacheCold") is None


def test_a_cache_that_began_with_its_callers_never_held_anything() -> None:
    objects = store()
    for item in objects:
        if item["metadata"]["name"] == "front-p0":
            item["status"]["containerStatuses"] = [running("app", up=600)]
    assert hypothesis(report(asked(objects, latency=SLOW, traffic=BUSY)), "CacheCold") is None
