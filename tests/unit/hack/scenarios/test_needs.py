"""What a cluster lacks."""

import json

import pytest

from scenariokit.needs import CHECKS, lacking
from unit.hack.scenarios.fakes import FakeKube, failed

FULL = {
    "get --raw /apis/metrics.k8s.io": "{}",
    "get service -A -l casebook.dev/fixture=prometheus": "service/prometheus",
    "get daemonset": "daemonset.apps/kube-proxy\ndaemonset.apps/calico-node",
    "get nodes": json.dumps({"items": [{"spec": {}}, {"spec": {}}]}),
    "get pods -A -l casebook.dev/fixture=registry": "Running",
}
BARE = {
    "get --raw /apis/metrics.k8s.io": failed("not found"),
    "get service": "",
    "get daemonset": "daemonset.apps/kube-proxy",
    "get nodes": json.dumps({"items": [{"spec": {}}, {"spec": {"unschedulable": True}}]}),
    "get pods": "",
}


GIVEN = {"node-access", "whole-cluster"}
"""What no cluster offers by itself."""


async def test_a_full_cluster_lacks_only_what_has_to_be_given() -> None:
    assert set(await lacking(FakeKube(FULL), set(CHECKS))) == GIVEN


async def test_a_bare_cluster_lacks_all_and_says_why() -> None:
    found = await lacking(FakeKube(BARE), set(CHECKS))
    assert set(found) == set(CHECKS)
    assert all(found.values())


@pytest.mark.parametrize("need", sorted(CHECKS))
async def test_only_what_is_wanted_is_looked_at(need) -> None:
    kube = FakeKube(FULL)
    await lacking(kube, {need})
    assert len(kube.calls) == (0 if need in GIVEN else 1)
