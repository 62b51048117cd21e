"""Metrics that a model asks for or predicts: inside the run or refused and recorded, told by code, tested by code."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import Ask, Consultation, ProposedPrediction
from casebook.api.observation import Observation, Query, Result, curve
from casebook.api.run import Run
from casebook.model.adviser import Adviser
from casebook.model.answer import take
from casebook.model.prompt import MAX_METRICS, Prompt, build
from casebook.model.wire import Completion
from casebook.reasoning.engine import Look, decide, weigh
from casebook.reasoning.proposals.asking import queries, told
from casebook.reasoning.proposals.predicted import outcome, wants
from casebook.reasoning.proposals.scope import Outside
from casebook.reasoning.situation import Situation
from support import builders
from support.builders import NOW, NS
from support.curves import answered, metered, names
from support.freetext import freetext, hypothesis
from support.injections import CORPUS
from support.openaiserver import completion, hypotheses
from support.reason import report

DEPTH = f'max by (queue) (queue_depth{{namespace="{NS}"}})'
HOUR = curve(DEPTH, NOW - timedelta(seconds=3600), NOW)


def measured(*more: Observation, run: Run | None = None) -> Snapshot:
    """A fault in free text, in a cluster with a Prometheus."""
    plain = freetext()
    return Snapshot(metered(run or plain.run), (*plain.observations, names("queue_depth", "go_threads"), *more))


def advised(snapshot: Snapshot, *asks: dict) -> Snapshot:
    given = [Ask.model_validate(one) for one in asks]
    return snapshot.advised(Consultation(model="m", turns=1, asks=given, is_open=True))


def asking(query: str, **more: str) -> dict:
    return {"tool": "metric", "query": query, **more}


def refused(snapshot: Snapshot, query: str, **more: str) -> str:
    with pytest.raises(Outside) as caught:
        queries(Situation.of(snapshot), Ask.model_validate(asking(query, **more)))
    return str(caught.value)


def looked_for(snapshot: Snapshot, query: Query) -> tuple[Snapshot, bool]:
    """Whether the plan comes to a query, where all that it wants before is away; and what is then known."""
    step = decide(snapshot, weigh(snapshot))
    while isinstance(step, Look) and query not in step.queries:
        away = [builders.observe(one, None, 1, result=Result.UNAVAILABLE) for one in step.queries]
        snapshot = snapshot.extended(away)
        step = decide(snapshot, weigh(snapshot))
    return snapshot, isinstance(step, Look)


def prompt_of(snapshot: Snapshot) -> Prompt:
    return build(snapshot.run, weigh(snapshot), report(snapshot), 6000)


def test_an_ask_is_a_query_over_the_time_that_was_asked_about_or_since_then() -> None:
    situation = Situation.of(measured())
    assert queries(situation, Ask.model_validate(asking(DEPTH))) == [HOUR]
    since = builders.ago(7200)
    assert queries(situation, Ask.model_validate(asking(DEPTH, since=since))) == [
        curve(DEPTH, NOW - timedelta(seconds=7200), NOW)
    ]
    assert [one.params["query"] for one in queries(situation, Ask.model_validate(asking("up")))] == ["up"]


@pytest.mark.parametrize(
    ("query", "more", "said"),
    [
        ('up{namespace="payroll"}', {}, "metrics of payroll, which is outside of this investigation"),
        (f'up{{namespace=~"{NS}|payroll"}}', {}, "metrics of payroll, which is outside of this investigation"),
        (f'up{{namespace="{NS}"}} or up{{exported_namespace="payroll"}}', {}, "metrics of payroll"),
        ('up{namespace=~".+"}', {}, "metrics of .+, which is outside of this investigation"),
        ("rate(up[5m]", {}, "this is not PromQL that can be checked"),
        ("up * 0 + 42", {}, "a number stands only in a comparison"),
        ("up", {"since": "2020-01-01T00:00:00Z"}, "from more than 24 hours back"),
        ("up", {"since": "0001-01-01T00:00:00Z"}, "from more than 24 hours back"),
        ("rate(up[30d])", {}, "from more than 24 hours back"),
        ("up offset 9999d", {}, "from more than 24 hours back"),
        ("up", {"since": "2099-01-01T00:00:00Z"}, "not before the end"),
    ],
)
def test_what_is_outside_of_the_run_or_no_plain_reading_is_refused(query: str, more: dict, said: str) -> None:
    assert said in refused(measured(), query, **more)


def test_where_there_is_no_prometheus_there_is_nobody_to_ask() -> None:
    assert refused(freetext(), DEPTH) == "it asked for a metric, and there is no Prometheus to ask"
    assert "METRICS" not in prompt_of(freetext()).user


def test_the_platform_may_ask_of_every_namespace_and_a_run_over_days_of_these_days() -> None:
    first = freetext().run
    everywhere = first.replace(scene=first.scene.replace(platform=True))
    assert queries(Situation.of(measured(run=everywhere)), Ask.model_validate(asking('up{namespace="pay"}')))
    long = first.replace(spec=first.spec.replace(lookback_seconds=3 * 86_400))
    since = builders.ago(2 * 86_400)
    assert queries(Situation.of(measured(run=long)), Ask.model_validate(asking("rate(up[5m])", since=since)))


class Scripted:
    """A model that says one thing."""

    name = "m"

    def __init__(self, said: str) -> None:
        self.said = said

    async def complete(self, _: Sequence[tuple[str, str]], tokens: int) -> Completion:
        assert tokens
        return Completion.model_validate(completion(self.said))


async def test_a_refusal_is_recorded_and_what_may_be_asked_is_looked_at_once() -> None:
    snapshot = measured()
    said = json.dumps({"observe": [asking(DEPTH), asking('up{namespace="payroll"}'), asking("rate(up[5m")]})
    adviser = Adviser(Scripted(said), lambda text: text)
    found = await adviser.advise(snapshot.run, weigh(snapshot), report(snapshot), 60)
    assert [one.query for one in found.asks] == [DEPTH]
    other, broken = found.refused
    assert other.startswith("an observation was refused: it asked for metrics of payroll")
    assert "this is not PromQL" in broken
    heard = snapshot.advised(found)
    assert "metrics of payroll" in " ".join(report(heard).limitations)
    heard, looked = looked_for(heard, HOUR)
    assert looked
    seen = heard.extended([answered(HOUR, ({"queue": "orders"}, [1.0] * 121))])
    assert not looked_for(seen, HOUR)[1]


def test_code_tells_the_ends_of_each_curve_and_a_sentence_may_cite_them() -> None:
    values = [*[3.0] * 100, 41.5, *[7.0] * 20]
    curves = answered(HOUR, ({"queue": "orders"}, values), ({"queue": "mail"}, [None] * 121))
    snapshot = advised(measured(curves), asking(DEPTH))
    (quote,) = told(Situation.of(snapshot))
    lines = quote.excerpt.splitlines()
    assert lines[0] == f"2 series until {builders.ago(0)}"
    assert lines[1].startswith('{queue="orders"}: last 7, lowest 3 at ')
    assert "highest 41.5 at " in lines[1]
    assert lines[2] == '{queue="mail"}: no value'
    assert not quote.absent
    prompt = prompt_of(snapshot)
    assert "o1 [promtool query range" in prompt.user
    assert "METRICS\n" in prompt.user
    says = [{"says": "The queue orders held 41.5 at most.", "evidence": ["o1"]},
            {"says": "The queue orders held 9000 at most.", "evidence": ["o1"]}]  # fmt: skip
    taken = take(json.dumps({"answer": says}), prompt)
    spoken = snapshot.advised(Consultation(model="m", turns=2, asks=[Ask(**asking(DEPTH))], answer=taken.answer))
    found = report(spoken)
    assert [one.text for one in found.answer] == ["The queue orders held 41.5 at most."]
    (cited,) = [one for one in found.evidence if one.id in found.answer[0].evidence]
    assert (cited.source, cited.query) == ("prometheus", HOUR.command())


def test_that_there_is_no_such_series_is_an_answer_and_a_failed_read_is_none() -> None:
    snapshot = advised(measured(answered(HOUR)), asking(DEPTH))
    assert [(one.excerpt, one.absent) for one in told(Situation.of(snapshot))] == [
        (f"0 series until {builders.ago(0)}", True)
    ]
    denied = builders.observe(HOUR, None, 1, result=Result.DENIED)
    snapshot = advised(measured(denied), asking(DEPTH))
    assert [(one.excerpt, one.absent) for one in told(Situation.of(snapshot))] == [
        ("the metric could not be read: Denied", False)
    ]


def test_names_of_metrics_are_shown_those_of_programs_first_and_not_all() -> None:
    many = names(*(f"container_x{number}" for number in range(200)), "zeta_total")
    snapshot = Snapshot(metered(freetext().run), (*freetext().observations, many))
    section = prompt_of(snapshot).user.partition("METRICS\n")[2].partition("\nDATA ")[0].partition("\n")[2]
    assert section.split(", ")[0] == "zeta_total"
    assert len(section.split(", ")) == MAX_METRICS


def predicted(operator: str, value: str = "", field: str = DEPTH) -> dict:
    return {"says": "it piles up", "look": "metric", "object": "Deployment/web", "field": field} | (
        {"operator": operator, "value": value}
    )


SERIES = ({"queue": "orders"}, [2.0] * 60 + [40.0] * 61)


@pytest.mark.parametrize(
    ("operator", "value", "series", "came"),
    [
        ("Above", "39", (SERIES,), "Held"),
        ("Above", "40", (SERIES,), "Failed"),
        ("Below", "3", (SERIES,), "Held"),
        ("Below", "2", (SERIES,), "Failed"),
        ("Exists", "", (SERIES,), "Held"),
        ("Absent", "", (SERIES,), "Failed"),
        ("Exists", "", (), "Failed"),
        ("Absent", "", (), "Held"),
        ("Above", "1", (), "Untested"),
        ("Above", "1", (({"queue": "orders"}, [None] * 121),), "Untested"),
    ],
)
def test_a_prediction_is_tested_on_the_curve(operator: str, value: str, series: tuple, came: str) -> None:
    one = ProposedPrediction.model_validate(predicted(operator, value))
    before = Situation.of(measured())
    assert wants(before, one) == [HOUR]
    assert outcome(before, one).outcome == "Untested"
    assert outcome(Situation.of(measured(answered(HOUR, *series))), one).outcome == came


def test_of_many_series_only_the_highest_are_read_so_the_lowest_is_not_known() -> None:
    cut = answered(HOUR, SERIES).replace(truncated=True)
    for operator, value, came in (("Below", "2", "Untested"), ("Below", "3", "Held"), ("Above", "40", "Failed")):
        one = ProposedPrediction.model_validate(predicted(operator, value))
        assert outcome(Situation.of(measured(cut)), one).outcome == came


def test_a_prediction_outside_of_the_run_is_not_looked_at() -> None:
    one = ProposedPrediction.model_validate(predicted("Above", "1", 'up{namespace="payroll"}'))
    assert wants(Situation.of(measured()), one) == []
    assert outcome(Situation.of(measured()), one).outcome == "Untested"
    nobody = ProposedPrediction.model_validate(predicted("Above", "1"))
    assert wants(Situation.of(freetext()), nobody) == []


@pytest.mark.parametrize(
    ("prediction", "said"),
    [
        (predicted("Equals", "3"), "whether a metric Equals something"),
        (predicted("Above", "many"), "names many, which is no number"),
        (predicted("Above", "nan"), "names nan, which is no number"),
        (predicted("Above"), "names no value"),
        (predicted("Above", "1", "up * 0 + 42"), "a number stands only in a comparison"),
        (predicted("Above", "1", "rate(up[5m"), "not PromQL"),
    ],
)
def test_a_prediction_without_the_form_is_not_tested(prediction: dict, said: str) -> None:
    taken = take(hypotheses(hypothesis(predictions=[prediction, prediction])), prompt_of(freetext()))
    assert [one.predictions for one in taken.proposals] == [[]]
    assert said in taken.refused[0]


def test_a_metric_can_refute_a_hypothesis_and_makes_none_a_cause() -> None:
    holds, fails = predicted("Above", "39"), predicted("Above", "4000")
    for more, chosen in ((holds, True), (fails, False)):
        made = hypothesis()
        taken = take(hypotheses(made | {"predictions": [*made["predictions"], more]}), prompt_of(freetext()))
        snapshot = measured(answered(HOUR, SERIES)).advised(Consultation(model="m", proposals=taken.proposals))
        assert bool(report(snapshot).root_causes) is chosen
    taken = take(hypotheses(hypothesis(predictions=[holds, holds])), prompt_of(freetext()))
    snapshot = measured(answered(HOUR, SERIES)).advised(Consultation(model="m", proposals=taken.proposals))
    assert report(snapshot).root_causes == []


@pytest.mark.parametrize("text", CORPUS)
def test_orders_in_the_labels_of_series_stay_data(text: str) -> None:
    plain = advised(measured(answered(HOUR, ({"queue": "orders"}, [1.0] * 121))), asking(DEPTH))
    given = advised(measured(answered(HOUR, ({"queue": text, text: "x"}, [1.0] * 121))), asking(DEPTH))
    assert report(given).verdict == report(plain).verdict
    assert [one.object for one in report(given).hypotheses] == [one.object for one in report(plain).hypotheses]
    prompt = prompt_of(given)
    nonce = prompt.system.partition("<<<DATA ")[2][:16]
    fenced = [part.partition(f"\nDATA {nonce}>>>")[0] for part in prompt.user.split(f"<<<DATA {nonce}\n")[1:]]
    (line,) = [part for part in fenced if part.startswith("o1 [promtool")]
    assert len(line.splitlines()) == 2
