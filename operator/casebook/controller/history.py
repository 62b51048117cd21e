"""The history of memories: every version that was seen is kept in the store, and outlives the memory."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from casebook.api.run import Recalled
from casebook.controller.storing import storing
from casebook.knowledge.concepts import key


class Versions(Protocol):
    """Keeps versions of memories. Raises `StoreUnavailable`."""

    async def keep(self, tenant: str, memories: Sequence[Recalled]) -> None:
        """Keep what these say now; what is kept already stays as it is."""
        ...


class _Seen(NamedTuple):
    name: str
    version: int
    written_at: datetime


class History:
    """What is still to be kept. Versions wait here while the store is away."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._seen: dict[str, _Seen] = {}
        self._waiting: dict[_Seen, Recalled] = {}

    def saw(self, memory: Recalled) -> None:
        """A memory as it is now; another look at the same version is nothing new."""
        seen = _Seen(key(memory), memory.version, memory.written_at)
        if self._seen.get(seen.name) != seen:
            self._seen[seen.name] = seen
            self._waiting[seen] = memory

    def gone(self, memory: Recalled) -> None:
        """A memory was deleted; its versions stay."""
        self._seen.pop(key(memory), None)

    async def keep(self, tenant: str, namespaces: frozenset[str]) -> None:
        """Keep what was seen in the namespaces of a tenant. Raises `Unavailable`, then it is kept the next time."""
        due = {seen: memory for seen, memory in self._waiting.items() if memory.namespace in namespaces}
        if due:
            with storing():
                await self._versions.keep(tenant, [*due.values()])
        for seen in due:
            self._waiting.pop(seen, None)
