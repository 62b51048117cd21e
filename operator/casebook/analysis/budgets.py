"""PodDisruptionBudgets that hold up the drain of a node."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis.access import count, dig, listed, mapping, moment, text
from casebook.analysis.changes import edited
from casebook.analysis.events import Event
from casebook.analysis.selectors import matches
from casebook.analysis.things import Thing
from casebook.analysis.workloads import Pod
from casebook.analysis.world import World

DRAINING = timedelta(seconds=60)
"""A drain that nothing holds up has evicted most pods by then; what is left ends within its grace period."""
_SAYS_SO = re.compile(r"\bdrain|\bevict(?:ion)?\b|to be evicted|disruption ?budget|\bpdb\b", re.IGNORECASE)
_TAINT = "node.kubernetes.io/unschedulable"
_STATIC = "kubernetes.io/config.mirror"


class HeldUp(NamedTuple):
    """A cordoned node, a budget that permits no eviction, its pods there, and who said that they are to go."""

    budget: Thing
    node: Thing
    pods: tuple[Pod, ...]
    since: datetime | None
    events: tuple[Event, ...]


def held_up(world: World) -> Iterator[HeldUp]:
    """Drains that wait for a budget.

    The API server answers an eviction that a budget forbids with 429 and records nothing, so a cordon alone shows no
    drain: the question, the alert or a controller has to speak of it.
    """
    for node in world.all("Node"):
        since = _cordoned(node)
        if dig(node.raw, "spec", "unschedulable") is not True or (since and world.now - since < DRAINING):
            continue
        here = evictable(world, node)
        for budget in world.all("PodDisruptionBudget"):
            mine = tuple(pod for pod in here if guards(budget, pod))
            events = tuple(one for one in world.about(node.ref, *(pod.thing.ref for pod in mine)) if _speaks(one))
            if mine and permits_none(budget) and (events or _asked(world)):
                yield HeldUp(budget, node, mine, since, events)


def evictable(world: World, node: Thing) -> list[Pod]:
    """Pods of a node that a drain takes away: it leaves those of DaemonSets and static ones where they are."""
    here = [pod for pod in world.pods.values() if pod.node == node.ref.name and not pod.gone]
    owners = [pod.thing.owner() for pod in here]
    return [
        pod
        for pod, owner in zip(here, owners, strict=True)
        if (owner is None or owner.kind not in ("DaemonSet", "Node")) and _STATIC not in pod.thing.annotations
    ]


def guards(budget: Thing, pod: Pod) -> bool:
    """Whether a budget counts a pod."""
    same = budget.ref.namespace == pod.thing.ref.namespace
    return same and matches(mapping(budget.raw, "spec", "selector"), pod.thing.labels)


def permits_none(budget: Thing) -> bool:
    """Whether its controller counted and permits no eviction now."""
    return count(budget.raw, "status", "expectedPods") > 0 and not count(budget.raw, "status", "disruptionsAllowed")


def _cordoned(node: Thing) -> datetime | None:
    taints = [one for one in listed(node.raw, "spec", "taints") if text(one, "key") == _TAINT]
    edit = edited(node, "spec", "unschedulable")
    return edit.at if edit else next((moment(one, "timeAdded") for one in taints), None)


def _speaks(event: Event) -> bool:
    return bool(_SAYS_SO.search(f"{event.reason} {event.message}"))


def _asked(world: World) -> bool:
    """Whether the question or the alert speaks of a drain, an eviction or a budget."""
    spec = world.snapshot.run.spec
    told = [spec.question, spec.target.kind if spec.target else ""]
    told += [*spec.alert.labels.values(), *spec.alert.annotations.values()] if spec.alert else []
    return any(_SAYS_SO.search(one) for one in told)
