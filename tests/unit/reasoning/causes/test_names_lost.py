"""Names of hosts outside that resolved before and do not now, against those that never did and a DNS that fails."""

from typing import Any

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import Ref
from casebook.api.observation import getting
from support.builders import (
    Raw,
    configmap,
    container,
    endpoints,
    log,
    managed,
    observe,
    pod,
    replicaset,
    run,
    running,
    service,
    snapshot,
    template,
    workload,
)
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report
from support.shop import shop

HOST = "tax.partner.example"
OUTAGE = ("External/tax.partner.example", "ExternalDependencyFailing")
FINE = f'{{"level":"INFO","msg":"rates read from https://{HOST}/v3 in 210 ms"}}'
LOST = f'{{"level":"ERROR","msg":"request to https://{HOST}/v3 failed, reason: getaddrinfo ENOTFOUND {HOST}"}}'
TRIED = f'{{"level":"INFO","msg":"connecting to https://{HOST}/v3"}}'
OTHER = '{"level":"ERROR","msg":"request to https://mail.example/v1 failed: getaddrinfo ENOTFOUND mail.example"}'
PASSING = LOST.replace("ENOTFOUND", "EAI_AGAIN")
SPOKEN = '{"level":"INFO","msg":"mail sent by https://mail.example/v1 in 90 ms"}'
IDLE = '{"level":"INFO","msg":"GET /healthz 200"}'


def asked(
    *lines: str,
    up: float = 3600,
    step: float = 2,
    objects: tuple[Raw, ...] = (),
    edited: float = 0,
    rolled: float = 0,
    more: tuple[Any, ...] = (),
) -> Snapshot:
    """Till asks the partner for rates; its log ends a second ago. Its settings were written `edited` seconds ago."""
    written = [managed("kubectl-edit", edited, {"f:data": {"f:TAX_URL": {}}})] if edited else []
    settings = configmap("till-settings", {"TAX_URL": f"https://{HOST}/v3"}, managedFields=written)
    body = template("till", container(envFrom=[{"configMapRef": {"name": "till-settings"}}]))
    before = template("till", container(image="shop:0", envFrom=body["spec"]["containers"][0]["envFrom"]))
    top = workload("till", body)
    sets = [replicaset(top, 2, body, age=rolled or 7000)]
    sets += [replicaset(top, 1, before, age=7100, replicas=0)] if rolled else []
    alone = pod(sets[0], body, running("app", up=up), name="till-1", age=up)
    known = [*shop(), settings, top, *sets, alone, service("till"), endpoints("till"), *objects]
    found = log("till-1", lines, end=1, step=step)
    return snapshot(run("no rates", "Deployment/till"), known, found, *more)


class TestANameThatResolvesNoMore:
    def test_it_is_the_partners_matter(self) -> None:
        found = assert_root(asked(*[FINE] * 8, *[LOST] * 24), *OUTAGE, "resolves no more", "it did until", "in 210 ms")
        assert any(f"nslookup {HOST}" in step for step in found.next_steps)
        assert hypothesis(found, "HostnameWrong") is None

    def test_so_it_is_where_it_only_failed_never_in_a_good_while(self) -> None:
        assert_root(asked(IDLE, *[LOST] * 20), *OUTAGE, "resolves no more", "no error said so since")

    def test_a_setting_that_it_worked_with_is_not_to_blame(self) -> None:
        """It was written five minutes ago, and the container that started with it found the partner."""
        found = assert_root(asked(*[FINE] * 30, *[LOST] * 30, edited=300, up=290), *OUTAGE, "resolves no more")
        assert hypothesis(found, "HostnameWrong").verdict == "Refuted"  # type: ignore[union-attr]

    def test_that_another_name_resolves_tells_of_an_answer_that_may_come_later(self) -> None:
        assert_root(asked(*[FINE] * 8, *[PASSING, SPOKEN] * 12), *OUTAGE, "resolves no more")
        assert_not_named(asked(*[FINE] * 8, *[PASSING] * 24), OUTAGE[1])


class TestANameThatMayNeverHaveBeen:
    @pytest.mark.parametrize(
        "lines",
        [
            pytest.param([LOST] * 24, id="from the start"),
            pytest.param([TRIED, LOST] * 12, id="tried again and again"),
            pytest.param([f"INFO rates come from https://{HOST}/v3", *[LOST] * 24], id="said once"),
            pytest.param([FINE.replace(HOST, "tax.example"), *[LOST] * 24], id="another host"),
        ],
    )
    def test_of_which_nothing_says_that_it_worked(self, lines: list[str]) -> None:
        found = assert_not_named(asked(*lines, up=2.0 * len(lines)), OUTAGE[1])
        assert "resolves no more" not in hypothesis(found, OUTAGE[1]).statement  # type: ignore[union-attr]

    def test_errors_now_and_then_prove_no_time_without_them(self) -> None:
        assert_not_named(asked(IDLE, *[LOST] * 4, up=2400, step=400), OUTAGE[1])

    def test_a_setting_that_was_written_between(self) -> None:
        lines = [FINE.replace(HOST, "tax.example")] * 20 + [LOST] * 20
        found = asked(*lines, edited=41, up=900)
        assert_root(found, "ConfigMap/till-settings", "HostnameWrong", HOST)
        assert_refuted(found, *OUTAGE)

    def test_nor_a_rollout_between(self) -> None:
        assert_not_named(asked(*[FINE] * 20, *[LOST] * 20, rolled=40), OUTAGE[1])


class TestADNSThatFails:
    def test_where_other_names_are_lost_too(self) -> None:
        assert_not_named(asked(*[FINE] * 8, *[LOST, OTHER] * 12), OUTAGE[1])

    def test_where_others_lose_other_names(self) -> None:
        other = log("web-p0", [OTHER] * 12, end=1)
        assert_not_named(asked(*[FINE] * 8, *[LOST] * 24, more=(other,)), OUTAGE[1])

    @pytest.mark.parametrize("pods", [0, 2])
    def test_where_its_server_is_down(self, pods: int) -> None:
        place = Ref("Deployment", "kube-system", "coredns")
        body = {"metadata": {"name": place.name, "namespace": place.namespace}, "spec": {"replicas": 2}}
        answer = observe(
            getting("deployments.apps", place.name, place.namespace), body | {"status": {"availableReplicas": pods}}, 1
        )
        found = asked(*[FINE] * 8, *[LOST] * 24, more=(answer,))
        if pods:
            assert_root(found, *OUTAGE)
        else:
            assert_not_named(found, OUTAGE[1])

    def test_it_is_looked_at_where_it_may_be(self) -> None:
        found = asked(*[FINE] * 8, *[LOST] * 24)
        wide = found.run.replace(scene=found.run.scene.replace(platform=True))
        assert "resolves no more" not in report(Snapshot(wide, found.observations)).summary

    def test_a_policy_that_keeps_it_from_names(self) -> None:
        policy = {
            "kind": "NetworkPolicy",
            "metadata": {"name": "no-way-out", "namespace": "shop", "creationTimestamp": "2026-11-20T11:59:12Z"},
            "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": []},
        }
        assert_not_named(asked(*[FINE] * 8, *[LOST] * 24, objects=(policy,)), OUTAGE[1])
