"""What may make answers late where nothing else deviates: more requests than before, and no CPU left to use."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from casebook.analysis.access import listed, quantity, text
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Container
from casebook.analysis.world import World
from casebook.api.observation import used
from casebook.reasoning.checks.load import Rise, is_compared
from casebook.reasoning.planning.measuring import Measurements

FELT = 0.25
"""The share of periods from which throttling is felt; the kubernetes-mixin's CPUThrottlingHigh fires at it too."""
ALL, LITTLE = 0.9, 0.5
"""Shares of its CPU limit: from the one a container is held back by it, below the other it is not."""


class Use(NamedTuple):
    """What a container uses of its CPU limit now, as metrics.k8s.io has it."""

    share: float
    cite: Cite


def cpu_used(world: World, container: Container) -> Use | None:
    """The share of its CPU limit that a container uses now; None without a limit, or where nothing tells."""
    limit = quantity(container.spec, "resources", "limits", "cpu")
    answer = world.snapshot.answer(used(container.pod.ref.namespace))
    for item in answer.items() if answer and limit else ():
        if text(item, "metadata", "name") != container.pod.ref.name:
            continue
        for one in listed(item, "containers"):
            cores = quantity(one, "usage", "cpu")
            if answer and limit and cores is not None and text(one, "name") == container.name:
                said = f"container {container.name} uses {cores / limit:.0%} of its CPU limit"
                return Use(cores / limit, Cite(answer.id, f"{container.pod.ref.label(world.home)}: {said}"))
    return None


def strains(world: World, measured: Measurements, rises: Mapping[Ref, Rise]) -> Iterator[Symptom]:
    """Symptoms that only count where answers are said to come late; not where curves show that they come as before."""
    late = measured.get("latency", {})
    for ref, workload in world.workloads.items():
        if is_compared(world, late.get(ref)):
            continue
        if ref in rises:
            said = f"has more to do: {rises[ref].said()}"
            yield Symptom(ref, Sign.LOAD, said, rises[ref].began, (rises[ref].cite(said),))
        for container in workload.containers:
            held_back = _held_back(world, measured, ref, container)
            if held_back is not None:
                said = f"container {container.name} is held back at its CPU limit"
                yield Symptom(ref, Sign.THROTTLED, said, None, (held_back,))


def _held_back(world: World, measured: Measurements, ref: Ref, container: Container) -> Cite | None:
    use = cpu_used(world, container)
    if use and use.share >= ALL:
        return use.cite
    throttled = measured.get("throttling", {}).get(ref)
    for series in throttled.of(container) if throttled else ():
        if throttled and (series.last or 0.0) >= FELT:
            said = f"container {container.name} is throttled in {series.last:.0%} of its periods"
            return throttled.curve.cite(said, series)
    return None
