"""A run on a person's own machine: own kubeconfig, own rights, nothing installed; the result stays here."""

import asyncio
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from casebook.analysis.naming import places
from casebook.api.base import MEMORIES, SKILLS, timestamp
from casebook.api.enums import Reach, Reasoning
from casebook.api.investigation import Budget, InvestigationSpec
from casebook.api.meta import ObjectRef
from casebook.api.names import digest
from casebook.api.observation import Observation
from casebook.api.report import Report
from casebook.api.run import Checkpoint, Run, Scene, Trace
from casebook.cluster.errors import ClusterError, Denied, NotFound
from casebook.cluster.reader import Page
from casebook.cluster.resources import Resource
from casebook.knowledge import recall, skills
from casebook.reasoning.planning.survey import MAX_PLACES

LAPTOP = "laptop"
_NAMESPACES = "namespaces"
MOST_PLACES = 3
T = TypeVar("T")


class CannotRun(Exception):
    """What is asked for is not there or cannot be read; one line for a person."""


class Cluster(Protocol):
    """The reads that a run is prepared with."""

    async def get(self, resource: str, name: str, namespace: str = "") -> dict[str, Any]:
        """One object."""
        ...

    async def list(
        self, resource: str, namespace: str = "", *, labels: str = "", fields: str = "", limit: int = 5000
    ) -> Page:
        """Objects."""
        ...


@dataclass(frozen=True)
class Request:
    """What a person asks for; an empty namespace is the context's own, `everywhere` looks at all of them.

    `wherever` looks into all that the person may look into: for an object that stands in none, where none was named.
    Without `lookback_seconds` the question says how far back to look, else it is an hour.
    """

    namespace: str
    resource: Resource | None = None
    name: str = ""
    question: str = ""
    lookback_seconds: int | None = None
    everywhere: bool = False
    wherever: bool = False
    budget: Budget = field(default_factory=Budget)
    reasoning: Reasoning = Reasoning.BUILT_IN

    def within(self, namespace: str) -> "Request":
        """The same, in this namespace where none was named."""
        if self.namespace:
            return self
        unplaced = self.resource is not None and not self.resource.namespaced
        return replace(self, namespace=namespace, wherever=unplaced)


