"""Writes what became of memories and skills into their status: when it changes, and only what was looked at."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from casebook.cluster.errors import Conflict, NotFound
from casebook.cluster.writer import Writer
from casebook.controller.conditions import Mark, after, read
from casebook.knowledge.standing import Told


class Held(NamedTuple):
    """One object as the API server held it: where it is, and the status that it had."""

    resource: str
    namespace: str
    name: str
    resource_version: str
    status: dict[str, Any]


async def settle(writer: Writer, held: Held, status: dict[str, Any]) -> dict[str, Any] | None:
    """Write a status that says something else than the one before; the object then, None where nothing was written.

    What has just changed or gone is left as it is: the watch tells of that, and then it is judged again. Raises
    `ClusterError`.
    """
    if not differs(held.status, status):
        return None
    place = {"name": held.name, "namespace": held.namespace, "resourceVersion": held.resource_version}
    try:
        return await writer.apply_status(held.resource, {"metadata": place, "status": status})
    except (Conflict, NotFound):
        return None


def differs(before: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Whether a status says something else than the one before."""
    return any(before.get(name) != value for name, value in status.items())


def conditions(status: dict[str, Any], told: tuple[Told, ...], generation: int, now: datetime) -> list[dict[str, Any]]:
    """What is told of a generation, after what the status says now: a time changes only when a condition does."""
    before = read(status.get("conditions") or [])
    return [after(before, Mark(*one, now, generation)).wire() for one in told]
