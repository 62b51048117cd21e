"""Paths and names of resources."""

import pytest

from casebook.cluster.resources import UnknownResource, by_word, locate


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
