"""What depends on what: an edge from A to B means that A is harmed when B is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from casebook.analysis.access import listed, mapping, strings, text
from casebook.analysis.budgets import held_up
from casebook.analysis.calls import EXTERNAL, Call, calls, peers
from casebook.analysis.ongoing import still
from casebook.analysis.selectors import matches
from casebook.analysis.settings import references
from casebook.analysis.things import Ref, Thing
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World

RESTS = frozenset({"runs on", "of class", "bound to", "mounts", "holds up"})
"""Kinds of edges by which one object stands on another."""


class Edge(NamedTuple):
    """`source` depends on `target` in this way."""

    source: Ref
    target: Ref
    kind: str


@dataclass(frozen=True)
class Graph:
    """Edges in both directions, and the calls that were inferred."""

    edges: tuple[Edge, ...]
    calls: dict[Ref, list[Call]] = field(repr=False)
    _down: dict[Ref, list[Edge]] = field(repr=False)
    _up: dict[Ref, list[Edge]] = field(repr=False)

    def needs(self, ref: Ref) -> list[Edge]:
        """What it depends on directly."""
        return self._up.get(ref, [])

    def needed_by(self, ref: Ref) -> list[Edge]:
        """What depends on it directly."""
        return self._down.get(ref, [])

    def upstream(self, roots: Iterable[Ref]) -> dict[Ref, int]:
        """Everything that these depend on, themselves included, with the distance in edges."""
        return _closure(roots, {ref: [edge.target for edge in edges] for ref, edges in self._up.items()})

    def downstream(self, roots: Iterable[Ref]) -> dict[Ref, int]:
        """Everything that is harmed with these, themselves included, with the distance in edges."""
        key = frozenset(roots)
        if key not in self._reached:
            self._reached[key] = _closure(key, self._sources)
        return self._reached[key]

    @cached_property
    def _reached(self) -> dict[frozenset[Ref], dict[Ref, int]]:
        return {}

    @cached_property
    def _sources(self) -> dict[Ref, list[Ref]]:
        return {ref: [edge.source for edge in edges] for ref, edges in self._down.items()}

    def resting(self, ref: Ref) -> frozenset[Ref]:
        """It and what stands on it: workloads on a Node, claims of a StorageClass and the workloads that mount them."""
        resting = {one: [edge.source for edge in edges if edge.kind in RESTS] for one, edges in self._down.items()}
        return frozenset(_closure([ref], resting))

    def way(self, start: Ref, goals: Iterable[Ref]) -> list[Edge]:
        """The shortest way along which harm travels from `start` to one of the goals, or empty."""
        wanted = set(goals)
        queue: list[Ref] = [start]
        came: dict[Ref, Edge] = {}
        seen = {start}
        for ref in queue:
            if ref in wanted and ref != start:
                return _trail(came, start, ref)
            for edge in self.needed_by(ref):
                if edge.source not in seen:
                    seen.add(edge.source)
                    came[edge.source] = edge
                    queue.append(edge.source)
        return []


def _trail(came: dict[Ref, Edge], start: Ref, end: Ref) -> list[Edge]:
    found: list[Edge] = []
    while end != start:
        found.append(came[end])
        end = came[end].target
    return found[::-1]


def _closure(roots: Iterable[Ref], towards: dict[Ref, list[Ref]]) -> dict[Ref, int]:
    found = dict.fromkeys(sorted(set(roots)), 0)
    queue = list(found)
    for ref in queue:
        for other in towards.get(ref, []):
            if other not in found:
                found[other] = found[ref] + 1
                queue.append(other)
    return found


def build(world: World, known: Iterable[Edge] = ()) -> Graph:
    """The graph of everything observed, with edges that are known besides.

    A workload whose errors blame somebody is harmed by those that it blames, not by all that it is set up to call.
    Settings that several workloads share name more than each of them calls: such a call makes the path of a question
    wider, but harm travels along it only where nothing is known to call in the opposite direction.
    """
    called = {workload.ref: calls(world, workload) for workload in world.workloads.values()}
    shared = _shared(world)
    fixed = {*known, *_services(world), *_classes(world), *_others(world)}
    blames: set[Edge] = set()
    sure: set[Edge] = set()
    possible: set[Edge] = set()
    for workload in world.workloads.values():
        for call in called[workload.ref]:
            (possible if call.setting.origin in shared else sure).add(Edge(workload.ref, call.target, "calls"))
        blames |= set(_blamed(world, workload, called[workload.ref]))
        fixed.update(Edge(workload.ref, item.target, _kind(item.key)) for item in references(workload))
        fixed.update(Edge(workload.ref, claim, "mounts") for claim in _claims(world, workload))
    blaming = {edge.source for edge in blames}
    certain = fixed | blames | {edge for edge in sure if edge.source not in blaming}
    travels = certain | {edge for edge in possible if edge.source not in blaming and not _opposed(edge, certain)}
    everything = fixed | blames | sure | possible
    return Graph(tuple(sorted(everything)), called, _by(travels, 1), _by(everything, 0))


def _by(edges: set[Edge], end: int) -> dict[Ref, list[Edge]]:
    found: dict[Ref, list[Edge]] = {}
    for edge in sorted(edges):
        if edge.source != edge.target:
            found.setdefault(edge[:2][end], []).append(edge)
    return found


def _shared(world: World) -> set[Ref]:
    """ConfigMaps that more than one workload takes as a whole, and not by single keys."""
    users: dict[Ref, set[Ref]] = {}
    for workload in world.workloads.values():
        for item in references(workload):
            if item.target.kind == "ConfigMap" and not item.key:
                users.setdefault(item.target, set()).add(workload.ref)
    return {ref for ref, found in users.items() if len(found) > 1}


def _opposed(edge: Edge, sure: set[Edge]) -> bool:
    """Whether what is behind the target is known to call a Service of the source."""
    behind = {other.target for other in sure if other.source == edge.target and other.kind == "selects"}
    mine = {other.source for other in sure if other.target == edge.source and other.kind == "selects"}
    return any(Edge(caller, service, "calls") in sure for caller in behind for service in mine)


def _kind(key: str) -> str:
    return "reads" if key else "uses"


def _blamed(world: World, workload: Workload, known: list[Call]) -> Iterator[Edge]:
    for log in world.logs_of(workload):
        for entry in still(world, log):
            for peer in peers(world, workload, entry, known):
                yield Edge(workload.ref, peer.target, "calls")


def _claims(world: World, workload: Workload) -> Iterator[Ref]:
    """Claims that a StatefulSet's templates made: `<template>-<pod>`."""
    for template in listed(workload.thing.raw, "spec", "volumeClaimTemplates"):
        prefix = f"{text(template, 'metadata', 'name')}-{workload.ref.name}-"
        for thing in world.all("PersistentVolumeClaim", workload.ref.namespace):
            if thing.ref.name.startswith(prefix) and thing.ref.name[len(prefix) :].isdigit():
                yield thing.ref


