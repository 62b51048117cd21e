"""The queue of keys: once each, one worker at a time, in the order of becoming due."""

import asyncio

import pytest

from casebook.controller.worklist import DOUBLINGS, FIRST, LAST_RETRY, Key, Kind, Worklist

A, B = Key(Kind.CASE, "ns", "a"), Key(Kind.CASE, "ns", "b")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worklist(clock: Clock) -> Worklist:
    return Worklist(clock)


async def soon(worklist: Worklist) -> Key | None:
    """What is due now, if anything."""
    try:
        async with asyncio.timeout(0.02):
            return await worklist.take()
    except TimeoutError:
        return None


async def test_a_key_woken_often_is_there_once(worklist: Worklist) -> None:
    for _ in range(3):
        worklist.wake(A)
    assert len(worklist) == 1
    assert await soon(worklist) == A
    assert await soon(worklist) is None


async def test_the_first_due_comes_first(worklist: Worklist, clock: Clock) -> None:
    worklist.wake(A, 2)
    worklist.wake(B, 1)
    assert await soon(worklist) is None
    clock.now = 3
    assert [await soon(worklist), await soon(worklist)] == [B, A]


async def test_what_is_to_come_first_does_and_slots_are_given_out_before_all(worklist: Worklist, clock: Clock) -> None:
    schedule = Key(Kind.SCHEDULE)
    worklist.wake(A)
    worklist.wake(B, FIRST)
    worklist.wake(schedule, 1)
    clock.now = 1
    assert [await soon(worklist) for _ in range(3)] == [schedule, B, A]


async def test_waking_makes_it_sooner_but_never_later(worklist: Worklist, clock: Clock) -> None:
    worklist.wake(A, 5)
    worklist.wake(A, 1)
    worklist.wake(A, 9)
    clock.now = 1
    assert await soon(worklist) == A
    clock.now = 10
    assert await soon(worklist) is None


async def test_a_key_is_with_one_worker_at_a_time_and_comes_again_if_woken_meanwhile(worklist: Worklist) -> None:
    worklist.wake(A)
    assert await soon(worklist) == A
    worklist.wake(A)
    assert await soon(worklist) is None
    worklist.done(A)
    assert await soon(worklist) == A


async def test_a_waiting_worker_is_woken(worklist: Worklist) -> None:
    waiting = asyncio.create_task(worklist.take())
    await asyncio.sleep(0)
    worklist.wake(B)
    assert await asyncio.wait_for(waiting, 1) == B


async def test_failures_wait_longer_each_time_and_nothing_is_given_up(worklist: Worklist) -> None:
    delays = [worklist.failed(A) for _ in range(3 * DOUBLINGS)]
    for number, delay in enumerate(delays):
        assert min(0.5 * 2**number, LAST_RETRY) / 2 <= delay <= min(0.5 * 2**number, LAST_RETRY)


async def test_success_forgets_failures(worklist: Worklist) -> None:
    for _ in range(DOUBLINGS):
        worklist.failed(A)
    worklist.done(A)
    assert worklist.failed(A) <= 0.5


async def test_what_the_server_asks_for_is_waited_within_reason(worklist: Worklist) -> None:
    assert worklist.failed(A, at_least=7) == 7
    assert worklist.failed(B, at_least=9999) == LAST_RETRY
