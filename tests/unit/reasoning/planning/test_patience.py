"""A second look: only where something young is unexplained, a bounded number of times, and with the newest answers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import Ref
from casebook.analysis.world import World
from casebook.api.enums import Verdict
from casebook.api.observation import LOGS, Observation, earlier_logs, getting, listing
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.engine import Done, Look, decide, weigh
from casebook.reasoning.judging.verdict import verdict
from casebook.reasoning.planning.patience import PAUSES, again, pause
from casebook.reasoning.situation import Situation
from support.builders import NOW, NS, Raw, ago, log, observe, pod, run, snapshot, survey
from support.reason import report
from support.shop import body, shop
from support.weighing import API, WEB, crashing, ranked

BAD = '{"level":"ERROR","msg":"POST http://api:80/checkout failed: HTTP 502 Bad Gateway"}'
SERVER = '{"level":"ERROR","msg":"failed: https://pay.acme.example/charge: HTTP 503 Service Unavailable"}'


def blip(*, ago: float, lines: int = 3) -> Snapshot:
    """web fails when it calls api since a moment; api says nothing about it."""
    return snapshot(
        run("why?", "Deployment/web"),
        shop(),
        log("web-p0", [BAD] * lines, end=ago),
        *(log(f"{name}-p0", ["listening"], end=900) for name in ("api", "auth", "db")),
    )


def step(asked: Snapshot) -> Look | Done:
    return decide(asked, weigh(asked))


def looked(asked: Snapshot, look: Look, round_: int, *changed: Observation) -> Snapshot:
    """The snapshot after a look in which only what is given has changed."""
    newer = {item.query.canonical(): item.data for item in changed}
    made: list[Observation] = []
    for query in look.queries:
        known = asked.answer(query)
        data = newer.get(query.canonical(), known.data if known else {"items": []})
        made.append(observe(query, data, round_).replace(observed_at=NOW + timedelta(seconds=look.after)))
    return asked.extended(made)


def drained(asked: Snapshot) -> tuple[Snapshot, Look | Done]:
    """The snapshot once everything was looked at that can be had without waiting, and the step after that."""
    for round_ in range(2, 6):
        found = step(asked)
        if isinstance(found, Done) or found.after:
            return asked, found
        asked = looked(asked, found, round_)
    raise AssertionError("the looking does not end")


def test_what_has_only_begun_is_looked_at_again() -> None:
    asked, look = drained(blip(ago=2))
    assert isinstance(look, Look)
    assert look.after == PAUSES[0]
    assert {"pods", "events"} <= {query.resource for query in look.queries}
    assert {query.name for query in look.queries if query.source == LOGS} >= {"web-p0", "api-p0"}
    later = [log("api-p0", [SERVER] * 6, end=-8)]
    found = report(looked(asked, look, 4, *later))
    assert [item.cause for item in found.root_causes] == ["ExternalDependencyFailing"]


def test_it_waits_a_bounded_number_of_times() -> None:
    asked, found = drained(blip(ago=2))
    pauses: list[int] = []
    for round_ in range(4, 7):
        if isinstance(found, Done):
            break
        pauses.append(found.after)
        asked = looked(asked, found, round_)
        found = step(asked)
    assert isinstance(found, Done)
    assert tuple(pauses) == PAUSES


def test_what_is_old_or_explained_is_not_waited_for() -> None:
    old = blip(ago=80, lines=200)
    assert report(old).verdict is Verdict.INCONCLUSIVE
    assert isinstance(drained(old)[1], Done)
    well = snapshot(run("why?", "Deployment/web"), shop(), log("web-p0", ["INFO ok"] * 9))
    assert isinstance(drained(well)[1], Done)


def test_the_newest_list_says_what_is_there() -> None:
    objects: Sequence[Raw] = shop()
    before = snapshot(run("why?", "Deployment/web"), objects)
    owner = next(one for one in objects if one["kind"] == "ReplicaSet" and "web" in one["metadata"]["name"])
    rest = [one for one in objects if one["kind"] != "Pod" or "web" not in one["metadata"]["name"]]
    after = before.extended(survey([*rest, pod(owner, body("web"), name="web-new")], 2))
    names = {thing.ref.name for thing in World(after).all("Pod", NS)}
    assert "web-new" in names
    assert "web-p0" not in names


class TestPause:
    """What deviates since two seconds, and what is left of the reasons to wait if one is taken away."""

    def young(self, *symptoms: Symptom, containers: float = 3600) -> Situation:
        found = Situation.of(snapshot(run("why?", "Deployment/web"), aged(containers)))
        found.__dict__["symptoms"] = symptoms
        return found

    def paused(self, found: Situation, *items: Ranked) -> int | None:
        return pause(found, Board(found, items))

    def test_it_waits_while_what_deviates_is_younger_than_a_minute(self) -> None:
        assert self.paused(self.young(symptom(59))) == PAUSES[0]
        assert self.paused(self.young(symptom(60))) is None
        assert self.paused(self.young(symptom(None))) is None
        assert self.paused(self.young(symptom(59), symptom(900, API))) == PAUSES[0]

    def test_or_while_a_container_on_the_path_is(self) -> None:
        assert self.paused(self.young(symptom(900), containers=59)) == PAUSES[0]
        assert self.paused(self.young(symptom(900), containers=60)) is None

    def test_containers_elsewhere_and_those_that_never_ran_do_not_matter(self) -> None:
        objects = [*aged(900), *crashing("far", age=30)]
        found = Situation.of(snapshot(run("why?", "Deployment/web"), objects))
        found.__dict__["symptoms"] = (symptom(900),)
        assert Ref("Deployment", NS, "far") not in found.path
        assert self.paused(found) is None

    def test_one_young_container_is_enough_and_one_that_never_ran_is_none(self) -> None:
        for young in ("web-p0", "api-p0"):
            found = Situation.of(snapshot(run("why?", "Deployment/web"), aged(900, **{young: 30})))
            found.__dict__["symptoms"] = (symptom(900),)
            assert self.paused(found) == PAUSES[0]
        found = Situation.of(snapshot(run("why?"), [*aged(900), *crashing("far", age=900)]))
        found.__dict__["symptoms"] = (symptom(900),)
        assert self.paused(found) is None

    def test_what_could_not_be_seen_is_not_waited_for(self) -> None:
        whole = snapshot(run("why?", "Deployment/web"), aged(2))
        blind = Snapshot(whole.run, tuple(one for one in whole.observations if one.query.resource != "events"))
        found = Situation.of(blind)
        assert verdict(Board(found)) is Verdict.INCONCLUSIVE
        assert self.paused(found) is None

    def test_not_where_the_verdict_stands_or_nothing_deviates(self) -> None:
        found = self.young(symptom(2))
        cause = replace(ranked(found, WEB, 300, "X", Sign.NODE), chosen=True)
        assert self.paused(found, cause) is None
        assert self.paused(self.young(symptom(2, Ref("Deployment", NS, "elsewhere")), containers=2)) is None


def symptom(seconds: float | None, ref: Ref = WEB) -> Symptom:
    return Symptom(ref, Sign.NODE, "so", None if seconds is None else NOW - timedelta(seconds=seconds), ())


def aged(seconds: float, **pods: float) -> list[Raw]:
    """The shop, whose containers run since so many seconds; those of single pods since others."""
    objects = shop()
    for one in objects:
        for status in one.get("status", {}).get("containerStatuses", []):
            status["state"]["running"]["startedAt"] = ago(pods.get(one["metadata"]["name"], seconds))
    return objects


def test_the_second_look_reads_what_changes_and_the_logs_of_the_path_but_no_earlier_parts() -> None:
    part = observe(earlier_logs(NS, "api-p0", "app", 600, 100), {"lines": []}, 2)
    alone = observe(getting("pods", "api-p0", NS), {}, 2)
    seen = snapshot(
        run("why?", "Deployment/api"), shop(), part, alone, *(log(f"{name}-p0", ["INFO ok"]) for name in ("web", "api"))
    )
    assert again(Situation.of(seen)) == [
        listing("pods", NS),
        listing("events", NS),
        listing("endpointslices.discovery.k8s.io", NS),
        log("api-p0", []).query,
    ]
