"""The observer: every query gets an observation, whatever the world does."""

import asyncio
from datetime import UTC, datetime

import pytest

from casebook.api.observation import KUBERNETES, Query, Result, listing, observation_id
from casebook.cluster.errors import Conflict, Denied, Gone, Invalid, NotFound, TooLarge, Unavailable
from casebook.cluster.resources import UnknownResource
from casebook.evidence.observer import RoutingObserver
from casebook.evidence.source import Reading, Refused

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PODS = listing("pods", "shop")


class Scripted:
    """A source that answers or raises what it is told to."""

    def __init__(self, answer):
        self.answer = answer

    async def read(self, query):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def observer(source, **options) -> RoutingObserver:
    return RoutingObserver({KUBERNETES: source}, lambda: NOW, **options)


async def test_an_answer_is_an_observation() -> None:
    seen = await observer(Scripted(Reading({"items": []}, truncated=True, message="withheld: addresses"))).observe(
        PODS, 2
    )
    assert (seen.id, seen.round, seen.query) == (observation_id(2, PODS), 2, PODS)
    assert (seen.result, seen.data, seen.truncated) == (Result.OK, {"items": []}, True)
    assert (seen.observed_at, seen.bytes, seen.message) == (NOW, 13, "withheld: addresses")


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (NotFound("x"), Result.NOT_FOUND),
        (Denied("x"), Result.DENIED),
        (Refused("x"), Result.DENIED),
        (Unavailable("x"), Result.UNAVAILABLE),
        (Invalid("x"), Result.UNAVAILABLE),
        (Gone("x"), Result.UNAVAILABLE),
        (Conflict("x"), Result.UNAVAILABLE),
        (TooLarge("x"), Result.UNAVAILABLE),
        (UnknownResource("x"), Result.NOT_FOUND),
    ],
)
async def test_a_failure_is_an_observation_too(error, result) -> None:
    seen = await observer(Scripted(error)).observe(PODS, 0)
    assert (seen.result, seen.data, seen.bytes) == (result, None, 0)
    assert seen.message


async def test_an_unknown_source_is_unavailable() -> None:
    seen = await observer(Scripted(Reading({}))).observe(Query(source="prometheus", resource="up"), 0)
    assert seen.result is Result.UNAVAILABLE
    assert "prometheus" in seen.message


async def test_messages_are_redacted_and_short() -> None:
    seen = await observer(Scripted(Unavailable("GET http://u:hunter2hunter2@api/ " + "x" * 5000))).observe(PODS, 0)
    assert "hunter2" not in seen.message
    assert len(seen.message) <= 1024


async def test_a_source_that_hangs_is_given_up() -> None:
    class Hanging:
        async def read(self, query):
            await asyncio.Event().wait()

    seen = await observer(Hanging(), seconds=0.01).observe(PODS, 0)
    assert seen.result is Result.UNAVAILABLE
    assert "no answer" in seen.message


async def test_only_so_many_reads_go_side_by_side() -> None:
    class Counting:
        now = most = 0

        async def read(self, query):
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0)
            self.now -= 1
            return Reading({"items": []})

    source = Counting()
    watched = observer(source, at_once=3)
    await asyncio.gather(*(watched.observe(listing("pods", f"n{number}"), 0) for number in range(20)))
    assert source.most == 3
