"""Cluster-scoped reads on a tenant's behalf: read with the gateway's rights, answered as the projection allows."""

import asyncio
import time
from collections.abc import Collection
from typing import Any

from casebook.api.names import PLATFORM_TENANT
from casebook.api.observation import KUBERNETES, Query, Result
from casebook.api.run import ProjectedAnswer
from casebook.cluster.errors import ClusterError, Denied, NotFound
from casebook.evidence.projection import NODES, PROJECTED, names, project, requested
from casebook.evidence.redaction import redact
from casebook.gateway.ports import ObjectReader

_MAX_OBJECTS = 1000
_MAX_SUMMED = 200
_MAX_PODS = 1000
_SUM_SECONDS = 15.0


class Projector:
    """Answers every query; what the API server or the allow-list refuses is said in the answer."""

    def __init__(self, reader: ObjectReader) -> None:
        self._reader = reader
        self._summing = asyncio.Lock()
        self._sums: dict[str, tuple[float, dict[str, str]]] = {}

    async def answer(self, query: Query, tenant: str, namespaces: Collection[str]) -> ProjectedAnswer:
        """The projection of what the query asks for, for this tenant and its namespaces."""
        if query.source != KUBERNETES or query.resource not in PROJECTED or query.namespace:
            shown = ", ".join(names())
            return ProjectedAnswer(
                query=query,
                result=Result.DENIED,
                message=f"{query.resource} is not shown to a tenant; shown are {shown}",
            )
        if query.params.get("fieldSelector"):
            return ProjectedAnswer(query=query, result=Result.DENIED, message="field selectors are not served here")
        try:
            return await self._read(query, namespaces, whole=tenant == PLATFORM_TENANT)
        except NotFound as error:
            return ProjectedAnswer(query=query, result=Result.NOT_FOUND, message=error.message)
        except Denied as error:
            return ProjectedAnswer(query=query, result=Result.DENIED, message=error.message)
        except ClusterError as error:
            return ProjectedAnswer(query=query, result=Result.UNAVAILABLE, message=error.message)

    async def _read(self, query: Query, namespaces: Collection[str], *, whole: bool) -> ProjectedAnswer:
        objects, more = await self._objects(query)
        seen = namespaces if not whole else {_claimant(item) for item in objects}
        projection = project(query.resource, objects, seen)
        withheld = projection.withheld + ([f"more than {_MAX_OBJECTS} objects"] if more else [])
        if query.resource == NODES:
            withheld += await self._add_requests(projection.items)
        items = [item for item in redact(projection.items) or [] if isinstance(item, dict)]
        if query.name and not items:
            raise NotFound(f"{query.resource} {query.name} is not there, or is not this tenant's")
        data: dict[str, Any] = items[0] if query.name else {"items": items}
        return ProjectedAnswer(query=query, result=Result.OK, data=data, withheld=withheld)

    async def _objects(self, query: Query) -> tuple[list[dict[str, Any]], bool]:
        if query.name:
            return [await self._reader.get(query.resource, query.name)], False
        selector = query.params.get("labelSelector", "")
        page = await self._reader.list(query.resource, labels=selector, limit=_MAX_OBJECTS)
        return page.items, page.truncated

    async def _add_requests(self, nodes: list[dict[str, Any]]) -> list[str]:
        """Put the sum of its pods' requests on each node; what could not be summed is said instead."""
        try:
            async with self._summing:
                for item in nodes[:_MAX_SUMMED]:
                    item["status"]["requested"] = await self._requested(item["metadata"]["name"])
        except Denied:
            return ["summed requests: the gateway may not list pods"]
        return [f"summed requests of more than {_MAX_SUMMED} nodes"] if len(nodes) > _MAX_SUMMED else []

    async def _requested(self, node: str) -> dict[str, str]:
        """Node by node, so that the pods of a large cluster never stand in memory together."""
        until, sums = self._sums.get(node, (0.0, {}))
        if time.monotonic() >= until:
            fields = f"spec.nodeName={node},status.phase!=Succeeded,status.phase!=Failed"
            page = await self._reader.list("pods", fields=fields, limit=_MAX_PODS)
            sums = requested(page.items).get(node, {})
            self._sums[node] = (time.monotonic() + _SUM_SECONDS, sums)
        return sums


def _claimant(item: dict[str, Any]) -> str:
    claim = (item.get("spec") or {}).get("claimRef") or {}
    return str(claim.get("namespace", ""))
