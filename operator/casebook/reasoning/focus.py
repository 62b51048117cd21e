"""What a question is about: the target, the labels of the alert, names and words in the question."""

import re
from collections.abc import Iterable

from casebook.analysis.access import listed, text
from casebook.analysis.events import Event
from casebook.analysis.naming import Named, kinds_named, meant, words
from casebook.analysis.things import Ref, Thing
from casebook.analysis.workloads import CONTROLLERS
from casebook.analysis.world import World

_NAMED_KINDS = (
    *CONTROLLERS, "Service", "Ingress", "PersistentVolumeClaim", "HorizontalPodAutoscaler", "NetworkPolicy",
    "PodDisruptionBudget", "ResourceQuota",
)  # fmt: skip
_LABEL_KINDS: dict[str, tuple[str, ...]] = {
    "deployment": ("Deployment",),
    "statefulset": ("StatefulSet",),
    "daemonset": ("DaemonSet",),
    "job_name": ("Job",),
    "cronjob": ("CronJob",),
    "pod": ("Pod",),
    "service": ("Service", *CONTROLLERS),
    "persistentvolumeclaim": ("PersistentVolumeClaim",),
    "horizontalpodautoscaler": ("HorizontalPodAutoscaler",),
    "ingress": ("Ingress",),
    "resourcequota": ("ResourceQuota",),
    "node": ("Node",),
    "app": (*CONTROLLERS, "Service"),
    "app_kubernetes_io_name": (*CONTROLLERS, "Service"),
    "workload": CONTROLLERS,
    "component": (*CONTROLLERS, "Service"),
    "job": ("Service", *CONTROLLERS),
    "container": CONTROLLERS,
}
_WITH_THEIR_KIND = ("ConfigMap", "Node")
"""Kinds that a question is about only where it says so: their names are often those of workloads."""
_FEW = frozenset(["CronJob", "Job", "Ingress", "StatefulSet", "DaemonSet", "HorizontalPodAutoscaler"])
"""Kinds of which a namespace has few: a question that names only such a kind is about all of them."""
_NAMES = ("app", "app.kubernetes.io/name", "app.kubernetes.io/component", "k8s-app")
_MIN_DASHES = 2


def focus(world: World) -> frozenset[Ref]:
    """What the question is about, with the Services and workloads that stand for one another."""
    found = {*_target(world), *_alert(world), *_question(world)}
    return frozenset(found | _paired(world, found))


def _target(world: World) -> Iterable[Ref]:
    target = world.snapshot.run.spec.target
    if target is None:
        return
    if target.kind == "Namespace":
        return
    if world.cluster_target:
        yield world.cluster_target
        yield from (world.top(event.about) for event in naming(world) if event.about in world.things)
    else:
        yield _top(world, Ref(target.kind, target.namespace or world.home, target.name))


def naming(world: World) -> list[Event]:
    """Warnings about other objects that name the cluster-scoped object in question, or one of its webhooks."""
    target = world.cluster_target
    if target is None:
        return []
    thing = world.things.get(target)
    hooks = [text(hook, "name") for hook in listed(thing.raw, "webhooks")] if thing else []
    names = "|".join(re.escape(name) for name in (target.name, *hooks) if name)
    words = re.compile(rf"(?<![\w.-])(?:{names})(?![\w-])")
    warnings = [event for event in world.events if event.type == "Warning" and event.about != target]
    return [event for event in warnings if words.search(event.message)]


def _top(world: World, ref: Ref) -> Ref:
    if ref in world.things:
        return world.top(ref)
    return _owner_by_name(world, ref.name) or ref if ref.kind == "Pod" else ref


def _owner_by_name(world: World, pod: str) -> Ref | None:
    """The workload that a pod no longer there must have belonged to: the longest name that begins its own."""
    fitting = [
        ref for ref in world.workloads
        if ref.namespace == world.home and pod.startswith(f"{ref.name}-")
    ]  # fmt: skip
    return max(fitting, key=lambda ref: (len(ref.name), ref), default=None)


