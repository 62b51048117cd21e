"""Writes, each safe to repeat: a create takes 409 for an answer, a delete takes 404 for done, the rest is applied."""

from collections.abc import Mapping
from typing import Any

from casebook.cluster.client import APPLY_PATCH, MERGE_PATCH, Client
from casebook.cluster.errors import AlreadyExists, NotFound
from casebook.cluster.resources import Resource, locate

Manifest = Mapping[str, Any]


class Writer:
    """Writes through one client under one field manager; every method raises `ClusterError`."""

    def __init__(self, client: Client, field_manager: str) -> None:
        self._client = client
        self._manager = field_manager

    async def create(self, resource: str, manifest: Manifest) -> tuple[dict[str, Any], bool]:
        """Create it; if an object of its name is there already, that one and False. The caller checks whose it is."""
        where = locate(resource)
        namespace, name = _place(manifest)
        try:
            query = [("fieldManager", self._manager)]
            return await self._client.json("POST", where.path(namespace), query=query, body=manifest), True
        except AlreadyExists:
            return await self._client.json("GET", where.path(namespace, name)), False

    async def apply(self, resource: str, manifest: Manifest) -> dict[str, Any]:
        """Server-side apply. With `metadata.resourceVersion` it is a compare-and-set that raises `Conflict`."""
        return await self._apply(locate(resource), manifest, "")

    async def apply_status(self, resource: str, manifest: Manifest) -> dict[str, Any]:
        """Server-side apply of the status only; a compare-and-set as `apply`. `NotFound` if the object is gone."""
        return await self._apply(locate(resource), manifest, "status")

    async def patch(
        self, resource: str, name: str, namespace: str, patch: Manifest, subresource: str = ""
    ) -> dict[str, Any]:
        """JSON merge patch."""
        path = locate(resource).path(namespace, name, subresource)
        query = [("fieldManager", self._manager)]
        return await self._client.json("PATCH", path, query=query, body=patch, content_type=MERGE_PATCH)

    async def delete(
        self, resource: str, name: str, namespace: str = "", *, uid: str = "", propagation: str = "Background"
    ) -> bool:
        """Delete it, only if it still is the object with this UID where one is given; False if it was gone already."""
        options: dict[str, Any] = {"propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        try:
            await self._client.json("DELETE", locate(resource).path(namespace, name), body=options)
        except NotFound:
            return False
        return True

    async def review(self, resource: str, manifest: Manifest) -> dict[str, Any]:
        """Post a review (TokenReview, SubjectAccessReview, ...) and return it with its status; nothing is stored."""
        where = locate(resource)
        body = {"apiVersion": where.api_version, "kind": where.kind, **manifest}
        namespace, _ = _place(manifest)
        return await self._client.json("POST", where.path(namespace), body=body)

    async def _apply(self, where: Resource, manifest: Manifest, subresource: str) -> dict[str, Any]:
        namespace, name = _place(manifest)
        body = {"apiVersion": where.api_version, "kind": where.kind, **manifest}
        query = [("fieldManager", self._manager), ("force", "true")]
        path = where.path(namespace, name, subresource)
        return await self._client.json("PATCH", path, query=query, body=body, content_type=APPLY_PATCH)


def _place(manifest: Manifest) -> tuple[str, str]:
    metadata = manifest.get("metadata") or {}
    return metadata.get("namespace", ""), metadata.get("name", "")