def _services(world: World) -> Iterator[Edge]:
    for service in world.all("Service"):
        outside = text(service.raw, "spec", "externalName")
        if outside:
            yield Edge(service.ref, Ref(EXTERNAL, "", outside.lower().rstrip(".")), "names")
        for workload in world.selected_by(service):
            yield Edge(service.ref, workload.ref, "selects")
    for ingress in world.all("Ingress"):
        for name in _backends(ingress):
            yield Edge(ingress.ref, Ref("Service", ingress.ref.namespace, name), "routes to")


def _backends(ingress: Thing) -> Iterator[str]:
    default = text(ingress.raw, "spec", "defaultBackend", "service", "name")
    if default:
        yield default
    for rule in listed(ingress.raw, "spec", "rules"):
        for path in listed(rule, "http", "paths"):
            name = text(path, "backend", "service", "name")
            if name:
                yield name


def _classes(world: World) -> Iterator[Edge]:
    for claim in world.all("PersistentVolumeClaim"):
        storage = text(claim.raw, "spec", "storageClassName")
        volume = text(claim.raw, "spec", "volumeName")
        if storage:
            yield Edge(claim.ref, Ref("StorageClass", "", storage), "of class")
        if volume:
            yield Edge(claim.ref, Ref("PersistentVolume", "", volume), "bound to")
    for ingress in world.all("Ingress"):
        name = text(ingress.raw, "spec", "ingressClassName")
        if name:
            yield Edge(ingress.ref, Ref("IngressClass", "", name), "of class")


def scale_target(scaler: Thing) -> Ref:
    """What a HorizontalPodAutoscaler scales."""
    reference = mapping(scaler.raw, "spec", "scaleTargetRef")
    return Ref(text(reference, "kind"), scaler.ref.namespace, text(reference, "name"))


def _others(world: World) -> Iterator[Edge]:
    for scaler in world.all("HorizontalPodAutoscaler"):
        yield Edge(scale_target(scaler), scaler.ref, "scaled by")
    for workload in world.workloads.values():
        for kind in ("ResourceQuota", "LimitRange"):
            for thing in world.all(kind, workload.ref.namespace):
                yield Edge(workload.ref, thing.ref, "limited by")
        for policy in world.all("NetworkPolicy", workload.ref.namespace):
            labels = strings(workload.template, "metadata", "labels")
            if matches(mapping(policy.raw, "spec", "podSelector"), labels):
                yield Edge(workload.ref, policy.ref, "guarded by")
        for node in sorted({pod.node for pod in workload.live if pod.node}):
            yield Edge(workload.ref, Ref("Node", "", node), "runs on")
    for held in held_up(world):
        yield Edge(held.budget.ref, held.node.ref, "holds up")
        for pod in held.pods:
            yield Edge(world.top(pod.thing.ref), held.budget.ref, "kept by")
