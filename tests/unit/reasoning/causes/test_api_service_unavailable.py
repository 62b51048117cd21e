"""APIServiceUnavailable: autoscalers and programs that ask for an API that nobody serves."""

from typing import ClassVar

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import RESOURCES
from casebook.api.enums import Verdict
from casebook.api.meta import ObjectRef
from casebook.api.observation import Observation, getting, listing
from support.builders import Raw, ago, log, meta, observe, run, snapshot
from support.reason import assert_refuted, assert_root, report
from support.shop import shop

METRICS = "APIService/v1beta1.metrics.k8s.io"
WORDS = "the server is currently unable to handle the request (get pods.metrics.k8s.io)"
SCALER: Raw = {
    "kind": "HorizontalPodAutoscaler",
    "metadata": meta("api"),
    "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "api"}, "minReplicas": 1, "maxReplicas": 4},
    "status": {
        "conditions": [
            {
                "type": "ScalingActive",
                "status": "False",
                "reason": "FailedGetResourceMetric",
                "lastTransitionTime": ago(120),
                "message": "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to "
                f"get metrics for resource cpu: unable to fetch metrics from resource metrics API: {WORDS}",
            }
        ]
    },
}


def served(available: str = "False", group: str = "metrics.k8s.io") -> Observation:
    """The list of APIServices, as the aggregator keeps it."""
    condition = {
        "type": "Available",
        "status": available,
        "reason": "MissingEndpoints" if available == "False" else "Passed",
        "message": 'endpoints for service/metrics-server in "kube-system" have no addresses with port name "https"',
        "lastTransitionTime": ago(130),
    }
    thing = {
        "kind": "APIService",
        "metadata": {"name": f"v1beta1.{group}"},
        "spec": {"group": group, "service": {"namespace": "kube-system", "name": "metrics-server"}},
        "status": {"conditions": [condition]},
    }
    return observe(listing(RESOURCES["APIService"]), {"items": [thing]}, 2)


def scaled(*observations: Observation, said: str = "") -> Snapshot:
    scaler = SCALER
    if said:
        condition = SCALER["status"]["conditions"][0] | {"message": said}
        scaler = SCALER | {"status": {"conditions": [condition]}}
    return snapshot(run("api does not scale", "Deployment/api"), [*shop(), scaler]).extended(observations)


class TestAutoscaler:
    NO_PODS: ClassVar[str] = "failed to get cpu utilization: did not receive metrics for targeted pods"

    def test_the_api_of_the_metrics_has_nothing_behind_it(self) -> None:
        found = assert_root(scaled(served()), METRICS, "APIServiceUnavailable", "MissingEndpoints")
        assert any("-n kube-system metrics-server" in step for step in found.next_steps)

    def test_an_api_that_is_available_refutes_it(self) -> None:
        found = assert_refuted(scaled(served("True")), METRICS, "APIServiceUnavailable")
        assert [one.cause for one in found.root_causes] == ["HPANoMetrics"]

    def test_what_was_not_looked_at_is_not_claimed(self) -> None:
        assert_root(scaled(), "HorizontalPodAutoscaler/api", "HPANoMetrics")

    def test_metrics_that_are_served_without_the_pods_in_them_are_another_matter(self) -> None:
        assert_root(scaled(served(), said=self.NO_PODS), "HorizontalPodAutoscaler/api", "HPANoMetrics")

    def test_another_api_that_is_down_is_not_the_one_that_was_asked_for(self) -> None:
        assert_root(scaled(served(group="custom.metrics.k8s.io")), "HorizontalPodAutoscaler/api", "HPANoMetrics")


def test_a_program_that_asks_for_it() -> None:
    line = f'{{"level":"ERROR","msg":"cannot list usage: {WORDS}"}}'
    found = snapshot(run("api fails", "Deployment/api"), shop(), log("api-p0", [line] * 6)).extended([served()])
    assert_root(found, METRICS, "APIServiceUnavailable")


@pytest.mark.parametrize(("available", "verdict"), [("False", Verdict.ROOT_CAUSE), ("True", Verdict.NO_FAULT)])
def test_an_api_service_that_was_asked_about_itself(available: str, verdict: Verdict) -> None:
    made = run("is it served?")
    target = ObjectRef(kind="APIService", name="v1beta1.metrics.k8s.io")
    (thing,) = served(available).items()
    asked = observe(getting(RESOURCES["APIService"], thing["metadata"]["name"]), thing)
    found = report(Snapshot(made.replace(spec=made.spec.replace(target=target)), (asked,)))
    assert found.verdict is verdict
