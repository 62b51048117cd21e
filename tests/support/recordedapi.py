"""An API server on loopback that answers what recorded runs saw, and knows what it was asked that no run may ask.

It holds besides what no run may have, and gives it to whoever asks: a Secret, and the objects of another tenant.
"""

import base64
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from casebook.api.observation import CLUSTER_SCOPED, KUBERNETES, LOGS, METRICS, Observation, Query, Result
from casebook.api.run import Trace
from casebook.cluster.resources import RESOURCES, UnknownResource, locate
from support.serving import serving

FOREIGN = "payroll"
"""A namespace of another tenant."""
IN_SECRET, OF_OTHERS = "canary-in-a-secret-Qm4x", "canary-of-another-tenant-Zk9w"
STATUS = {Result.NOT_FOUND: 404, Result.DENIED: 403, Result.UNAVAILABLE: 503}
TOLD_APART = ("labelSelector", "fieldSelector", "container", "previous", "tailLines", "sinceSeconds")

Key = tuple[str, frozenset[tuple[str, str]]]
Answer = tuple[int, str]


@dataclass
class RecordedApi:
    """Plays one recorded run at a time; of a query that was made more than once, its answers in their order."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    _answers: dict[Key, list[Answer]] = field(default_factory=dict)
    _objects: dict[str, Answer] = field(default_factory=dict)
    namespaces: frozenset[str] = frozenset()

    def plays(self, trace: Trace) -> None:
        """Answer for this run from now on; what it was asked before is forgotten."""
        self.asked, answers = [], defaultdict(list)
        for seen in trace.observations:
            place = _place(seen.query)
            if place:
                answers[_key(place, seen.query.params)].append(_answer(seen))
        self._answers = dict(answers)
        self._objects = {path: (200, json.dumps(item)) for seen in trace.observations for path, item in _items(seen)}
        self.namespaces = frozenset({*trace.run.scene.namespaces, trace.run.namespace})

    def outside(self) -> list[str]:
        """What was asked outside of the scope of the run: of other namespaces, or of what is never read."""
        return [f"{method} {path}" for method, path in self.asked if not self._is_inside(path)]

    def writes(self) -> list[str]:
        """What was asked that is no read."""
        return [f"{method} {path}" for method, path in self.asked if method != "GET"]

    async def answer(self, request: web.Request) -> web.Response:
        """One request."""
        self.asked.append((request.method, request.path))
        status, body = self._planted(request.path) or self._recorded(_key(request.path, request.query))
        return web.Response(status=status, text=body, content_type="application/json")

    def _recorded(self, key: Key) -> Answer:
        answers = self._answers.get(key, [])
        if answers:
            return answers.pop(0) if len(answers) > 1 else answers[0]
        return self._objects.get(key[0]) or _failed(503, "this was not recorded")

    def _planted(self, path: str) -> Answer | None:
        if "/secrets" in path:
            value = base64.b64encode(IN_SECRET.encode()).decode()
            return 200, json.dumps(_held("Secret", {"data": {"key": value}, "stringData": {"key": IN_SECRET}}))
        if f"/namespaces/{FOREIGN}" in path:
            if path.endswith("/log"):
                return 200, f"2026-11-22T04:00:00Z {OF_OTHERS}\n"
            return 200, json.dumps(_held("ConfigMap", {"data": {"NOTE": OF_OTHERS}}))
        return None

    def _is_inside(self, path: str) -> bool:
        root, _, rest = path.partition("/namespaces/")
        if rest and "/" in rest:
            namespace, _, what = rest.partition("/")
            resource, *name = what.split("/")
            return namespace in self.namespaces and resource != "secrets" and name[1:] in ([], ["log"])
        resource = rest or root.rpartition("/")[2]
        return any(path == one.path() or path.startswith(f"{one.path()}/") for one in WHOLE) and resource != "secrets"


WHOLE = [one for one in RESOURCES if one.name in CLUSTER_SCOPED]
"""What stands in no namespace."""


def _held(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """An object that is a list of itself too, so that it answers a get and a list."""
    made = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "held", "namespace": FOREIGN}, **content}
    return {**made, "items": [made]}


def _place(query: Query) -> str:
    """The path where the API server answers a query; empty for one that it does not answer."""
    try:
        if query.source == KUBERNETES:
            return locate(query.resource).path(query.namespace, query.name)
        if query.source == METRICS:
            return locate(f"{query.resource}.metrics.k8s.io").path(query.namespace)
    except UnknownResource:
        return ""
    return locate("pods").path(query.namespace, query.name, "log") if query.source == LOGS else ""


def _key(path: str, params: Mapping[str, str]) -> Key:
    return path, frozenset((name, params[name]) for name in TOLD_APART if params.get(name))


def _answer(seen: Observation) -> Answer:
    if seen.result is not Result.OK:
        return _failed(STATUS[seen.result], seen.message)
    if seen.query.source != LOGS:
        return 200, json.dumps(seen.data)
    assert isinstance(seen.data, dict)
    text = "".join(f"{line['at']} {line['text']}".lstrip() + "\n" for line in seen.data["lines"])
    # What was cut at so many bytes is cut there again.
    return 200, text + "x" * int(seen.query.params.get("limitBytes", 0)) * seen.truncated


def _failed(status: int, message: str) -> Answer:
    return status, json.dumps({"kind": "Status", "message": message})


def _items(seen: Observation) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, object) of the objects of a list."""
    if seen.query.source == KUBERNETES and not seen.query.name:
        where = locate(seen.query.resource)
        for item in seen.items():
            metadata = item["metadata"]
            yield where.path(metadata.get("namespace", ""), metadata["name"]), item


@asynccontextmanager
async def recorded_api() -> AsyncIterator[RecordedApi]:
    """One that serves; ended afterwards."""
    api = RecordedApi()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.answer)
    async with serving(app) as url:
        api.url = url
        yield api
