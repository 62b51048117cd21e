"""What a question is about: the target, the labels of the alert, names and words in the question."""

import re
from collections.abc import Iterable, Mapping

from casebook.analysis.access import listed, text
from casebook.analysis.events import Event
from casebook.analysis.things import Ref, Thing
from casebook.analysis.workloads import CONTROLLERS
from casebook.analysis.world import World

_TOKEN = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
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
_MIN_PREFIX = 4


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
    yield from labelled(world, alert.labels) or _worded(world, " ".join(alert.annotations.values()))


def labelled(world: World, labels: Mapping[str, str]) -> list[Ref]:
    """What the labels of an alert or of a series name, the most specific label first."""
    found: list[Ref] = []
    for label, kinds in _LABEL_KINDS.items():
        value = labels.get(label, "")
        found += _by_name(world, value, kinds) if value else []
        if value and label == "pod" and not found:
            owner = _owner_by_name(world, value)
            found += [owner] if owner else []
    return found


def _by_name(world: World, name: str, kinds: Iterable[str]) -> list[Ref]:
    refs = (Ref(kind, place, name) for kind in kinds for place in (world.home, ""))
    return [world.top(ref) for ref in refs if ref in world.things]


def _question(world: World) -> Iterable[Ref]:
    return _worded(world, world.snapshot.run.spec.question)


def _worded(world: World, said: str) -> Iterable[Ref]:
    tokens = set(_TOKEN.findall(said.lower()))
    named = [
        thing for kind in _NAMED_KINDS for thing in world.all(kind, world.home) if thing.ref.name.lower() in tokens
    ]
    found = named or [
        thing for kind in ("Deployment", "StatefulSet", "Service", "CronJob") for thing in _begins(world, kind, tokens)
    ]
    return [world.top(thing.ref) for thing in found]


def _begins(world: World, kind: str, tokens: set[str]) -> Iterable[Thing]:
    for thing in world.all(kind, world.home):
        parts = [part for part in thing.ref.name.split("-") if len(part) >= _MIN_PREFIX]
        if any(part in tokens for part in parts[:1]):
            yield thing


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
