"""Paths and names of resources."""

import pytest

from casebook.analysis.things import KINDS
from casebook.api.observation import CLUSTER_SCOPED, listing
from casebook.cluster.resources import RESOURCES, UnknownResource, by_word, locate


def test_paths() -> None:
    assert locate("pods").path("shop", "api-1", "log") == "/api/v1/namespaces/shop/pods/api-1/log"
    assert locate("deployments.apps").path("shop") == "/apis/apps/v1/namespaces/shop/deployments"
    assert locate("nodes").path("ignored", "n1") == "/api/v1/nodes/n1"
    assert locate("pods").path() == "/api/v1/pods"


@pytest.mark.parametrize("word", ["deploy", "Deployment", "deployments", "DEPLOYMENTS.APPS"])
def test_words_of_people(word: str) -> None:
    assert by_word(word).kind == "Deployment"


def test_pods_are_pods_and_not_their_metrics() -> None:
    assert by_word("pods").group == ""
    assert locate("pods.metrics.k8s.io").kind == "PodMetrics"


def test_unknown_names_say_what_is_known() -> None:
    with pytest.raises(UnknownResource, match="Deployment"):
        by_word("widget")
    with pytest.raises(UnknownResource, match=r"deployments\.apps"):
        locate("deployments")


def test_the_same_resources_stand_in_no_namespace_for_those_who_reason() -> None:
    """`CLUSTER_SCOPED` is told apart by name, because what reasons may not know where resources are served."""
    evidence = {one for one in RESOURCES if one.name in KINDS}
    assert {one.name for one in evidence if not one.namespaced} == CLUSTER_SCOPED


@pytest.mark.parametrize(("resource", "shown"), [("pods", "pods -A"), ("nodes", "nodes")])
def test_a_list_over_all_namespaces_says_so_to_a_person(resource: str, shown: str) -> None:
    assert listing(resource).command() == f"kubectl get {shown}"
