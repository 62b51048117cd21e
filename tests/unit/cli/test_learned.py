"""What was learned, and what waits to be confirmed, as a person reads it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casebook.api.investigation import Recurrence
from casebook.api.report import Cost
from casebook.cli.learned import recurrences, saved, taught
from casebook.cli.proposals import waiting
from support.memories import cause

BEGIN = datetime(2026, 11, 15, tzinfo=UTC)
CLAIM = cause("ProxyExpired", "Deployment/api")


def raw(name: str, created: str = "2026-11-20T10:00:00Z", status: dict[str, Any] | None = None, **spec: Any) -> Any:
    held = {"statement": "s", "state": "Confirmed", "claim": CLAIM, "origin": {"type": "Person", "author": "alice"}}
    metadata = {"name": name, "namespace": "shop", "creationTimestamp": created, "generation": 1}
    return {"metadata": metadata, "spec": held | spec, "status": status or {}}


def counted(occurrence: int, reads: int, percent: int) -> Recurrence:
    return Recurrence(signature="s", occurrence=occurrence, cost=Cost(observations=reads), saved_percent=percent)


def test_what_was_taught_with_what_became_of_it() -> None:
    uses = {"shown": 5, "cited": 4, "accepted": 2, "rejected": 0}
    used = {"uses": uses, "trustPercent": 86, "lastUsedBy": "inv-9"}
    lines = list(taught([raw("used", status=used), raw("new", "2026-11-21T10:00:00Z"), raw("odd", state="?")], BEGIN))
    assert lines == [
        "Taught since 2026-11-15T00:00:00Z",
        "  new  Confirmed  Confirms ProxyExpired on Deployment/api, by alice, 2026-11-21T10:00:00Z",
        "      not used yet",
        "  used  Confirmed  Confirms ProxyExpired on Deployment/api, by alice, 2026-11-20T10:00:00Z",
        "      cited 4 times, accepted 2, rejected 0, trusted 86 %, last in inv/inv-9",
        "  odd  was not understood; it is of another version of Casebook",
    ]


@pytest.mark.parametrize(("cited", "told"), [(0, "cited 0 times"), (1, "cited once"), (2, "cited 2 times")])
def test_how_often_it_was_cited_is_said_as_people_say_it(cited: int, told: str) -> None:
    _, _, line = taught([raw("used", status={"uses": {"shown": 3, "cited": cited}})], BEGIN)
    assert line == f"      {told}, accepted 0, rejected 0"


def test_what_was_taught_earlier_is_left_out() -> None:
    assert list(taught([raw("old", "2026-11-14T23:59:59Z")], BEGIN)) == [
        "Nothing was taught since 2026-11-15T00:00:00Z."
    ]


def test_what_repetitions_saved() -> None:
    first, told = counted(1, 28, 0), [counted(2, 14, 50), counted(3, 7, 75)]
    assert list(saved([first, *told, None])) == [
        "\n4 investigations, 2 of them of a problem that was seen before",
        "  these took 21 reads, where looking at everything takes 56: 63 % saved",
    ]
    assert list(saved([])) == ["\n0 investigations, 0 of them of a problem that was seen before"]


def test_only_what_finished_in_the_span_counts() -> None:
    def ended(at: datetime) -> dict[str, Any]:
        status = {"finishedAt": at.isoformat(), "recurrence": counted(2, 7, 75).wire()}
        return {"metadata": {"name": "inv-1"}, "spec": {"unknown": 1}, "status": status}

    raws = [ended(BEGIN - timedelta(seconds=1)), ended(BEGIN), {"metadata": {"name": "open"}}]
    assert list(recurrences(raws, BEGIN)) == [counted(2, 7, 75)]


def test_what_waits_with_what_it_would_have_done() -> None:
    tested = {"backtest": {"version": 1, "wouldApply": 14, "of": 200, "wouldChange": 1, "examples": ["inv-1"]}}
    old = {"backtest": {"version": 0, "wouldApply": 14, "of": 200, "wouldChange": 1}}
    raws = [
        raw("b", state="Proposed", status=tested),
        raw("a", state="Proposed", status=old, origin={"type": "Agent"}, scope={"matchLabels": {"namespace": "shop"}}),
        raw("confirmed", status=tested),
    ]
    assert list(waiting(raws)) == [
        "a  Confirms ProxyExpired on Deployment/api, proposed by Casebook",
        "    s",
        "    where namespace is shop",
        "    not tested yet",
        "b  Confirms ProxyExpired on Deployment/api, proposed by alice",
        "    s",
        "    where everywhere",
        "    would have applied to 14 of the last 200, would have changed 1: inv-1",
    ]
