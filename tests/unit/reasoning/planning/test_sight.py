"""NoFault needs sight: of a busy container the time asked about is looked at, or the report says that it was not."""

from datetime import timedelta

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.world import World
from casebook.api.enums import Verdict
from casebook.api.meta import ObjectRef
from casebook.api.observation import Observation, Query, Result, earlier_logs
from casebook.reasoning.asked.complaint import of_lateness
from casebook.reasoning.engine import Look, decide, weigh
from casebook.reasoning.planning.baseline import over_the_time_asked_about
from casebook.reasoning.planning.sight import reaches, since
from casebook.reasoning.situation import Situation
from support.builders import NOW, NS, log, observe, run, snapshot
from support.curves import curves, level, metered
from support.reason import report
from support.shop import shop

SERVED = ['{"level":"INFO","msg":"GET / 200","status":200,"ms":8}'] * 40


def asked(*more: Observation, truncated: bool = True, question: str = "is web well?", **spec: object) -> Snapshot:
    """A shop in which nothing deviates; of what web and api log the last 40 seconds were read."""
    tails = [log(f"{name}-p0", SERVED).replace(truncated=truncated) for name in ("web", "api")]
    return snapshot(run(question, "Deployment/web", **spec), shop(), *tails, *more)


def wanted(of: Snapshot) -> list[Query]:
    return over_the_time_asked_about(Situation.of(of))


def earlier(query: Query, result: Result = Result.OK) -> Observation:
    return observe(query, log(query.name, SERVED, end=600).data, 2).replace(result=result)


def test_seconds_of_a_busy_log_are_not_enough_to_say_that_nothing_is_wrong() -> None:
    found = report(asked())
    assert found.verdict is Verdict.INCONCLUSIVE
    [said] = [line for line in found.limitations if line.startswith("what Deployment/web logged between")]
    assert said.endswith("was not seen, and no metrics cover it: slow or failing answers in that time would not show")


def test_the_whole_log_is_enough() -> None:
    found = report(asked(truncated=False))
    assert found.verdict is Verdict.NO_FAULT
    assert found.limitations == []


def test_last_lines_that_reach_back_over_the_time_asked_about_are_enough() -> None:
    reaching = log("web-p0", SERVED, step=20).replace(truncated=True)
    found = report(snapshot(run("is web well?", "Deployment/web"), shop(), reaching))
    assert found.verdict is Verdict.NO_FAULT
    [said] = found.limitations
    assert "more was there than was read; what was read begins at" in said


def test_the_plan_looks_further_before_it_gives_up() -> None:
    seen = asked()
    first = decide(seen, weigh(seen))
    assert isinstance(first, Look)
    seen = seen.extended(observe(query, {"lines": []}, 2) for query in first.queries)
    second = decide(seen, weigh(seen))
    assert isinstance(second, Look)
    [query] = second.queries
    assert (query.name, query.params["sinceSeconds"]) == ("web-p0", str((10 + 2 + 1) * 60))


def test_what_was_read_of_the_time_asked_about_is_enough() -> None:
    [query] = wanted(asked())
    assert report(asked(earlier(query))).verdict is Verdict.NO_FAULT
    assert wanted(asked(earlier(query))) == []


@pytest.mark.parametrize("result", [Result.DENIED, Result.UNAVAILABLE])
def test_what_could_not_be_read_is_asked_for_once_and_leaves_it_open(result: Result) -> None:
    [query] = wanted(asked())
    refused = earlier(query, result).replace(data=None)
    assert wanted(asked(refused)) == []
    assert report(asked(refused)).verdict is Verdict.INCONCLUSIVE


def test_the_time_that_was_named_has_to_be_seen() -> None:
    [query] = wanted(asked(question="web fails since 11:20"))
    assert int(query.params["sinceSeconds"]) == (40 + 2 + 1) * 60
    [recent] = wanted(asked())
    found = report(asked(earlier(recent), question="web fails since 11:20"))
    assert found.verdict is Verdict.INCONCLUSIVE


def test_where_answers_come_late_all_that_they_lead_through_is_looked_at() -> None:
    assert [query.name for query in wanted(asked(question="web is slow"))] == ["web-p0", "api-p0"]
    assert [query.name for query in wanted(asked(question="web is odd"))] == ["web-p0"]


def test_the_bytes_are_shared() -> None:
    tails = [log(f"{name}-p0", SERVED).replace(truncated=True) for name in ("web", "api", "auth", "db")]
    found = wanted(snapshot(run("all is slow"), shop(), *tails))
    assert sum(int(query.params["limitBytes"]) for query in found) <= 512 << 10


