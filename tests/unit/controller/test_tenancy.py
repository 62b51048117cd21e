"""Tenants, their readers and bindings, and what a move means for a run."""

from typing import Any

import pytest

from casebook.api.names import reader_name
from casebook.controller import manifests
from casebook.controller.tenancy import BindingPlan, bindings, plan_bindings, plan_readers, scope_change
from support.cases import DOMAIN, NOW, ago, case, job, namespace, tenants


def held(tenant: str, **changes: Any) -> dict[str, dict[str, Any] | None]:
    """Bindings as they stand for a tenant."""
    found = {b.name: manifests.role_binding(b, "x") for b in bindings(tenant, DOMAIN)}
    for name, manifest in found.items():
        manifest["metadata"]["uid"] = f"uid-{name}"
    return {**found, **changes}


def test_a_label_joins_namespaces_and_without_one_each_is_alone() -> None:
    known = tenants(namespace("a", "acme"), namespace("b", "acme"), namespace("acme"))
    assert known.of["a"] == known.of["b"] == "label:acme"
    assert known.of["acme"] == "ns:acme", "no name can join a tenant that a label names"
    assert known.spaces["label:acme"] == {"a", "b"}
    assert known.of["casebook-system"] == "platform"
    assert "casebook-runs" not in known.of


def test_an_excluded_namespace_stays_out_whatever_its_label() -> None:
    known = tenants(namespace("kube-system", "acme"))
    assert "kube-system" not in known.of
    assert known.known("kube-system")


def test_readers_are_made_for_tenants_with_a_namespace_and_removed_with_the_last() -> None:
    known = tenants(namespace("a", "acme"), namespace("b"))
    add, remove = plan_readers(known, [reader_name("ns:b"), reader_name("label:gone"), "reader-platform"])
    assert add == [reader_name("label:acme")]
    assert remove == [reader_name("label:gone")]


def test_nothing_is_done_where_all_is_as_it_should_be() -> None:
    assert plan_bindings(bindings("ns:a", DOMAIN), held("ns:a")) == BindingPlan()


def test_what_is_missing_is_made() -> None:
    plan = plan_bindings(bindings("ns:a", DOMAIN), {"casebook-evidence-reader": None, "casebook-gateway": None})
    assert [b.name for b in plan.add] == ["casebook-evidence-reader", "casebook-gateway"]
    assert plan.remove == ()


def test_the_old_tenants_binding_is_removed_and_the_gateways_stays() -> None:
    plan = plan_bindings(bindings("label:new", DOMAIN), held("label:old"))
    assert plan.remove == (("casebook-evidence-reader", "uid-casebook-evidence-reader"),)
    assert [b.account for b in plan.add] == [reader_name("label:new")]


@pytest.mark.parametrize(
    "change",
    [
        {"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}},
        {"subjects": []},
        {"subjects": [{"kind": "User", "name": reader_name("ns:a"), "namespace": "casebook-runs"}]},
        {"subjects": [{"kind": "ServiceAccount", "name": reader_name("ns:a"), "namespace": "elsewhere"}]},
    ],
)
def test_a_binding_that_was_tampered_with_is_replaced(change: dict[str, Any]) -> None:
    found = held("ns:a")
    reader = found["casebook-evidence-reader"]
    assert reader is not None
    plan = plan_bindings(bindings("ns:a", DOMAIN), {**found, "casebook-evidence-reader": {**reader, **change}})
    assert plan.remove == (("casebook-evidence-reader", "uid-casebook-evidence-reader"),)
    assert [b.name for b in plan.add] == ["casebook-evidence-reader"]


def test_a_namespace_that_became_nobodys_loses_both() -> None:
    plan = plan_bindings(bindings(None, DOMAIN), held("ns:a"))
    assert {name for name, _ in plan.remove} == {"casebook-evidence-reader", "casebook-gateway"}
    assert plan.add == ()


ACME = job(tenant="label:acme", namespaces=frozenset({"team-a", "shared"}), created=ago(60))


def test_nothing_changes_for_a_run_while_its_tenant_stays_as_it_was() -> None:
    known = tenants(namespace("team-a", "acme"), namespace("shared", "acme"))
    assert scope_change(case(), ACME, known) == ""


def test_its_own_namespace_moved() -> None:
    assert "moved from tenant label:acme to ns:team-a" in scope_change(case(), ACME, tenants(namespace("team-a")))


def test_another_namespace_left_its_tenant() -> None:
    known = tenants(namespace("team-a", "acme"), namespace("shared", "umbrella"))
    assert scope_change(case(), ACME, known) == "namespace shared left tenant label:acme"


def test_another_namespace_joined_its_tenant() -> None:
    known = tenants(namespace("team-a", "acme"), namespace("shared", "acme"), namespace("bought", "acme"))
    assert scope_change(case(), ACME, known) == "namespace bought joined tenant label:acme"


def test_one_made_in_the_second_in_which_the_job_was_made_counts_as_moved() -> None:
    known = tenants(
        namespace("team-a", "acme"), namespace("shared", "acme"), namespace("bought", "acme", created=ACME.created)
    )
    assert scope_change(case(), ACME, known) == "namespace bought joined tenant label:acme"


def test_a_namespace_that_is_deleted_or_made_anew_is_no_move() -> None:
    known = tenants(namespace("team-a", "acme"), namespace("fresh", "acme", created=NOW))
    assert scope_change(case(), ACME, known) == ""


def test_the_platform_sees_everything_anyway() -> None:
    run = job(tenant="platform", namespaces=frozenset({"casebook-system"}))
    assert scope_change(case(namespace="casebook-system"), run, tenants(namespace("x"))) == ""
