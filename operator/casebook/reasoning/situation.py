"""What causes are detected in: the world, its graph, its symptoms, and what the question is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from casebook.analysis.calls import Peer
from casebook.analysis.change import Change
from casebook.analysis.errors import active_errors
from casebook.analysis.graph import Graph, build
from casebook.analysis.logs import Entry, Log
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.snapshot import Snapshot
from casebook.analysis.symptoms import symptoms
from casebook.analysis.things import Ref
from casebook.analysis.timeline import timeline
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World
from casebook.reasoning.asked.alerts import Rerun, holding, reruns
from casebook.reasoning.asked.complaint import of_lateness
from casebook.reasoning.asked.focus import focus
from casebook.reasoning.checks.deviations import deviations
from casebook.reasoning.checks.load import Comparisons, Rise, comparisons, rises, slower, within
from casebook.reasoning.checks.strain import strains
from casebook.reasoning.memories.expectations import dependencies, unexpected
from casebook.reasoning.memories.noise import hushed
from casebook.reasoning.memories.taught import Taught
from casebook.reasoning.planning.measuring import Measured, Measurements, measurements


@dataclass(frozen=True)
class Situation:
    """One snapshot, analysed; every part is computed once, on demand."""

    world: World

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Situation":
        """The situation that a snapshot shows."""
        return cls(hushed(World(snapshot)))

    @cached_property
    def taught(self) -> Taught:
        """What people taught, bound to this situation."""
        return Taught(self.world, focus=self.focus)

    @cached_property
    def _facts(self) -> Taught:
        """What people taught of single objects; the graph rests on it, and what the question is about on the graph."""
        return Taught(self.world)

    @cached_property
    def graph(self) -> Graph:
        """What depends on what."""
        return build(self.world, dependencies(self._facts))

    @cached_property
    def symptoms(self) -> tuple[Symptom, ...]:
        """Every deviation seen: of objects and logs, of what alerts measure, of what people said to expect."""
        found = [
            *symptoms(self.world, self.graph),
            *holding(self.world, self.reruns),
            *deviations(self.world, self.graph, self.measurements),
            *unexpected(self._facts),
        ]
        known = {(item.entity, item.sign) for item in found}
        found += [item for item in self._slower if (item.entity, item.sign) not in known]
        if of_lateness(self.world) and not any(item.entity in self.path for item in found):
            found += strains(self.world, self.measurements, self.rises)
        return tuple(sorted(found, key=lambda item: (item.entity, item.sign, sorted(item.peers))))

    @cached_property
    def reruns(self) -> tuple[Rerun, ...]:
        """Alerts whose expression was asked again."""
        return tuple(reruns(self.world))

    @cached_property
    def measurements(self) -> Measurements:
        """What a Prometheus said, by measure and workload; empty without one."""
        return measurements(self.world)

    @cached_property
    def comparisons(self) -> Comparisons:
        """How workloads answered before and how they do now, where parts of their busy logs tell."""
        return comparisons(self.world, self._changes_near)

    @property
    def _changes_near(self) -> list[datetime]:
        near = self.path.keys() | self.graph.downstream(self.focus)
        return [change.at for change in self.timeline if change.object in near]

    @property
    def _slower(self) -> Iterator[Symptom]:
        """Answers that come later than before; of a short log only where it was said so: one slow node would do too."""
        yield from slower(self.comparisons)
        if of_lateness(self.world):
            yield from slower(within(self.world, self._changes_near))

    @cached_property
    def rises(self) -> dict[Ref, Rise]:
        """The workloads that have at least twice as many requests as before."""
        return rises(self.world, self.measurements, self.comparisons)

    def measured(self, name: str, workload: Workload) -> Measured | None:
        """What one measure says of a workload, if it was observed."""
        return self.measurements.get(name, {}).get(workload.ref)

    @cached_property
    def focus(self) -> frozenset[Ref]:
        """What the question is about; empty when it names nothing that is there."""
        target = self.world.cluster_target
        return focus(self.world) | (self.graph.resting(target) if target in self.world.things else frozenset())

    @cached_property
    def path(self) -> dict[Ref, int]:
        """What the question is about and all that it depends on, by distance; everything where it names nothing."""
        if self.focus:
            return self.graph.upstream(self.focus)
        return dict.fromkeys(self.world.things, 0)

    @cached_property
    def pressing(self) -> tuple[Symptom, ...]:
        """Symptoms that the answer must explain: those on the path."""
        return tuple(symptom for symptom in self.symptoms if symptom.entity in self.path)

    @cached_property
    def onset(self) -> datetime | None:
        """When the earliest of the pressing symptoms began, as far as is known."""
        return min((symptom.since for symptom in self.pressing if symptom.since), default=None)

    @cached_property
    def harmed_since(self) -> datetime | None:
        """When the earliest of them began that is harm: more load alone is none."""
        return min((one.since for one in self.pressing if one.since and one.sign is not Sign.LOAD), default=None)

    @cached_property
    def timeline(self) -> list[Change]:
        """What changed in the span of time that was asked about, oldest first."""
        return timeline(self.world)

    def symptoms_of(self, ref: Ref) -> list[Symptom]:
        """Symptoms on one entity."""
        return [symptom for symptom in self.symptoms if symptom.entity == ref]

    @cached_property
    def workloads(self) -> list[Workload]:
        """Workloads, those on the path first."""
        far = len(self.world.things) + 1
        return sorted(self.world.workloads.values(), key=lambda item: (self.path.get(item.ref, far), item.ref))

    @cached_property
    def _troubles(self) -> dict[Ref, list[tuple[Log, Entry, list[Peer]]]]:
        return {}

    def active_errors(self, workload: Workload) -> list[tuple[Log, Entry, list[Peer]]]:
        """Distinct errors that go on in the logs of a workload, with what they blame."""
        if workload.ref not in self._troubles:
            self._troubles[workload.ref] = active_errors(self.world, workload, self.graph)
        return self._troubles[workload.ref]

    def label(self, ref: Ref) -> str:
        """How the report writes an entity: with its namespace where that is not the investigation's own."""
        return ref.label(self.world.home)
