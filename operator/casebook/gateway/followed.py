"""The confirmed resources of a kind in one namespace: only what has changed is made sense of anew.

Where a page holds them all, they are listed whenever somebody asks, so that nothing can be older than the question.
Where there are more, to list them takes seconds: they are listed once, and a watch tells what happens to them.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import structlog

from casebook.cluster.errors import ClusterError
from casebook.gateway.ports import ObjectReader
from casebook.knowledge.recall import CONFIRMED

MAX_HELD = 10_000
"""Resources of one kind and namespace that are read."""
WATCH_SECONDS = 30
"""After so long a watch is asked for anew: a right that was taken away ends it, and so does a connection that died."""
PAUSE = 0.1
"""Seconds between two watches, should something on the way end each at once."""
T = TypeVar("T")
Understand = Callable[[Iterable[Mapping[str, Any]]], tuple[list[T], list[str]]]
Arrange = Callable[[Iterable[T]], list[T]]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Stock(Generic[T]):
    """What a namespace has of a kind, and in a line each what of it could not be had."""

    found: Sequence[T] = ()
    missing: Sequence[str] = ()


class Known(NamedTuple, Generic[T]):
    """A resource of one version: what is understood of it, None where it has no force; or why it makes no sense."""

    version: str
    found: T | None
    odd: str = ""


class Followed(Generic[T]):
    """Holds what is there: `understand` makes of the objects what is held, `arrange` puts that in order."""

    def __init__(
        self, reader: ObjectReader, resource: str, place: str, understand: Understand[T], arrange: Arrange[T]
    ) -> None:
        self._reader = reader
        self._resource = resource
        self._place = place
        self._understand = understand
        self._arrange = arrange
        self._known: dict[str, Known[T]] = {}
        self._truncated = False
        self._outdated = True
        self._stock: Stock[T] = Stock()
        self._watch: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._known)

    @property
    def following(self) -> bool:
        """Whether a watch tells what happens, so that nothing need be listed."""
        return self._watch is not None and not self._watch.done()

    async def stock(self) -> Stock[T]:
        """What is there now, the same object until that changes. Raises `ClusterError`."""
        async with self._lock:
            if not self.following:
                await self._list()
            return await self._put_together() if self._outdated else self._stock

    async def _put_together(self) -> Stock[T]:
        # By name, so that every replica gives out the same, whatever it heard of first.
        known, self._outdated = [self._known[name] for name in sorted(self._known)], False
        found = await asyncio.to_thread(self._arrange, [one.found for one in known if one.found is not None])
        self._stock = Stock(found, self._missing(known))
        return self._stock

    def _missing(self, known: Iterable[Known[T]]) -> list[str]:
        lines = [one.odd for one in known if one.odd]
        if self._truncated:
            kind = self._resource.partition(".")[0]
            lines.append(f"namespace {self._place} has more than {MAX_HELD} {kind}; the others were not recalled")
        return lines

    async def stop(self) -> None:
        """Follow no more; what is known stays, and is good for the next list."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])

    async def _list(self) -> None:
        known: dict[str, Known[T]] = {}
        pages = 0
        async with aclosing(self._reader.pages(self._resource, self._place, fields=CONFIRMED)) as read:
            async for page in read:
                pages += 1
                known |= await asyncio.to_thread(self._taken, page.items)
                if len(known) >= MAX_HELD:
                    break
        truncated = page.truncated or len(known) > MAX_HELD
        self._hold(dict(list(known.items())[:MAX_HELD]), truncated)
        if pages > 1:
            self._watch = asyncio.create_task(self._follow(page.resource_version))

    async def _follow(self, version: str) -> None:
        """Until the API server knows this version no more, or cannot be asked: then whoever asks lists anew."""
        try:
            while True:
                version = await self._heard(version)
                await asyncio.sleep(PAUSE)
        except ClusterError as error:
            _log.info("followed no more", resource=self._resource, namespace=self._place, reason=error.message)

    async def _heard(self, version: str) -> str:
        """Take in what one watch tells; the version at its end."""
        changes = self._reader.watch(self._resource, self._place, version, fields=CONFIRMED, seconds=WATCH_SECONDS)
        async with aclosing(changes) as told:
            async for change in told:
                version = change.resource_version or version
                if change.found is not None and change.gone:
                    self._drop(change.found["metadata"]["name"])
                elif change.found is not None:
                    self._add(self._taken([change.found]))
        return version

    def _hold(self, known: dict[str, Known[T]], truncated: bool) -> None:
        self._outdated |= (known, truncated) != (self._known, self._truncated)
        self._known, self._truncated = known, truncated

    def _drop(self, name: str) -> None:
        self._outdated |= self._known.pop(name, None) is not None

    def _add(self, taken: Mapping[str, Known[T]]) -> None:
        self._outdated = True
        for name, one in taken.items():
            if name in self._known or len(self._known) < MAX_HELD:
                self._known[name] = one
            else:
                self._truncated = True

    def _taken(self, raws: Iterable[Mapping[str, Any]]) -> dict[str, Known[T]]:
        """What these are, by name; what is known of the same version is not made sense of again."""
        taken: dict[str, Known[T]] = {}
        for raw in raws:
            name, version = raw["metadata"]["name"], str(raw["metadata"].get("resourceVersion", ""))
            known = self._known.get(name)
            taken[name] = known if known is not None and known.version == version else self._known_as(raw, version)
        return taken

    def _known_as(self, raw: Mapping[str, Any], version: str) -> Known[T]:
        found, odd = self._understand([raw])
        line = f"namespace {self._place}: {odd[0]}"[:1000] if odd else ""
        return Known(version, next(iter(found), None), line)
