"""An operator that does not end is made to."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from casebook.handlers.ending import ended


async def fails() -> None:
    raise ConnectionError("leader changed")


async def deaf(deafness: int) -> None:
    """Takes so many cancellations for something else."""
    for _ in range(deafness):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    await asyncio.Event().wait()


def operator(*work: Coroutine[Any, Any, None]) -> tuple[list[asyncio.Task[None]], asyncio.Task[None]]:
    """Its root tasks, and what runs them as kopf does: when one ends it cancels each of the others once."""
    roots = [asyncio.create_task(one) for one in work]

    async def run() -> None:
        _, others = await asyncio.wait(roots, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others)
        roots[0].result()

    return roots, asyncio.create_task(run())


async def test_what_ended_the_operator_is_told() -> None:
    with pytest.raises(ConnectionError, match="leader changed"):
        await ended(*operator(fails(), deaf(0)))


async def test_an_operator_that_was_asked_to_end_ends_without_an_error() -> None:
    await ended(*operator(asyncio.sleep(0), deaf(0)))


@pytest.mark.parametrize("deafness", [1, 3])
async def test_an_operator_that_takes_a_cancellation_for_something_else_ends_with_what_ended_it(deafness: int) -> None:
    roots, running = operator(fails(), deaf(deafness))
    with pytest.raises(ConnectionError, match="leader changed"):
        await ended(roots, running, patience=0.01)
    assert running.done()
    assert all(task.done() for task in roots)


async def test_an_operator_that_was_asked_to_end_and_does_not_is_said() -> None:
    with pytest.raises(TimeoutError, match="had not ended"):
        await ended(*operator(asyncio.sleep(0), deaf(1)), patience=0.01)
