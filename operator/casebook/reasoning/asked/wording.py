"""What words are about: the names in a question or in the text of an alert, among all that was observed."""

from collections.abc import Iterable

from casebook.analysis.naming import Named, kinds_named, meant, words
from casebook.analysis.things import Ref, Thing
from casebook.analysis.workloads import CONTROLLERS
from casebook.analysis.world import World

_NAMED_KINDS = (
    *CONTROLLERS, "Service", "Ingress", "PersistentVolumeClaim", "HorizontalPodAutoscaler", "NetworkPolicy",
    "PodDisruptionBudget", "ResourceQuota",
)  # fmt: skip
_WITH_THEIR_KIND = ("ConfigMap", "Node")
"""Kinds that a question is about only where it says so: their names are often those of workloads."""
_FEW = frozenset(["CronJob", "Job", "Ingress", "StatefulSet", "DaemonSet", "HorizontalPodAutoscaler"])
"""Kinds of which a namespace has few: a question that names only such a kind is about all of them."""
_NAMES = ("app", "app.kubernetes.io/name", "app.kubernetes.io/component", "k8s-app")
_MIN_DASHES = 2


def questioned(world: World) -> Iterable[Ref]:
    """What the question names; beside a target only names that stand in it as they are add to that."""
    said = world.snapshot.run.spec.question
    found = read(world, said)
    if world.snapshot.run.spec.target is not None:
        found = [item for item in found if item.said == item.name]
    return [*_refs(world, said, found), *(() if found else _gone(world, said))]


def annotated(world: World, said: str) -> list[Ref]:
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
            owner = thing.owner()
            if owner and owner.kind in CONTROLLERS and thing.ref.name not in tokens:
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
        owner = owner_by_name(world, word) if word.count("-") >= _MIN_DASHES else None
        if owner is not None:
            yield owner


def owner_by_name(world: World, pod: str) -> Ref | None:
    """The workload that a pod no longer there must have belonged to: the longest name that begins its own."""
    fitting = [
        ref for ref in world.workloads
        if ref.namespace == world.home and pod.startswith(f"{ref.name}-")
    ]  # fmt: skip
    return max(fitting, key=lambda ref: (len(ref.name), ref), default=None)
