"""What an investigation is about: the target, the labels of the alert, what the question names."""

import re
from collections.abc import Iterable, Mapping

from casebook.analysis.access import listed, text
from casebook.analysis.events import Event
from casebook.analysis.things import Ref
from casebook.analysis.workloads import CONTROLLERS
from casebook.analysis.world import World
from casebook.reasoning.asked.wording import annotated, owner_by_name, questioned

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


def focus(world: World) -> frozenset[Ref]:
    """What the question is about, with the Services and workloads that stand for one another."""
    found = {*_target(world), *_alert(world), *questioned(world)}
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
    return owner_by_name(world, ref.name) or ref if ref.kind == "Pod" else ref


def _alert(world: World) -> Iterable[Ref]:
    alert = world.snapshot.run.spec.alert
    if alert is None:
        return
    yield from labelled(world, alert.labels) or annotated(world, " ".join(alert.annotations.values()))


def labelled(world: World, labels: Mapping[str, str]) -> list[Ref]:
    """What the labels of an alert or of a series name, the most specific label first."""
    found: list[Ref] = []
    for label, kinds in _LABEL_KINDS.items():
        value = labels.get(label, "")
        found += _by_name(world, value, kinds) if value else []
        if value and label == "pod" and not found:
            owner = owner_by_name(world, value)
            found += [owner] if owner else []
    return found


def _by_name(world: World, name: str, kinds: Iterable[str]) -> list[Ref]:
    refs = (Ref(kind, place, name) for kind in kinds for place in (world.home, ""))
    return [world.top(ref) for ref in refs if ref in world.things]


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
