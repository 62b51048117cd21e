"""Reads: get, paged list, watch, logs. Nothing here can change the cluster."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from casebook.cluster.client import JSON, METADATA, Client
from casebook.cluster.errors import Gone, from_response
from casebook.cluster.resources import Resource, locate

PAGE = 250
GRACE = 5.0
"""Seconds that the API server may take to end a watch whose time is over."""

Object = dict[str, Any]


def _whole(item: Object) -> Object:
    return item


@dataclass(frozen=True)
class Page:
    """The items of a list, whether there are more, and the list's resource version."""

    items: list[dict[str, Any]]
    truncated: bool
    resource_version: str


@dataclass(frozen=True)
class Change:
    """What a watch tells: the object as it is, or as it last was where it is gone; None where only time has passed."""

    found: Object | None
    gone: bool
    resource_version: str


class Reader:
    """Reads through one client; every method raises `ClusterError`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def get(self, resource: str, name: str, namespace: str = "") -> dict[str, Any]:
        """One object."""
        return await self._client.json("GET", locate(resource).path(namespace, name))

    async def list(
        self,
        resource: str,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 5000,
        metadata_only: bool = False,
        keep: Callable[[Object], Object] = _whole,
    ) -> Page:
        """At most `limit` objects, page by page; items carry the `kind` and `apiVersion` that lists leave out.

        `keep` makes of each item what is kept of it, so that no more than a page is ever held whole.
        """
        where = locate(resource)
        accept = METADATA if metadata_only else JSON
        query = [("labelSelector", labels), ("fieldSelector", fields), ("limit", str(min(limit, PAGE)))]
        query = [(key, value) for key, value in query if value]
        items: list[dict[str, Any]] = []
        token = ""
        while True:
            more = [("continue", token)] if token else []
            try:
                # No name holds the answer: else a whole page of every list would be held until its next one is there.
                kept, metadata = _taken(
                    await self._client.json("GET", where.path(namespace), query=[*query, *more], accept=accept),
                    where,
                    keep,
                )
            except Gone:
                # The snapshot behind the continue token was compacted away: begin again, as client-go does.
                if not token:
                    raise
                items, token = [], ""
                continue
            items += kept
            token = metadata.get("continue", "")
            if not token or len(items) >= limit:
                break
        return Page(items[:limit], bool(token) or len(items) > limit, str(metadata.get("resourceVersion", "")))

    async def pages(
        self, resource: str, namespace: str = "", *, fields: str = "", page: int = PAGE
    ) -> AsyncGenerator[Page, None]:
        """All objects, a page at a time, for lists too large to hold. Raises `Gone` if they change for too long."""
        where = locate(resource)
        query = [("fieldSelector", fields)] if fields else []
        token = ""
        while True:
            more = [("limit", str(page)), *([("continue", token)] if token else [])]
            answer = await self._client.json("GET", where.path(namespace), query=[*query, *more])
            metadata = answer.get("metadata") or {}
            token = metadata.get("continue", "")
            yield Page(answer.get("items") or [], bool(token), str(metadata.get("resourceVersion", "")))
            if not token:
                return

    async def watch(
        self, resource: str, namespace: str, version: str, *, fields: str = "", seconds: int
    ) -> AsyncGenerator[Change, None]:
        """What happens to the objects of a namespace after a list of this version, for so many seconds.

        Raises `Gone` where the API server knows that version no more: then list anew.
        """
        query = [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", version),
            ("timeoutSeconds", str(seconds)),
            *([("fieldSelector", fields)] if fields else []),
        ]
        path = locate(resource).path(namespace)
        async with aclosing(self._client.lines(path, query=query, timeout=seconds + GRACE)) as events:
            async for event in events:
                yield _change(event)

    async def logs(
        self,
        namespace: str,
        pod: str,
        *,
        container: str = "",
        previous: bool = False,
        tail: int | None = None,
        since_seconds: int | None = None,
        limit: int = 1 << 20,
    ) -> tuple[str, bool]:
        """Log lines with their timestamps, at most `limit` bytes, and whether there was more."""
        options = {
            "container": container,
            "previous": "true" if previous else "",
            "tailLines": str(tail or ""),
            "sinceSeconds": str(since_seconds or ""),
            "timestamps": "true",
        }
        query = [(key, value) for key, value in options.items() if value]
        return await self._client.text(locate("pods").path(namespace, pod, "log"), query=query, limit=limit)


def _taken(answer: Object, where: Resource, keep: Callable[[Object], Object]) -> tuple[list[Object], Object]:
    """What is kept of the items of a page, and its metadata."""
    items = []
    for item in answer.get("items") or []:
        item.setdefault("kind", where.kind)
        item.setdefault("apiVersion", where.api_version)
        items.append(keep(item))
    return items, answer.get("metadata") or {}


def _change(event: Object) -> Change:
    kind, found = event.get("type"), event.get("object") or {}
    if kind == "ERROR":
        # Once a watch has begun, its errors come as a `metav1.Status` in an answer with status 200.
        raise from_response(int(found.get("code") or 500), json.dumps(found).encode(), None)
    version = str((found.get("metadata") or {}).get("resourceVersion", ""))
    return Change(None if kind == "BOOKMARK" else found, kind == "DELETED", version)
