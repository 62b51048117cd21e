"""A second look: only where something young is unexplained, a bounded number of times, and with the newest answers."""

from collections.abc import Sequence
from datetime import timedelta

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.world import World
from casebook.api.enums import Verdict
from casebook.api.observation import LOGS, Observation
from casebook.reasoning.engine import Done, Look, decide, weigh
from casebook.reasoning.planning.patience import PAUSES
from support.builders import NOW, NS, Raw, log, observe, pod, run, snapshot, survey
from support.reason import report
from support.shop import body, shop

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
