"""What may make answers late where nothing else deviates: more requests than before, and no CPU left to use."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from casebook.analysis.access import quantity
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Container
from casebook.analysis.world import World
from casebook.reasoning.checks.load import Rise, would_show
from casebook.reasoning.planning.measuring import Measurements

FELT = 0.25
"""The share of periods from which throttling is felt; the kubernetes-mixin's CPUThrottlingHigh fires at it too."""
ALL, LITTLE = 0.8, 0.5
"""Shares of its CPU limit: from the one a container is held back by it, below the other it is not.

A use is the mean of some ten seconds, a limit holds in each tenth of one: whoever uses four fifths of it on the whole
meets it in many of them.
"""


class Use(NamedTuple):
    """What a container uses of its CPU limit now, as metrics.k8s.io has it."""

    share: float
    cite: Cite


def cpu_used(world: World, container: Container) -> Use | None:
    """The share of its CPU limit that a container uses now; None without a limit, or where nothing tells."""
    limit = quantity(container.spec, "resources", "limits", "cpu")
    cores, source = world.cpu_used.get((container.pod.ref.namespace, container.pod.ref.name, container.name), (0.0, ""))
    if not limit or not source:
        return None
    said = f"container {container.name} uses {cores / limit:.0%} of its CPU limit"
    return Use(cores / limit, Cite(source, f"{container.pod.ref.label(world.home)}: {said}"))


def strains(world: World, measured: Measurements, rises: Mapping[Ref, Rise]) -> Iterator[Symptom]:
    """Symptoms that only count where answers are said to come late; not where curves show that they come as before."""
    late = measured.get("latency", {})
    for ref, workload in world.workloads.items():
        if ref in rises and not would_show(world, late.get(ref), rises[ref].began):
            said = f"has more to do: {rises[ref].said()}"
            yield Symptom(ref, Sign.LOAD, said, rises[ref].began, (rises[ref].cite(said),))
        for container in workload.containers:
            held_back = _held_back(world, measured, ref, container)
            if held_back is not None and not would_show(world, late.get(ref), world.begin):
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