class LaptopHome:
    """Implements `api.ports.Home` in memory."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def fetch(self) -> Run:
        """The run that was prepared."""
        return self._run

    async def checkpoint(self) -> Checkpoint:
        """There was no earlier attempt."""
        return Checkpoint()

    async def record(self, observations: Sequence[Observation]) -> None:
        """The loop holds them already."""

    async def finish(self, report: Report, trace: Trace) -> None:
        """Whoever runs the loop gets both from it."""


async def asked_place(cluster: Cluster, request: Request) -> str:
    """The namespace that the question names, if there is one of that name that may be read; else empty."""
    named = [] if request.everywhere or request.resource else places(request.question)[:MOST_PLACES]
    for name in named:
        try:
            await cluster.get(_NAMESPACES, name)
        except ClusterError:
            continue
        return name
    return ""


async def prepare(cluster: Cluster, request: Request, now: datetime) -> Run:
    """The run for a request, once its target and namespace are known to be there. Raises `CannotRun`."""
    scene, target = await asyncio.gather(_scene(cluster, request), _target(cluster, request))
    subject = f"{target.kind}/{target.name}" if target else request.namespace
    asked = Run(
        uid=f"{LAPTOP}-{digest(f'{timestamp(now)}|{request.namespace}|{subject}|{request.question}', 12)}",
        name=LAPTOP,
        namespace=request.namespace,
        now=now,
        spec=InvestigationSpec(
            question=request.question,
            target=target,
            scope=Reach.TENANT if request.everywhere else Reach.NAMESPACE,
            lookback_seconds=request.lookback_seconds,
            budget=request.budget,
            reasoning=request.reasoning,
        ),
        scene=scene,
    )
    return await _recalling(cluster, asked)


async def _recalling(cluster: Cluster, run: Run) -> Run:
    """The run with the memories and skills of its namespace, as far as they are served to this person."""
    (memories, some), (known, others) = await asyncio.gather(
        _listed(cluster, MEMORIES, run.namespace, recall.read_all),
        _listed(cluster, SKILLS, run.namespace, skills.read_all),
    )
    found, left = recall.recalled(memories, run, known)
    practice, over = skills.recalled_skills(known, run, recall.shelved(memories))
    told = [(left, "memories"), (over, "skills")]
    more = [f"{count} {kind} that may apply were not recalled" for count, kind in told if count]
    return run.replace(recalled=found, skills=practice, unrecalled=[*some, *others, *more][:20])


async def _listed(
    cluster: Cluster,
    resource: str,
    namespace: str,
    understand: Callable[[Iterable[Mapping[str, Any]]], tuple[list[T], list[str]]],
) -> tuple[list[T], list[str]]:
    """What of a kind is confirmed, and what could not be had of it; nothing where none is served to this person."""
    try:
        page = await cluster.list(resource, namespace, fields=recall.CONFIRMED)
    except (NotFound, Denied):
        return [], []
    except ClusterError as error:
        return [], [f"{resource.partition('.')[0]} could not be read: {error.message}"[:1000]]
    return understand(page.items)


async def _scene(cluster: Cluster, request: Request) -> Scene:
    if request.everywhere:
        return Scene(tenant=LAPTOP, platform=True, namespaces=await _all_namespaces(cluster))
    if request.wherever:
        return await _wherever(cluster, request.namespace)
    return Scene(tenant=LAPTOP, namespaces=await _one(cluster, request))


async def _wherever(cluster: Cluster, own: str) -> Scene:
    """All namespaces where pods may be listed in all at once, else those of the first few where it may be done."""
    try:
        names = await _all_namespaces(cluster)
    except CannotRun:
        names = []
    if await _readable(cluster, ""):
        return Scene(tenant=LAPTOP, platform=True, namespaces=names)
    tried = list(dict.fromkeys([own, *names]))[:MAX_PLACES]
    allowed = await asyncio.gather(*(_readable(cluster, name) for name in tried))
    return Scene(tenant=LAPTOP, namespaces=[name for name, may in zip(tried, allowed, strict=True) if may] or [own])


async def _readable(cluster: Cluster, namespace: str) -> bool:
    try:
        await cluster.list("pods", namespace, limit=1)
    except Denied:
        return False
    except ClusterError as error:
        raise CannotRun(error.message) from error
    return True


async def _one(cluster: Cluster, request: Request) -> list[str]:
    try:
        await cluster.get(_NAMESPACES, request.namespace)
    except NotFound:
        raise CannotRun(f'namespace "{request.namespace}" not found') from None
    except Denied:
        # Many people may not read Namespace objects and still everything inside theirs.
        await _may_read(cluster, request.namespace)
    except ClusterError as error:
        raise CannotRun(error.message) from error
    return [request.namespace]


async def _may_read(cluster: Cluster, namespace: str) -> None:
    try:
        await cluster.list("pods", namespace, limit=1)
    except ClusterError as error:
        raise CannotRun(f'cannot look into namespace "{namespace}": {error.message}') from error


async def _all_namespaces(cluster: Cluster) -> list[str]:
    try:
        page = await cluster.list(_NAMESPACES, limit=1000)
    except ClusterError as error:
        raise CannotRun(f"cannot look at all namespaces: {error.message}") from error
    return [item["metadata"]["name"] for item in page.items]


async def _target(cluster: Cluster, request: Request) -> ObjectRef | None:
    resource = request.resource
    if resource is None:
        return None
    namespace = request.namespace if resource.namespaced else ""
    try:
        await cluster.get(resource.name, request.name, namespace)
    except NotFound:
        raise CannotRun(await _missing(cluster, resource, request.name, namespace)) from None
    except ClusterError as error:
        raise CannotRun(error.message) from error
    return ObjectRef(api_version=resource.api_version, kind=resource.kind, namespace=namespace, name=request.name)


async def _missing(cluster: Cluster, resource: Resource, name: str, namespace: str) -> str:
    """That it is not there, and what of the kind is there under a similar name."""
    place = f' in namespace "{namespace}"' if namespace else ""
    try:
        page = await cluster.list(resource.name, namespace, limit=500)
    except ClusterError:
        return f'{resource.kind} "{name}" not found{place}'
    names = [item["metadata"]["name"] for item in page.items]
    similar = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {resource.kind}/{similar[0]}?" if similar else ""
    return f'{resource.kind} "{name}" not found{place}{hint}'