def _alert(world: World) -> Iterable[Ref]:
    alert = world.snapshot.run.spec.alert
    if alert is None:
        return
    found = False
    for label, kinds in _LABEL_KINDS.items():
        value = alert.labels.get(label, "")
        for ref in _by_name(world, value, kinds) if value else ():
            found = True
            yield ref
        if value and label == "pod" and not found:
            owner = _owner_by_name(world, value)
            if owner:
                found = True
                yield owner
    if not found:
        yield from _annotated(world, " ".join(alert.annotations.values()))


def _by_name(world: World, name: str, kinds: Iterable[str]) -> list[Ref]:
    refs = (Ref(kind, place, name) for kind in kinds for place in (world.home, ""))
    return [world.top(ref) for ref in refs if ref in world.things]


def _question(world: World) -> Iterable[Ref]:
    """What the question names; beside a target only names that stand in it as they are add to that."""
    said = world.snapshot.run.spec.question
    found = read(world, said)
    if world.snapshot.run.spec.target is not None:
        found = [item for item in found if item.said == item.name]
    return [*_refs(world, said, found), *(() if found else _gone(world, said))]


def _annotated(world: World, said: str) -> list[Ref]:
    """What the text of an alert names: more words than a question, so that only names and their begin count."""
    found = [item for item in read(world, said) if item.said and item.name.startswith(item.said)]
    return _refs(world, said, found)


def read(world: World, said: str) -> list[Named]:
    """The names that a text means, those of the own namespace before others; else what is of a kind that it names."""
    found = meant(said, _known(world, said))
    kinds = () if found else sorted(kinds_named(said) & _FEW)
    return found or [Named(kind, thing.ref.name, "") for kind in kinds for thing in world.all(kind, world.home)]


def _refs(world: World, said: str, found: Iterable[Named]) -> list[Ref]:
    known = _known(world, said)
    return [world.top(ref) for item in found for ref in known.get((item.kind, item.name), [])]


def _known(world: World, said: str) -> dict[tuple[str, str], list[Ref]]:
    """What can be named: (kind, name or app label) with the objects that it stands for."""
    tokens, named = set(words(said)), kinds_named(said)
    near: dict[tuple[str, str], list[Ref]] = {}
    far: dict[tuple[str, str], list[Ref]] = {}
    for kind in (*_NAMED_KINDS, *(kind for kind in _WITH_THEIR_KIND if kind in named)):
        for thing in world.all(kind):
            if thing.owner() and thing.ref.name not in tokens:
                continue
            at_home = thing.ref.namespace in (world.home, "")
            for name in _names(thing) if at_home else {thing.ref.name}:
                (near if at_home else far).setdefault((kind, name), []).append(thing.ref)
    return near if meant(said, near) else {**far, **near}


def _names(thing: Thing) -> list[str]:
    labels = [thing.labels.get(label, "") for label in _NAMES if thing.ref.kind in CONTROLLERS]
    return sorted({thing.ref.name, *(value.lower() for value in labels)} - {""})


def _gone(world: World, said: str) -> Iterable[Ref]:
    for word in words(said):
        owner = _owner_by_name(world, word) if word.count("-") >= _MIN_DASHES else None
        if owner is not None:
            yield owner


def _paired(world: World, found: set[Ref]) -> set[Ref]:
    more: set[Ref] = set()
    for ref in found:
        if ref.kind in CONTROLLERS:
            workload = world.workloads.get(ref)
            for service in world.all("Service", ref.namespace):
                if service.ref.name == ref.name or (workload and workload in world.selected_by(service)):
                    more.add(service.ref)
        elif ref.kind == "Service":
            same = (Ref(kind, ref.namespace, ref.name) for kind in CONTROLLERS)
            more.update(item for item in same if item in world.workloads)
        elif ref.kind == "HorizontalPodAutoscaler":
            more.update(_scaled(world, ref))
    return more


def _scaled(world: World, ref: Ref) -> Iterable[Ref]:
    spec = world.things[ref].spec("scaleTargetRef") if ref in world.things else None
    if isinstance(spec, dict):
        target = Ref(str(spec.get("kind")), ref.namespace, str(spec.get("name")))
        if target in world.workloads:
            yield target
