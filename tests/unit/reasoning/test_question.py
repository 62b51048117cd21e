"""What a question is taken to mean, and what that changes."""

from datetime import UTC, datetime, timedelta

import pytest

from casebook.analysis.world import World
from casebook.api.run import Run, Scene
from casebook.reasoning.asked.focus import focus
from casebook.reasoning.asked.meaning import meaning
from casebook.reasoning.engine import decide, weigh
from casebook.reasoning.judging.scoring import CHANGED_AFTER_STATED
from casebook.reasoning.planning.plan import Look
from casebook.reasoning.situation import Situation
from support.builders import (
    NOW,
    NS,
    Raw,
    configmap,
    container,
    env,
    healthy,
    log,
    replicaset,
    run,
    snapshot,
    template,
    workload,
)
from support.reason import hypothesis, report
from support.shop import shop


def asked(question: str, *more: Raw, **spec: object) -> Situation:
    return Situation.of(snapshot(run(question, **spec), [*shop(), *more]))


def names(found: Situation) -> set[str]:
    return {ref.label(NS) for ref in found.focus}


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("why is the auth deployment restarting?", {"Deployment/auth", "Service/auth"}),
        ("is hte gateways down", set()),
        ("why is auht so slow?", {"Deployment/auth", "Service/auth"}),
        ("are auth and web well?", {"Deployment/auth", "Service/auth", "Deployment/web", "Service/web"}),
        ("why did api-7d9c-xyz12 die?", {"Deployment/api", "Service/api"}),
        ("do the apis answer?", {"Deployment/api", "Service/api"}),
        ("is the configmap app-config right?", {"ConfigMap/app-config"}),
        ("is app-config right?", set()),
        ("why do the statefulsets not come up?", {"StatefulSet/db", "Service/db"}),
        ("was ist los?", set()),
    ],
)
def test_what_it_is_about(question: str, about: set[str]) -> None:
    assert names(asked(question, configmap("app-config", {}))) == about


def test_a_workload_is_found_by_its_app_label_too() -> None:
    top = workload("x7", template("x7"))
    top["metadata"]["labels"] = {"app.kubernetes.io/name": "checkout"}
    assert "Deployment/x7" in names(asked("checkout is slow", top))


def test_beside_a_target_only_exact_names_count() -> None:
    assert names(asked("is auht down?", target="Deployment/web")) == {"Deployment/web", "Service/web"}
    assert "Deployment/auth" in names(asked("is auth down?", target="Deployment/web"))


def test_the_report_says_what_was_read() -> None:
    said = meaning(asked("why is auht so slow since 11:45?"))
    assert said.startswith('Deployment/auth in namespace shop ("auht" read as auth)')
    assert '"11:45" read as 2026-11-20T11:45:00Z' in said
    assert report(snapshot(run("is auht slow?"), shop())).meaning == meaning(asked("is auht slow?"))


def test_it_says_that_all_was_looked_at_where_nothing_is_named() -> None:
    assert meaning(asked("why is it slow?")).startswith("all of namespace shop")
    assert meaning(asked("", target="Deployment/web")) == ""


def fired(**ago: float) -> dict[str, object]:
    """An alert that fires since so long."""
    return {"alert": {"alertname": "Errors", "deployment": "api"}, "starts_at": NOW - timedelta(**ago)}


class TestTime:
    def begin(self, question: str, **spec: object) -> datetime:
        return World(snapshot(run(question, **spec), [])).begin

    def test_a_time_makes_the_window_longer_with_a_lead(self) -> None:
        assert self.begin("slow since 09:00") == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)

    def test_but_never_shorter_than_an_hour(self) -> None:
        assert self.begin("slow for 5 minutes") == NOW.replace(hour=11)

    def test_what_the_spec_says_counts_first(self) -> None:
        assert self.begin("slow since 09:00", lookback_seconds=600) == NOW.replace(hour=11, minute=50)

    def test_an_alert_is_looked_into_from_before_it_fired(self) -> None:
        assert self.begin("", **fired(hours=3), lookback_seconds=3600) == NOW - timedelta(hours=3, minutes=30)
        assert self.begin("", **fired(minutes=5)) == NOW - timedelta(hours=1)
        assert self.begin("", **fired(hours=24 * 30)) == NOW - timedelta(days=7)

    def changed(self, question: str, **spec: object) -> list[tuple[str, int]]:
        """Terms of the release of api, four minutes old, which its errors fit."""
        old, new = template("api", container(env=env(V="1"))), template("api", container(env=env(V="2")))
        top = workload("api", new)
        objects = [*healthy("api", new), top, replicaset(top, 2, new, age=240), replicaset(top, 1, old, age=9000)]
        lines = ["ERROR checkout failed", "Traceback (most recent call last):", '  File "x"', "KeyError: 'promo'"] * 4
        found = hypothesis(
            report(snapshot(run(question, **spec), objects, log("api-p0", lines))),
            "ReleaseRegression",
            "Deployment/api",
        )
        assert found is not None
        return [(term.name, term.centinats) for term in found.terms]

    def test_a_change_long_after_the_time_asked_about_counts_against_it(self) -> None:
        assert CHANGED_AFTER_STATED in [size for _, size in self.changed("api is slow since 09:00")]
        assert CHANGED_AFTER_STATED not in [size for _, size in self.changed("api is slow for 5 minutes")]
        assert CHANGED_AFTER_STATED not in [size for _, size in self.changed("errors in the last 3 hours")]

    def test_a_change_after_the_alert_fired_counts_against_it(self) -> None:
        assert CHANGED_AFTER_STATED in [size for _, size in self.changed("", **fired(minutes=10))]
        assert CHANGED_AFTER_STATED not in [size for _, size in self.changed("", **fired(minutes=4))]


class TestPlace:
    def run(self, question: str, scope: str) -> Run:
        found = run(question, scope=scope)
        return found.replace(scene=Scene(tenant="label:a", namespaces=[NS, "staging"]))

    def test_a_namespace_of_the_tenant_is_looked_into_where_the_tenant_was_asked_about(self) -> None:
        found = World(snapshot(self.run("why is auth in staging restarting?", "Tenant"), []))
        assert found.home == "staging"
        step = decide(found.snapshot, weigh(found.snapshot))
        assert isinstance(step, Look)

    def test_and_never_where_only_one_namespace_was(self) -> None:
        asked = snapshot(self.run("why is auth in staging restarting?", "Namespace"), shop())
        assert World(asked).home == NS
        assert "namespace staging is named too" in meaning(Situation.of(asked))

    def test_a_namespace_of_others_is_never_looked_into(self) -> None:
        assert World(snapshot(self.run("why is auth in kube-system restarting?", "Tenant"), [])).home == NS


def test_text_of_an_alert_is_not_searched_for_slips() -> None:
    def about(said: str) -> set[str]:
        found = run(alert={"alertname": "X"})
        assert found.spec.alert is not None
        spec = found.spec.replace(alert=found.spec.alert.replace(annotations={"summary": said}))
        return {ref.label(NS) for ref in focus(World(snapshot(found.replace(spec=spec), shop())))}

    assert about("too many errors in auht and its statefulsets") == set()
    assert "Deployment/web" in about("too many errors in web")
