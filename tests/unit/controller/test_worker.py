"""One worker: what goes wrong with one key stops nothing else."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from casebook.cluster.errors import Conflict, Unavailable
from casebook.controller.metrics import Metrics
from casebook.controller.worker import Worker
from casebook.controller.worklist import Key, Kind, Worklist

A = Key(Kind.CASE, "ns", "a")


async def handled(error: BaseException | None) -> tuple[Worklist, Metrics]:
    now = 0.0
    worklist, metrics = Worklist(lambda: now), Metrics()

    async def handle(_: Key) -> None:
        if error is not None:
            raise error

    worker = Worker(worklist, {Kind.CASE: handle}, metrics)
    worklist.wake(A)
    await worker.step(await worklist.take())
    return worklist, metrics


def count(metrics: Metrics, result: str) -> float:
    return metrics.registry.get_sample_value("casebook_reconcile_total", {"kind": "case", "result": result}) or 0.0


async def test_done_is_done() -> None:
    worklist, metrics = await handled(None)
    assert len(worklist) == 0
    assert count(metrics, "ok") == 1


@pytest.mark.parametrize(
    ("error", "result"),
    [(Conflict("x"), "Conflict"), (Unavailable("x", 3), "Unavailable"), (ZeroDivisionError(), "Fault")],
)
async def test_whatever_goes_wrong_is_counted_and_tried_again(error: Exception, result: str) -> None:
    worklist, metrics = await handled(error)
    assert len(worklist) == 1
    assert count(metrics, result) == 1


async def test_being_cancelled_is_no_error() -> None:
    with pytest.raises(asyncio.CancelledError):
        await handled(asyncio.CancelledError())


async def test_several_workers_share_the_work_but_never_a_key() -> None:
    worklist, busy, seen = Worklist(asyncio.get_running_loop().time), set[Key](), list[Key]()

    async def handle(key: Key) -> None:
        assert key not in busy
        busy.add(key)
        worklist.wake(key) if len(seen) < 40 else None
        await asyncio.sleep(0)
        seen.append(key)
        busy.discard(key)

    handlers: dict[Kind, Callable[[Key], Awaitable[None]]] = {Kind.CASE: handle}
    metrics = Metrics()
    keys = [Key(Kind.CASE, "ns", str(number)) for number in range(5)]
    for key in keys:
        worklist.wake(key)
    workers = [asyncio.create_task(Worker(worklist, handlers, metrics).run()) for _ in range(4)]
    while len(seen) < 40:
        await asyncio.sleep(0)
    for worker in workers:
        worker.cancel()
    assert set(seen) == set(keys)
    assert count(metrics, "Fault") == 0
