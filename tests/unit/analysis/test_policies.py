"""NetworkPolicies: who may reach whom."""

from typing import Any

import pytest

from casebook.analysis.policies import EGRESS, INGRESS, Party, closing, keeps_from_names
from casebook.analysis.world import World
from support.builders import NS, Raw, meta, run, snapshot

HOME = {"kubernetes.io/metadata.name": NS, "team": "shop"}
API = Party(NS, {"app": "api"}, HOME, ("10.0.0.5",))
DB = Party(NS, {"app": "db"}, HOME, ("10.0.0.9",))
PORT: frozenset[int | str] = frozenset({5432, "postgres"})


def policy(app: str = "db", **spec: Any) -> Raw:
    return {
        "kind": "NetworkPolicy",
        "metadata": meta("allow"),
        "spec": {"podSelector": {"matchLabels": {"app": app}}} | spec,
    }


def sides(*policies: Raw) -> list[str]:
    return [side for side, _ in closing(World(snapshot(run(), policies)), API, DB, PORT)]


def rule(peer: Raw | None = None, *ports: Raw) -> Raw:
    return ({"from": [peer]} if peer else {}) | ({"ports": list(ports)} if ports else {})


@pytest.mark.parametrize(
    "open_",
    [
        rule(),
        rule({"podSelector": {}}),
        rule({"podSelector": {"matchLabels": {"app": "api"}}}),
        rule({"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["api"]}]}}),
        rule({"namespaceSelector": {"matchLabels": {"team": "shop"}}}),
        rule({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "api"}}}),
        rule({"ipBlock": {"cidr": "10.0.0.0/24"}}),
        rule(None, {"port": 5432}),
        rule(None, {"port": "postgres"}),
        rule(None, {"port": 5000, "endPort": 6000}),
        rule(None, {"protocol": "TCP"}),
    ],
)
def test_a_rule_that_admits_the_caller_leaves_the_way_open(open_: Raw) -> None:
    assert sides(policy(ingress=[open_])) == []


@pytest.mark.parametrize(
    "shut",
    [
        rule({"podSelector": {"matchLabels": {"tier": "backend"}}}),
        rule({"namespaceSelector": {"matchLabels": {"team": "other"}}}),
        rule({"namespaceSelector": {"matchLabels": {"team": "shop"}}, "podSelector": {"matchLabels": {"app": "web"}}}),
        rule({"ipBlock": {"cidr": "10.0.0.0/24", "except": ["10.0.0.4/31"]}}),
        rule({"ipBlock": {"cidr": "not an address"}}),
        rule(None, {"port": 5433}),
        rule(None, {"port": 6000, "endPort": 7000}),
        rule({"podSelector": {"matchLabels": {"app": "api"}}}, {"port": 80}),
    ],
)
def test_a_rule_that_does_not_leaves_none(shut: Raw) -> None:
    assert sides(policy(ingress=[shut])) == [INGRESS]


def test_no_rules_at_all_shut_everything_and_one_open_policy_of_two_suffices() -> None:
    assert sides(policy()) == [INGRESS]
    assert sides(policy(), policy(ingress=[rule()]) | {"metadata": meta("second")}) == []


def test_what_selects_other_pods_or_the_other_direction_shuts_nothing() -> None:
    assert sides(policy("web")) == []
    assert sides(policy(policyTypes=["Egress"])) == []


def test_egress_of_the_caller() -> None:
    assert sides(policy("api", policyTypes=["Egress"], egress=[])) == [EGRESS]
    to_db = {"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}
    assert sides(policy("api", policyTypes=["Egress"], egress=[to_db])) == []


@pytest.mark.parametrize(
    ("egress", "deaf"),
    [
        ([], True),
        ([{}], False),
        ([{"ports": [{"port": 443}]}], True),
        ([{"ports": [{"port": 53, "protocol": "UDP"}]}], False),
    ],
)
def test_a_way_to_the_dns(egress: list[Raw], deaf: bool) -> None:
    world = World(snapshot(run(), [policy("api", policyTypes=["Egress"], egress=egress)]))
    assert bool(keeps_from_names(world, API)) is deaf