def test_of_a_node_the_logs_of_what_runs_on_it_are_not_asked_about() -> None:
    node = {"kind": "Node", "metadata": {"name": "node-1"}, "status": {}}
    asking = run("is it well?")
    tail = log("web-p0", SERVED).replace(truncated=True)
    of = snapshot(asking, [*shop(), node], tail)
    assert [query.name for query in wanted(of)] == ["web-p0"]
    about_node = asking.replace(spec=asking.spec.replace(target=ObjectRef(kind="Node", name="node-1")))
    assert wanted(Snapshot(about_node, of.observations)) == []


def metrics(**measured: list[float]) -> Snapshot:
    seen = asked(*curves(**{name: {"web": values} for name, values in measured.items()}))
    return Snapshot(metered(seen.run), seen.observations)


def test_curves_that_cover_the_time_are_enough() -> None:
    assert report(metrics(traffic=level(4.0), latency=level(0.05))).verdict is Verdict.NO_FAULT
    assert report(metrics(traffic=level(4.0))).verdict is Verdict.NO_FAULT


def test_curves_that_began_just_now_are_not() -> None:
    young = [None] * 118 + [4.0] * 3
    assert report(metrics(traffic=young, latency=young)).verdict is Verdict.INCONCLUSIVE


def test_how_many_ask_does_not_tell_how_late_they_are_answered() -> None:
    seen = metrics(traffic=level(4.0))
    slow = seen.run.replace(spec=seen.run.spec.replace(question="web is slow"))
    assert report(Snapshot(slow, seen.observations)).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("question", "alert", "late"),
    [
        ("the shop is very slow since a few minutes, why?", None, True),
        ("checkout takes too long", None, True),
        ("requests to api time out", None, True),
        ("", {"alertname": "HighLatency"}, True),
        ("", {"alertname": "http_request_duration_high"}, True),
        ("web answers errors", {"alertname": "HighErrorRatio"}, False),
        ("what changed in flags?", None, False),
    ],
)
def test_who_complains_of_late_answers(question: str, alert: dict[str, str] | None, late: bool) -> None:
    asking = run(question, alert=alert, starts_at=NOW - timedelta(minutes=5) if alert else None)
    assert of_lateness(World(Snapshot(asking))) is late


class TestReaches:
    """Whether what was read of a log goes back to a moment."""

    BEGIN = NOW - timedelta(minutes=10)

    def reaches(self, first: float, *more: Observation, previous: bool = False, truncated: bool = True) -> bool:
        """A log of web whose first line is of so many seconds ago."""
        tail = log("web-p0", ["ok"], end=first, previous=previous).replace(truncated=truncated)
        world = World(snapshot(run(), shop(), tail, *more))
        [found] = [one for one in world.logs.values() if one.pod == "web-p0"]
        return reaches(world, found, self.BEGIN)

    def part(self, seconds: int, name: str = "web-p0", result: Result = Result.OK) -> Observation:
        """An earlier part of a log, from so many seconds ago on."""
        query = earlier_logs(NS, name, "app", seconds, 100)
        return observe(query, {"lines": []}, 2).replace(result=result)

    @pytest.mark.parametrize(("first", "reached"), [(601, True), (600, True), (599, False)])
    def test_its_first_line_is_as_old(self, first: float, reached: bool) -> None:
        assert self.reaches(first) is reached

    def test_all_of_it_was_read_or_it_is_of_a_run_that_is_over(self) -> None:
        assert self.reaches(10, truncated=False)
        assert self.reaches(10, previous=True)

    @pytest.mark.parametrize(("seconds", "reached"), [(601, True), (600, True), (599, False)])
    def test_or_an_earlier_part_of_it_was_read(self, seconds: int, reached: bool) -> None:
        assert self.reaches(10, self.part(seconds)) is reached

    def test_not_of_another_log_and_not_where_it_failed(self) -> None:
        assert not self.reaches(10, self.part(900, "api-p0"))
        assert not self.reaches(10, self.part(900, result=Result.UNAVAILABLE))


@pytest.mark.parametrize(
    ("question", "window", "minutes"),
    [
        ("why?", None, 10),
        ("web fails since 11:20", None, 40),
        ("why?", {"start": "2026-11-20T11:15:00Z", "end": "2026-11-20T12:00:00Z"}, 45),
    ],
)
def test_since_when_it_has_to_be_seen(question: str, window: object, minutes: int) -> None:
    assert since(World(snapshot(run(question, window=window), []))) == NOW - timedelta(minutes=minutes)
