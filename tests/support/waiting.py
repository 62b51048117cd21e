"""Waiting for what a real cluster does in its own time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from casebook.cluster.errors import NotFound
from casebook.cluster.reader import Reader

PATIENCE = 240.0


async def until(what: str, look: Callable[[], Awaitable[Any]], seconds: float = PATIENCE) -> Any:
    """The first truthy answer of `look`; fails with `what` and the last answer when the time is over."""
    last: Any = None
    try:
        async with asyncio.timeout(seconds):
            while not (last := await look()):
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {seconds:.0f} s; last seen: {last!r}") from None
    return last


async def finished(reader: Reader, namespace: str, name: str, seconds: float = PATIENCE) -> dict[str, Any]:
    """The Investigation, once its condition Finished is True."""

    async def look() -> dict[str, Any] | None:
        try:
            found = await reader.get("investigations.casebook.dev", name, namespace)
        except NotFound:
            return None
        return found if condition(found, "Finished").get("status") == "True" else None

    found: dict[str, Any] = await until(f"Investigation {namespace}/{name} finished", look, seconds)
    return found


def condition(thing: dict[str, Any], type_: str) -> dict[str, Any]:
    """The condition of this type, or an empty one."""
    conditions = (thing.get("status") or {}).get("conditions") or []
    return next((item for item in conditions if item["type"] == type_), {})
