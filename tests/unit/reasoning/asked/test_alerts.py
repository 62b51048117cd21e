"""The alert's own expression, asked again: whether it holds, since when, and how the report says so."""

from datetime import timedelta

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.world import World
from casebook.api.base import timestamp
from casebook.api.enums import Verdict
from casebook.api.investigation import Alert
from casebook.api.observation import PROMETHEUS, Observation, Result, listing
from casebook.api.report import Report
from casebook.reasoning.asked.alerts import RULES, alarms
from casebook.reasoning.engine import decide, weigh
from casebook.reasoning.planning.measuring import available, first, measurements
from casebook.reasoning.planning.measuring import curves as curves_wanted
from casebook.reasoning.planning.plan import Look
from support.builders import NOW, NS, Raw, healthy, log, observe, run, snapshot
from support.curves import NAMES, STEPS, Values, answered, curves, level, metered, names
from support.reason import report
from support.shop import shop

EXPRESSION = "sum by (deployment) (rate(errors_total[1m])) > 0.5"
URL = (
    "http://prometheus:9090/graph?g0.expr=sum+by+%28deployment%29+%28rate%28errors_total%5B1m%5D%29%29+%3E+0.5&g0.tab=1"
)
LABELS = {"alertname": "ManyErrors", "deployment": "web", "namespace": NS}
QUIET = [log(f"{name}-p0", ["GET / 200"] * 5) for name in ("web", "api", "auth")]


def asked(**alert: object) -> Snapshot:
    found = metered(run())
    given = {"labels": LABELS, "generator_url": URL} | alert
    return snapshot(found.replace(spec=found.spec.replace(alert=Alert(**given))), shop(), *curves(), *QUIET)


def shown(values: Values, series_of: Raw | None = None, **alert: object) -> Report:
    """The report where the alert's expression, asked again, has one series."""
    start = asked(**alert)
    (alarm,) = alarms(World(start))
    series = (series_of or {"deployment": "web"}, values)
    return report(start.extended([answered(alarm.query(World(start)), series)]))


def at(step: int) -> str:
    return timestamp(NOW - timedelta(hours=2) + step * timedelta(minutes=1))


@pytest.mark.parametrize(
    "alert",
    [{}, {"generator_url": "", "annotations": {"expr": EXPRESSION}}, {"annotations": {"expr": "something_else > 1"}}],
    ids=["by its link", "by an annotation", "the link comes first"],
)
def test_the_expression_is_asked_without_its_threshold_in_the_first_round(alert) -> None:
    found = metered(run())
    given = {"labels": LABELS, "generator_url": URL} | alert
    start = Snapshot(found.replace(spec=found.spec.replace(alert=Alert(**given))))
    look = decide(start, weigh(start))
    assert isinstance(look, Look)
    (query,) = [one for one in look.queries if one.resource == "query_range"]
    assert query.params["query"] == "sum by (deployment) (rate(errors_total[1m]))"
    assert query.params["step"] == "60"
    assert (query.params["start"], query.params["end"]) == (at(0), timestamp(NOW))


def test_an_alert_that_holds_is_a_symptom_with_its_onset_and_its_curve() -> None:
    found = shown([0.1] * 100 + [0.9] * 21)
    assert found.verdict is Verdict.INCONCLUSIVE
    (web,) = [one for one in found.affected if one.object == "Deployment/web"]
    assert f"alert ManyErrors holds: 0.9 > 0.5 since {at(100)}" in web.note
    (cited,) = [one for one in found.evidence if one.id in web.evidence]
    assert cited.query.startswith("promtool query range")
    assert "▁" in cited.excerpt
    assert "█" in cited.excerpt


def test_a_single_step_below_does_not_break_the_stretch_and_a_longer_one_does() -> None:
    values = [0.9] * 20 + [0.1] * 30 + [0.9] * 40 + [0.1] + [0.9] * 30
    found = shown(values)
    assert f"since {at(50)}" in found.affected[0].note


def test_an_alert_that_is_over_is_said_to_be_well_since_when() -> None:
    found = shown([0.1] * 50 + [0.9] * 20 + [0.2] * 51)
    assert found.verdict is Verdict.NO_FAULT
    (over,) = [one for one in found.healthy if one.object == "Alert/ManyErrors"]
    assert over.note == f"alert ManyErrors: 0.2 now (fires > 0.5); it held until {at(69)}"
    assert over.evidence


def test_other_series_than_the_alerts_own_do_not_count() -> None:
    found = shown([0.9] * 121, {"deployment": "api"})
    assert found.verdict is Verdict.NO_FAULT
    assert any(one.object == "Alert/ManyErrors" and "no value" in one.note for one in found.not_checked)


def test_an_alert_that_holds_and_names_nothing_keeps_the_verdict_open() -> None:
    labels = {"alertname": "ManyErrors", "namespace": NS}
    found = shown([0.9] * 121, {"region": "x"}, labels=labels)
    assert found.verdict is Verdict.INCONCLUSIVE


def test_a_refused_expression_stands_in_the_limitations() -> None:
    start = asked()
    (alarm,) = alarms(World(start))
    refused = observe(alarm.query(World(start)), None, 1, result=Result.DENIED, message="cannot be confined")
    found = report(start.extended([refused]))
    assert any(f"{alarm.condition.expression}) may not be read: cannot be confined" in one for one in found.limitations)


