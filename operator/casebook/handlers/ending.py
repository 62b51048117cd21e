"""Bounds how long kopf may take to end.

kopf cancels each of its tasks once and waits for it. A request whose session was closed meanwhile takes that for a
reason to ask for new credentials, and waits for a task that has ended by then: the operator neither watches nor ends.
"""

import asyncio
from collections.abc import Collection
from typing import Any

import structlog

PATIENCE = 8.0
"""Seconds; kopf gives what its handlers began 5 s, and ends at once but for that."""
_AGAIN = 1.0

log = structlog.get_logger(__name__)


async def ended(roots: Collection[asyncio.Task[Any]], operator: asyncio.Task[None], patience: float = PATIENCE) -> None:
    """Wait for an operator; once one of its root tasks has ended, for so many seconds, then cancel all that is left.

    Raises what the operator ended with, or what its root task ended with where it had to be made to.
    """
    await asyncio.wait(roots, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({operator}, timeout=patience)
    if operator.done():
        return operator.result()
    log.warning("the operator does not end, what is left of it is cancelled", tasks=[one.get_name() for one in _left()])
    while left := _left():
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=_AGAIN)
    for task in (operator, *roots):
        if not task.cancelled():
            task.result()
    raise TimeoutError(f"it had not ended {patience:g} s after a part of it")


def _left() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}
