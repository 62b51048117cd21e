"""The confirmed resources of a kind, by namespace: many are read once and then followed, a few are read each time."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import structlog

from casebook.cluster.errors import Denied, Invalid, NotFound
from casebook.gateway.followed import Arrange, Followed, Stock, Understand
from casebook.gateway.ports import ObjectReader

MAX_REMEMBERED = 64
"""Namespaces of which what was understood last is held."""
MAX_IN_ALL = 20_000
"""Resources of one kind that are held of all namespaces: a memory takes 5 KiB."""
MAX_FOLLOWED = 8
"""Namespaces that are followed at once: each takes a connection to the API server for itself."""
T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Shelves(Generic[T]):
    """Holds a kind such as `memories.casebook.dev`.

    `understand` makes of the objects what is held, or says why not; `arrange` puts those of a namespace in order.
    """

    def __init__(
        self, reader: ObjectReader, resource: str, understand: Understand[T], arrange: Arrange[T] = list
    ) -> None:
        self._reader = reader
        self._resource = resource
        self._kind = resource.partition(".")[0]
        self._understand = understand
        self._arrange = arrange
        self._held: OrderedDict[str, Followed[T]] = OrderedDict()

    async def of(self, place: str) -> Stock[T]:
        """Those of one namespace as they are now; what may not be read is said to be missing.

        Raises `Unavailable`, and `Gone` where they change for too long to be read.
        """
        held = self._asked(place)
        try:
            stock = await held.stock()
        except (Denied, NotFound, Invalid) as error:
            _log.warning("cannot be read", kind=self._kind, namespace=place, error=error.message)
            return Stock(missing=(f"{self._kind} of namespace {place} could not be read: {error.message}"[:1000],))
        await self._let_go()
        if self._held.get(place) is not held:
            # It was let go for others while it was read.
            await held.stop()
        return stock

    async def close(self) -> None:
        """Follow nothing any more."""
        await _stop(self._held.values())

    def _asked(self, place: str) -> Followed[T]:
        held = self._held.get(place)
        if held is None:
            held = self._held[place] = Followed(self._reader, self._resource, place, self._understand, self._arrange)
        self._held.move_to_end(place)
        return held

    async def _let_go(self) -> None:
        """Of the namespaces that were asked for longest ago, as many as are too many."""
        while len(self._held) > 1 and self._too_much():
            _, oldest = self._held.popitem(last=False)
            await oldest.stop()
        followed = [one for one in self._held.values() if one.following]
        await _stop(followed[: max(0, len(followed) - MAX_FOLLOWED)])

    def _too_much(self) -> bool:
        return len(self._held) > MAX_REMEMBERED or sum(map(len, self._held.values())) > MAX_IN_ALL


async def _stop(held: Iterable[Followed[Any]]) -> None:
    await asyncio.gather(*(one.stop() for one in held))
