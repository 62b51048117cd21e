"""An API server in memory: names, resource versions, compare-and-set, field ownership, selectors, faults.

Every call gives way to others once, before its effect.
"""

import asyncio
import copy
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from casebook.api.base import timestamp
from casebook.cluster.errors import ClusterError, Conflict, Gone, NotFound
from casebook.cluster.reader import Change, Page
from casebook.cluster.resources import locate

Key = tuple[str, str, str]
Object = dict[str, Any]
Fault = Callable[[str, str], ClusterError | None]


@dataclass
class Happened:
    """One object before and after, where it was and where it is; and the version of the cluster since."""

    version: int
    key: Key
    before: Object | None
    after: Object | None


@dataclass
class MemoryCluster:
    """The state that readers and writers share. `before` and `after` may fail a call, with or without its effect."""

    clock: Callable[[], datetime]
    objects: dict[Key, dict[str, Any]] = field(default_factory=dict)
    owned: dict[tuple[Key, str], set[tuple[str, ...]]] = field(default_factory=dict)
    reviews: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    before: Fault = lambda verb, resource: None
    after: Fault = lambda verb, resource: None
    version: int = 0
    compacted: int = 0
    happened: list[Happened] = field(default_factory=list)
    watchers: set[asyncio.Event] = field(default_factory=set)

    def put(self, resource: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Store an object as the API server would, with no questions asked."""
        found = copy.deepcopy(dict(manifest))
        metadata = found.setdefault("metadata", {})
        self.version += 1
        metadata |= {"resourceVersion": str(self.version), "uid": metadata.get("uid") or str(uuid4())}
        metadata.setdefault("creationTimestamp", timestamp(self.clock()))
        metadata.setdefault("generation", 1)
        key = self.key(resource, metadata.get("namespace", ""), metadata["name"])
        before, self.objects[key] = self.objects.get(key), found
        self.tell(key, before, found)
        return found

    def drop(self, resource: str, namespace: str, name: str) -> Object | None:
        """Take an object away, if it is there."""
        key = self.key(resource, namespace, name)
        found = self.objects.pop(key, None)
        if found is not None:
            self.version += 1
            self.tell(key, found, None)
        return found

    def tell(self, key: Key, before: Object | None, after: Object | None) -> None:
        """Let watches know."""
        self.happened.append(Happened(self.version, key, copy.deepcopy(before), copy.deepcopy(after)))
        for one in self.watchers:
            one.set()

    def key(self, resource: str, namespace: str, name: str) -> Key:
        return resource, namespace if locate(resource).namespaced else "", name

    def find(self, resource: str, namespace: str, name: str) -> dict[str, Any]:
        try:
            return self.objects[self.key(resource, namespace, name)]
        except KeyError:
            raise NotFound(f'{resource} "{name}" not found') from None

    def all(self, resource: str) -> list[dict[str, Any]]:
        return [item for (kind, _, _), item in self.objects.items() if kind == resource]

    def namespace(self, name: str, **labels: str) -> None:
        named = {key.replace("__", "/").replace("_", "."): value for key, value in labels.items()}
        self.put("namespaces", {"metadata": {"name": name, "labels": named}})

    def enter(self, verb: str, resource: str) -> None:
        self.calls.append((verb, resource))
        error = self.before(verb, resource)
        if error:
            raise error

    def leave(self, verb: str, resource: str) -> None:
        error = self.after(verb, resource)
        if error:
            raise error


class MemoryReader:
    """Reads; the shape of `cluster.Reader`."""

    def __init__(self, cluster: MemoryCluster) -> None:
        self._cluster = cluster

    async def get(self, resource: str, name: str, namespace: str = "") -> dict[str, Any]:
        await asyncio.sleep(0)
        self._cluster.enter("get", resource)
        return copy.deepcopy(self._cluster.find(resource, namespace, name))

    async def list(
        self,
        resource: str,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 5000,
        metadata_only: bool = False,
        keep: Callable[[dict[str, Any]], dict[str, Any]] = lambda item: item,
    ) -> Page:
        await asyncio.sleep(0)
        self._cluster.enter("list", resource)
        found = [
            copy.deepcopy(item)
            for item in self._cluster.all(resource)
            if (not namespace or item["metadata"].get("namespace") == namespace)
            and _matches(item["metadata"].get("labels") or {}, labels)
            and _has(item, fields)
        ]
        if metadata_only:
            found = [{"metadata": item["metadata"]} for item in found]
        return Page([keep(item) for item in found[:limit]], len(found) > limit, str(self._cluster.version))

    async def pages(
        self, resource: str, namespace: str = "", *, fields: str = "", page: int = 500
    ) -> AsyncGenerator[Page, None]:
        whole = await self.list(resource, namespace, fields=fields, limit=len(self._cluster.objects))
        found = whole.items
        for begin in range(0, max(1, len(found)), page):
            yield Page(found[begin : begin + page], begin + page < len(found), whole.resource_version)

    async def watch(
        self, resource: str, namespace: str, version: str, *, fields: str = "", seconds: int
    ) -> AsyncGenerator[Change, None]:
        await asyncio.sleep(0)
        self._cluster.enter("watch", resource)
        woken, known = asyncio.Event(), int(version)
        self._cluster.watchers.add(woken)
        try:
            while True:
                if known < self._cluster.compacted:
                    raise Gone(f"too old resource version: {known}")
                for one in [one for one in self._cluster.happened if one.version > known]:
                    known = one.version
                    if one.key[:2] == (resource, namespace):
                        for change in _changes(one, fields):
                            yield change
                woken.clear()
                await asyncio.wait_for(woken.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self._cluster.watchers.discard(woken)


class MemoryWriter:
    """Writes under one field manager; the shape of `cluster.Writer`."""

    def __init__(self, cluster: MemoryCluster, manager: str) -> None:
        self._cluster = cluster
        self._manager = manager

    async def create(self, resource: str, manifest: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        cluster, metadata = self._cluster, manifest["metadata"]
        await asyncio.sleep(0)
        cluster.enter("create", resource)
        if locate(resource).namespaced:
            cluster.find("namespaces", "", metadata["namespace"])
        key = cluster.key(resource, metadata.get("namespace", ""), metadata["name"])
        created = key not in cluster.objects
        if created:
            cluster.put(resource, {name: value for name, value in manifest.items() if name != "status"})
        cluster.leave("create", resource)
        return copy.deepcopy(cluster.objects[key]), created

    async def apply_status(self, resource: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        cluster, metadata = self._cluster, manifest["metadata"]
        await asyncio.sleep(0)
        cluster.enter("apply", resource)
        found = cluster.find(resource, metadata["namespace"], metadata["name"])
        if (
            metadata.get("resourceVersion", found["metadata"]["resourceVersion"])
            != found["metadata"]["resourceVersion"]
        ):
            raise Conflict("the object has been modified")
        key = cluster.key(resource, metadata["namespace"], metadata["name"])
        wanted = _fields(manifest["status"])
        status = found.setdefault("status", {})
        for path in cluster.owned.get((key, self._manager), set()) - wanted.keys():
            _drop(status, path)
        for path, value in wanted.items():
            _set(status, path, copy.deepcopy(value))
        cluster.owned[key, self._manager] = set(wanted)
        cluster.version += 1
        found["metadata"]["resourceVersion"] = str(cluster.version)
        cluster.tell(key, found, found)
        answer = copy.deepcopy(found)
        cluster.leave("apply", resource)
        return answer

    async def delete(
        self, resource: str, name: str, namespace: str = "", *, uid: str = "", propagation: str = "Background"
    ) -> bool:
        cluster, key = self._cluster, self._cluster.key(resource, namespace, name)
        await asyncio.sleep(0)
        cluster.enter("delete", resource)
        found = cluster.objects.get(key)
        if found is not None and uid not in ("", found["metadata"]["uid"]):
            raise Conflict("the UID in the precondition does not match")
        return cluster.drop(resource, namespace, name) is not None

    async def review(self, resource: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        self._cluster.enter("review", resource)
        status = self._cluster.reviews.get(manifest["spec"]["token"], {"authenticated": False})
        return {**manifest, "status": status}


def _fields(status: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    fields = {(name,): value for name, value in status.items() if name != "conditions"}
    return fields | {("conditions", item["type"]): item for item in status.get("conditions", [])}


def _drop(status: dict[str, Any], path: tuple[str, ...]) -> None:
    if len(path) == 1:
        status.pop(path[0], None)
    else:
        status["conditions"] = [item for item in status.get("conditions", []) if item["type"] != path[1]]


def _set(status: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    _drop(status, path)
    if len(path) == 1:
        status[path[0]] = value
    else:
        status["conditions"] = [*status.get("conditions", []), value]


def _matches(labels: Mapping[str, str], selector: str) -> bool:
    wanted = [part.split("=", 1) for part in selector.split(",") if part]
    return all(labels.get(key) == value for key, value in wanted)


def _changes(one: Happened, fields: str) -> Iterator[Change]:
    """As the API server tells it to a watch of these fields: what no longer has them is gone."""
    was = one.before is not None and _has(one.before, fields)
    if one.after is not None and _has(one.after, fields):
        yield Change(copy.deepcopy(one.after), False, str(one.version))
    elif was:
        yield Change(copy.deepcopy(one.after or one.before), True, str(one.version))


def _has(item: Mapping[str, Any], selector: str) -> bool:
    for part in filter(None, selector.split(",")):
        path, negated, value = part.partition("!=")
        if not negated:
            path, _, value = part.partition("=")
        found: Any = item
        for step in path.split("."):
            found = found.get(step, "") if isinstance(found, Mapping) else ""
        if (found == value) == bool(negated):
            return False
    return True
