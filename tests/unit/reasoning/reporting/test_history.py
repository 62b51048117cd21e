"""What changed, against the onset: the change that fits wins, a coincident one does not, the report tells both."""

from casebook.api.report import Change, Report
from support.builders import (
    NOW,
    Raw,
    configmap,
    container,
    endpoints,
    env,
    healthy,
    log,
    managed,
    pod,
    replicaset,
    run,
    service,
    snapshot,
    template,
    workload,
)
from support.reason import report, roots
from support.shop import REFUSED, unreachable, wrong_selector


def released(name: str, age: float, **variables: str) -> list[Raw]:
    """An innocent release of a workload of the shop."""
    old, new = template(name, container(name)), template(name, container(name, env=env(**variables)))
    top = workload(name, new)
    first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, new, age=age)
    return [top, first, second, pod(second, new, name=f"{name}-p0", age=age), service(name), endpoints(name)]


def change(of: Report, name: str) -> Change:
    return next(one for one in of.changes if one.object == name)


def test_errors_that_went_on_before_the_change_do_not_tell_when_its_harm_began() -> None:
    one = unreachable(*wrong_selector(80), lines=16)
    assert roots(one) == [("Service/auth", "ServiceSelectorMismatch")]
    assert one.onset is None


def test_the_change_behind_the_root_cause_with_old_and_new_value_manager_and_time() -> None:
    one = unreachable(*wrong_selector(80))
    assert roots(one) == [("Service/auth", "ServiceSelectorMismatch")]
    told = change(one, "Service/auth")
    assert (told.root_cause, told.by, told.before_onset) == (one.root_causes[0].hypothesis, "kubectl-patch", True)
    [field] = told.fields
    assert (field.field, field.old, field.new, field.old_known) == ("spec.selector.app", "auth", "auht", True)
    assert told.evidence
    assert one.onset is not None
    assert told.at <= one.onset <= NOW
    assert "kubectl-patch" in one.summary


def test_the_innocent_release_just_before_the_symptoms_loses_and_is_told() -> None:
    objects = [
        one for one in wrong_selector(90) if one["metadata"]["name"] not in ("web", "web-r1", "web-p0", "web-s1")
    ]
    one = unreachable(*objects, *released("web", 60, BUILD="9"))
    assert roots(one) == [("Service/auth", "ServiceSelectorMismatch")]
    assert [item.object for item in one.changes if item.root_cause] == ["Service/auth"]


def test_a_release_of_the_failing_workload_itself_loses_to_what_the_errors_speak_of() -> None:
    objects = [one for one in wrong_selector(80) if not one["metadata"]["name"].startswith("api")]
    one = unreachable(*objects, *released("api", 75, AUTH_URL="http://auth:80"))
    assert roots(one) == [("Service/auth", "ServiceSelectorMismatch")]
    assert change(one, "Deployment/api").root_cause == ""


def test_changes_are_told_oldest_first_and_every_citation_resolves() -> None:
    one = unreachable(*wrong_selector(80), configmap("banner", {"TEXT": "sale"}, age=70))
    assert [item.at for item in one.changes] == sorted(item.at for item in one.changes)
    assert one.citations() <= {item.id for item in one.evidence}


def test_what_is_not_on_the_path_is_not_told() -> None:
    other = healthy("unrelated", template("unrelated", container()))
    moved = [item | {"metadata": item["metadata"] | {"creationTimestamp": "2026-11-20T11:55:00Z"}} for item in other]
    one = unreachable(*wrong_selector(80), *moved)
    assert "Deployment/unrelated" not in [item.object for item in one.changes]


def test_many_changes_are_bounded_and_the_root_cause_stays() -> None:
    many = [
        configmap(f"c{n}", {"A": "1"}) | {"metadata": configmap(f"c{n}", {})["metadata"] | {"managedFields": [managed("m", 100 + n, {"f:data": {"f:A": {}}})]}}  # noqa: E501
        for n in range(40)
    ]  # fmt: skip
    logs = [log("api-p0", [REFUSED] * 6, end=5, step=10)]
    one = report(snapshot(run("why?"), [*wrong_selector(900), *many], *logs))
    assert len(one.changes) == 12
    assert [item.object for item in one.changes if item.root_cause] == ["Service/auth"]
