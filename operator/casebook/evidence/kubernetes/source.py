"""Gets and lists of Kubernetes objects."""

from collections.abc import Callable
from typing import Any, Protocol

from casebook.api.observation import Query
from casebook.cluster.reader import Object, Page
from casebook.evidence.kubernetes.order import telling_first
from casebook.evidence.kubernetes.sharing import Shared
from casebook.evidence.kubernetes.strip import strip
from casebook.evidence.redaction import redact
from casebook.evidence.source import Reading, Refused, bounded

MAX_ITEMS = 1000
"""The most objects that one list keeps; a report over more than this is no longer one that a person reads."""


class ObjectReader(Protocol):
    """The part of `cluster.Reader` that reads objects."""

    async def get(self, resource: str, name: str, namespace: str = "") -> dict[str, Any]:
        """One object."""
        ...

    async def list(
        self,
        resource: str,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 5000,
        keep: Callable[[Object], Object] = ...,
    ) -> Page:
        """Objects."""
        ...


class KubernetesSource:
    """Reads through the API server with the rights of whoever runs it."""

    def __init__(self, reader: ObjectReader) -> None:
        self._reader = reader

    async def read(self, query: Query) -> Reading:
        """The object, or `{"items": [...]}`. Raises `ClusterError`; `Refused` for Secrets."""
        if query.resource.partition(".")[0] == "secrets":
            raise Refused("Casebook never reads Secrets")
        if query.name:
            found = await self._reader.get(query.resource, query.name, query.namespace)
            return Reading(_kept(found))
        shared = Shared()
        page = await self._reader.list(
            query.resource,
            query.namespace,
            labels=query.params.get("labelSelector", ""),
            fields=query.params.get("fieldSelector", ""),
            limit=MAX_ITEMS,
            keep=lambda found: shared(_kept(found)),
        )
        items, cut = bounded(telling_first(page.items))
        return Reading({"items": items}, truncated=page.truncated or cut)


def _kept(found: Object) -> Object:
    kept: Object = redact(strip(found))
    return kept
