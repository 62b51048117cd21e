"""The confirmed resources of a kind, by namespace: read anew are only those that have changed since."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog

from casebook.cluster.errors import Denied, Invalid, NotFound
from casebook.gateway.ports import ObjectReader
from casebook.knowledge.recall import CONFIRMED

MAX_LISTED = 10_000
"""Resources of one kind and namespace that are read."""
MAX_REMEMBERED = 64
"""Namespaces of which what was understood last is held."""
T = TypeVar("T")
Understand = Callable[[Iterable[Mapping[str, Any]]], tuple[list[T], list[str]]]
Version = tuple[str, str]
"""The name and the resource version of a resource."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Stock(Generic[T]):
    """What a namespace has of a kind, and in a line each what of it could not be had."""

    found: Sequence[T] = ()
    missing: Sequence[str] = ()


class Shelves(Generic[T]):
    """Lists a kind such as `memories.casebook.dev`; `understand` makes of the objects what is held, or says why not."""

    def __init__(self, reader: ObjectReader, resource: str, understand: Understand[T]) -> None:
        self._reader = reader
        self._resource = resource
        self._kind = resource.partition(".")[0]
        self._understand = understand
        self._last: OrderedDict[str, Mapping[Version, T | None]] = OrderedDict()

    async def of(self, place: str) -> Stock[T]:
        """Those of one namespace as they are now. Raises `Unavailable`; what may not be read is said to be missing."""
        try:
            page = await self._reader.list(self._resource, place, fields=CONFIRMED, limit=MAX_LISTED)
        except (Denied, NotFound, Invalid) as error:
            _log.warning("cannot be read", kind=self._kind, namespace=place, error=error.message)
            return Stock(missing=(f"{self._kind} of namespace {place} could not be read: {error.message}"[:1000],))
        known, odd = await asyncio.to_thread(self._understood, page.items, self._last.get(place, {}))
        self._remember(place, known)
        missing = [f"namespace {place}: {line}"[:1000] for line in odd]
        if page.truncated:
            missing.append(f"namespace {place} has more than {MAX_LISTED} {self._kind}; the others were not recalled")
        return Stock([one for one in known.values() if one is not None], missing)

    def _understood(
        self, raws: Iterable[Mapping[str, Any]], before: Mapping[Version, T | None]
    ) -> tuple[dict[Version, T | None], list[str]]:
        """What is there by its version, None where it has no force; what makes no sense is told each time."""
        known: dict[Version, T | None] = {}
        odd: list[str] = []
        for raw in raws:
            version = raw["metadata"]["name"], str(raw["metadata"].get("resourceVersion", ""))
            if version in before:
                known[version] = before[version]
                continue
            found, why = self._understand([raw])
            odd += why
            if not why:
                known[version] = next(iter(found), None)
        return known, odd

    def _remember(self, place: str, known: Mapping[Version, T | None]) -> None:
        self._last[place] = known
        self._last.move_to_end(place)
        while len(self._last) > MAX_REMEMBERED:
            self._last.popitem(last=False)
