"""Images that cannot be pulled: what the registry says decides the cause."""

import pytest

from support.builders import (
    Raw,
    container,
    endpoints,
    event,
    healthy,
    pod,
    replicaset,
    run,
    running,
    service,
    snapshot,
    template,
    waiting,
    workload,
)
from support.reason import assert_not_named, assert_refuted, assert_root, report
from support.shop import shop

NOT_FOUND = 'failed to resolve reference "reg.local:5000/api:v1.O": reg.local:5000/api:v1.O: not found'
SAYS = {
    "ImageNotFound": NOT_FOUND,
    "ImageUnauthorized": 'failed to resolve reference "reg.local:5000/api:v1.O": authorization failed: 401 Unauthorized',  # noqa: E501
    "ImageRegistryUnreachable": "failed to do request: Head https://reg.local:5000/v2/: dial tcp: lookup reg.local: no such host",  # noqa: E501
}


def rollout(message: str, reason: str = "ImagePullBackOff", **more: object) -> list[Raw]:
    """An api whose new revision asks for an image that is not pulled, while the old pod runs on."""
    old, new = template("api", container(image="reg.local:5000/api:v1")), None
    new = template("api", container(image="reg.local:5000/api:v1.O", **more))
    top = workload("api", new)
    first, second = replicaset(top, 1, old, age=7000), replicaset(top, 2, new, age=120)
    stuck = pod(second, new, waiting("app", reason, f"Back-off pulling image: {message}"), name="api-new", age=120)
    told = event(stuck, "Failed", f'Failed to pull image "reg.local:5000/api:v1.O": {message}')
    return [top, first, second, pod(first, old, name="api-old"), stuck, told, service("api"), endpoints("api")]


@pytest.mark.parametrize("cause", SAYS)
def test_the_words_of_the_registry_decide(cause: str) -> None:
    found = assert_root(
        snapshot(run("the rollout hangs", "Deployment/api"), rollout(SAYS[cause])), "Deployment/api", cause
    )
    assert "reg.local:5000/api:v1.O" in found.summary
    assert found.root_causes[0].confidence_percent >= 80


def test_the_old_image_and_the_way_back_are_named() -> None:
    found = assert_root(
        snapshot(run("", "Deployment/api"), rollout(NOT_FOUND)),
        "Deployment/api",
        "ImageNotFound",
        "reg.local:5000/api:v1",
    )
    assert any("rollout undo" in step for step in found.next_steps)


def test_an_absent_image_with_policy_never() -> None:
    objects = rollout("is not present with pull policy of Never", "ErrImageNeverPull", imagePullPolicy="Never")
    assert_root(snapshot(run("", "Deployment/api"), objects), "Deployment/api", "ImageAbsentOnNode")


def test_not_found_is_refuted_where_the_registry_was_never_reached() -> None:
    both = f"{SAYS['ImageRegistryUnreachable']} (cached answer: not found)"
    assert_refuted(snapshot(run("", "Deployment/api"), rollout(both)), "Deployment/api", "ImageNotFound")


def test_the_image_trouble_of_a_workload_off_the_path_is_not_the_cause() -> None:
    top = workload("nightly", template("nightly", container(image="ghost.example/x:1")))
    owner = replicaset(top, 1, top["spec"]["template"], age=100)
    stuck = pod(owner, top["spec"]["template"], waiting("app", "ImagePullBackOff", SAYS["ImageRegistryUnreachable"]))
    found = assert_not_named(
        snapshot(run("why", "Deployment/web"), [*shop(), top, owner, stuck]), "ImageRegistryUnreachable"
    )
    assert found.verdict.value == "NoFault"


def test_a_release_that_fails_elsewhere_is_no_answer_where_what_was_asked_about_is_well() -> None:
    elsewhere = rollout(SAYS["ImageRegistryUnreachable"])
    found = report(snapshot(run("is site healthy?", "Deployment/site"), [*healthy("site"), *elsewhere]))
    assert found.verdict.value == "NoFault"
    assert [item.cause for item in found.hypotheses] == ["ImageRegistryUnreachable"]

    asked = report(snapshot(run("what is wrong?"), [*healthy("site"), *elsewhere]))
    assert [item.cause for item in asked.root_causes] == ["ImageRegistryUnreachable"]


def test_a_pod_that_waits_no_more_has_no_cause() -> None:
    top = workload("api")
    owner = replicaset(top, 1, top["spec"]["template"], age=300)
    body = top["spec"]["template"]
    well = pod(owner, body, running("api", up=100), age=300)
    told = event(well, "Failed", f'Failed to pull image "shop:1": {NOT_FOUND}', since=200)
    objects = [top, owner, well, told, service("api"), endpoints("api")]
    assert_not_named(snapshot(run("", "Deployment/api"), objects), "ImageNotFound")
