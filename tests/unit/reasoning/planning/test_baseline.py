"""Logs from before the onset: asked for once where the last lines tell of trouble alone, to tell what is new."""

from casebook.analysis.snapshot import Snapshot
from casebook.api.enums import Novelty
from casebook.api.observation import LOGS, Observation, Query, Result
from casebook.reasoning.engine import Look, decide, weigh
from casebook.reasoning.planning.baseline import before_the_onset
from casebook.reasoning.situation import Situation
from support.builders import NS, log, observe, run, snapshot
from support.reason import report
from support.shop import REFUSED, wrong_selector

OK = [f'{{"level":"INFO","msg":"served order {n}"}}' for n in range(60)]


def asked(*more: Observation, truncated: bool = True, question: str = "why?", age: float = 900) -> Snapshot:
    """A busy api, of whose log the last lines are all errors."""
    last = log("api-p0", [REFUSED] * 40).replace(truncated=truncated)
    return snapshot(run(question, "Deployment/api"), wrong_selector(age), last, *more)


def wanted(of: Snapshot) -> list[Query]:
    return before_the_onset(Situation.of(of))


def part(query: Query, lines: list[str], end: float) -> Observation:
    return observe(query, log("api-p0", lines, end=end).data, 2)


def test_they_are_asked_for_from_before_the_last_change_before_the_first_line() -> None:
    [query] = wanted(asked())
    assert (query.namespace, query.name, query.source) == (NS, "api-p0", LOGS)
    assert query.params == {"container": "app", "sinceSeconds": str(900 + 120 + 60), "limitBytes": str(128 << 10)}
    assert query.command() == "kubectl logs -n shop api-p0 -c app --since=1080s --limit-bytes=131072"


def test_from_before_the_time_that_the_question_names_if_that_is_earlier() -> None:
    [query] = wanted(asked(question="api is slow since 11:20"))
    assert int(query.params["sinceSeconds"]) == 40 * 60 + 120 + 60


def test_not_where_the_whole_log_was_read_and_never_twice() -> None:
    assert wanted(asked(truncated=False)) == []
    [query] = wanted(asked())
    for result in (Result.OK, Result.DENIED, Result.UNAVAILABLE):
        answer = part(query, OK, 600).replace(result=result)
        assert wanted(asked(answer)) == []
        assert wanted(asked(answer, question="api is slow since 11:20")) == []


def test_the_plan_asks_for_them_once_the_last_lines_are_read() -> None:
    seen = asked()
    first = decide(seen, weigh(seen))
    assert isinstance(first, Look)
    assert not any(query.is_earlier_log for query in first.queries)
    seen = seen.extended(observe(query, {"lines": []}, 2) for query in first.queries)
    second = decide(seen, weigh(seen))
    assert isinstance(second, Look)
    assert list(second.queries) == wanted(asked())


def test_what_was_not_there_before_is_new_then() -> None:
    [query] = wanted(asked())
    [without] = [item.novelty for item in report(asked()).logs]
    found = report(asked(part(query, OK, 600)))
    assert without is Novelty.UNCOMPARED
    assert [item.novelty for item in found.logs] == [Novelty.NEW]
    assert not any("more was there" in line and "--since" in line for line in found.limitations)


def test_what_was_there_before_is_not() -> None:
    [query] = wanted(asked())
    found = report(asked(part(query, [REFUSED, *OK, REFUSED, *OK], 600)))
    assert [item.novelty for item in found.logs] == [Novelty.UNCOMPARED]


def test_symptoms_rest_on_the_last_lines_alone() -> None:
    [query] = wanted(asked())
    before = {one.said for one in weigh(asked()).situation.symptoms}
    after = {one.said for one in weigh(asked(part(query, ["ERROR KeyError: old"] * 20, 600))).situation.symptoms}
    assert before == after