def test_on_a_laptop_the_rules_say_what_fires_about_the_target() -> None:
    firing = {"state": "firing", "activeAt": timestamp(NOW - timedelta(minutes=20))}
    rules = {
        "rules": [
            {"name": "Elsewhere", "query": "up == 0", "alerts": [firing | {"labels": {"namespace": "other"}}]},
            {"name": "Pending", "query": "up == 1", "alerts": [firing | {"labels": LABELS, "state": "pending"}]},
            {"name": "ManyErrors", "query": EXPRESSION, "alerts": [firing | {"labels": LABELS}]},
            {"name": "OfApi", "query": "x > 1", "alerts": [firing | {"labels": LABELS | {"deployment": "api"}}]},
        ]
    }
    start = snapshot(metered(run(target="Deployment/web")), shop(), *curves(), *QUIET, observe(RULES, rules))
    (alarm,) = alarms(World(start))
    assert (alarm.name, alarm.condition.threshold) == ("ManyErrors", 0.5)
    look = decide(start, weigh(start))
    assert isinstance(look, Look)
    assert alarm.query(World(start)) in look.queries


def test_a_second_look_does_not_ask_the_curves_again() -> None:
    """The clock moves on with every read; what was asked about does not."""
    start = asked()
    later = observe(listing("pods", NS), {"items": []}, 2).replace(observed_at=NOW + timedelta(seconds=30))
    (before,), (after,) = alarms(World(start)), alarms(World(start.extended([later])))
    assert before.query(World(start)) == after.query(World(start.extended([later])))
    assert curves_wanted(World(start)) == curves_wanted(World(start.extended([later]))) != []


def test_a_span_in_the_past_is_read_to_its_end() -> None:
    end = NOW - timedelta(hours=5)
    window = {"start": timestamp(end - timedelta(hours=1)), "end": timestamp(end)}
    found = metered(run(target="Deployment/web", window=window))
    (query,) = [one for one in first(World(Snapshot(found))) if one.resource == "names"]
    assert (query.params["start"], query.params["end"]) == (timestamp(end - timedelta(hours=4)), timestamp(end))


def test_without_a_prometheus_nothing_is_asked_of_one() -> None:
    start = Snapshot(run(target="Deployment/web", alert=LABELS))
    for seen in (start, snapshot(start.run, shop())):
        look = decide(seen, weigh(seen))
        assert isinstance(look, Look)
        assert all(query.source != PROMETHEUS for query in look.queries)
    assert any(one.object == "metrics" and "not read in this run" in one.note for one in report(seen).not_checked)


def test_missing_metrics_stale_curves_and_a_store_that_is_away_are_named() -> None:
    stale = [*level(5)[: STEPS - 10], *[None] * 10]
    found = report(snapshot(metered(run(target="Deployment/web")), shop(), *curves(traffic={"web": stale})))
    assert any(one.object == "metrics: traffic" and "stale" in one.note for one in found.not_checked)
    bare = report(snapshot(metered(run(target="Deployment/web")), shop(), names("up")))
    missing = {one.object: one.note for one in bare.not_checked}
    said = missing["metrics: traffic, latency, throttling, memory"]
    assert said == "namespace shop has none, for example http_requests_total"
    away = report(snapshot(metered(run(target="Deployment/web")), shop()))
    assert any("did not say which metrics" in one.note for one in away.not_checked)


def test_many_pods_are_not_told_apart_and_what_is_cut_is_not_added_up() -> None:
    crowd = [item for number in range(20) for item in healthy(f"svc{number}")]
    many = World(snapshot(metered(run()), crowd, names(*NAMES)))
    few = World(snapshot(metered(run()), shop(), names(*NAMES)))
    (of_many,), (of_few,) = ([one for one in available(world) if one.name == "traffic"] for world in (many, few))
    assert ", pod)" in of_few.expression
    assert ", pod)" not in of_many.expression
    seen = snapshot(metered(run(target="Deployment/web")), shop(), *curves(traffic={"web": level(5, 50)}))
    assert measurements(World(seen))["traffic"]
    cut = Snapshot(seen.run, tuple(_cut(item) for item in seen.observations))
    assert not measurements(World(cut))["traffic"]
    found = report(cut)
    assert any(one.object == "metrics: traffic" and "20 highest of 25" in one.note for one in found.not_checked)


def _cut(item: Observation) -> Observation:
    hit = item.query.resource == "query_range"
    return item.replace(truncated=True, message="the 20 highest of 25 series") if hit else item


def test_reads_of_a_large_namespace_stay_under_sixty() -> None:
    crowd = [item for number in range(40) for item in healthy(f"svc{number}")]
    found = snapshot(metered(run()), [*shop(), *crowd], names(*NAMES))
    look = decide(found, weigh(found))
    assert isinstance(look, Look)
    tests, laptop = 8, 2
    assert len(found.observations) + len(look.queries) + tests + laptop < 60


@pytest.mark.parametrize(
    "data", [None, {}, {"names": None}, {"series": 1}, {"series": [{"values": "x"}], "step": 0}, []]
)
def test_answers_of_any_shape_break_nothing(data) -> None:
    start = asked()
    (alarm,) = alarms(World(start))
    odd = [observe(alarm.query(World(start)), data, 1), observe(RULES, data, 1)]
    replaced = [item.replace(data=data) if item.query.source == PROMETHEUS else item for item in start.observations]
    assert report(Snapshot(start.run, (*replaced, *odd))).verdict
