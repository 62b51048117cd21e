"""ClockSkew: the times that a node gives, beside those of the API server and of other nodes."""

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.observation import Observation
from support.builders import (
    Raw,
    ago,
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
from support.reason import assert_not_named, assert_refuted, assert_root
from support.shop import body, shop

EARLY = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: 401 jwt: token used before issued"}'
X509 = (
    '{"level":"ERROR","msg":"POST https://auth:80/verify failed: tls: failed to verify certificate: x509: certificate '
    'has expired or is not yet valid: current time 2026-11-20T11:50:00Z is before 2026-11-20T11:55:00Z"}'
)


def api(*, started: float, made: float = 300, node: str = "node-2") -> list[Raw]:
    """The shop with an api on a node of its own, made and started so many seconds ago by two clocks."""
    body_ = body("api")
    top = workload("api", body_)
    owner = replicaset(top, 1, body_, age=7200)
    placed = pod(owner, body_, running("app", up=started), name="api-p0", age=made)
    placed["spec"]["nodeName"] = node
    return [*shop("api"), top, owner, placed, service("api")]


def asked(objects: list[Raw], *more: Observation, line: str = EARLY) -> Snapshot:
    return snapshot(run("checkout fails", "Deployment/api"), objects, log("api-p0", [line] * 6, step=10), *more)


@pytest.mark.parametrize("line", [EARLY, X509])
def test_containers_that_started_before_their_pod_was_made(line: str) -> None:
    assert_root(asked(api(started=900), line=line), "Node/node-2", "ClockSkew", "as its node says")


def test_lines_from_the_future_on_one_node_only() -> None:
    old = api(started=7000, made=7100)
    ahead = log("api-p0", [EARLY] * 6, end=-120, step=10)
    found = snapshot(run("checkout fails", "Deployment/api"), old, ahead, log("web-p0", ["GET / 200"] * 4))
    assert_root(found, "Node/node-2", "ClockSkew", ago(-120))


def test_where_every_node_is_ahead_the_reader_is_behind() -> None:
    ahead = [log(f"{name}-p0", [EARLY] * 6, end=-120, step=10) for name in ("api", "web")]
    objects = api(started=7000, made=7100)
    assert_not_named(snapshot(run("checkout fails", "Deployment/api"), objects, *ahead), "ClockSkew")


def test_a_token_of_a_wrong_issuer_on_a_node_whose_times_fit() -> None:
    assert_refuted(asked(api(started=297)), "Node/node-2", "ClockSkew")


def test_words_alone_name_no_clock() -> None:
    assert_not_named(asked(api(started=7000, made=7100)), "ClockSkew")


def test_a_certificate_that_expired_is_no_clock() -> None:
    line = '{"level":"ERROR","msg":"POST https://auth:80/verify failed: x509: certificate has expired"}'
    tls = template("auth", volumes=[{"name": "t", "secret": {"secretName": "auth-tls"}}])
    others = [one for one in api(started=900) if not one["metadata"]["name"].startswith("auth")]
    assert_root(asked([*others, *healthy("auth", tls)], line=line), "Secret/auth-tls", "CertificateExpired")
