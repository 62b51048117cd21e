"""What people taught, bound to one world: the contexts in which scopes are matched, and what has force in it."""

from dataclasses import dataclass
from functools import cached_property

from casebook.analysis.things import Ref
from casebook.analysis.world import World
from casebook.api.run import Recalled
from casebook.knowledge.context import Context, of_run, of_thing, of_workload
from casebook.knowledge.known import Known
from casebook.knowledge.matching import Answer, Match

NOWHERE = Ref("", "", "")


@dataclass(frozen=True)
class Taught:
    """The memories that a run recalled, beside what it sees; `focus` is what the question is about."""

    world: World
    focus: frozenset[Ref] = frozenset()

    @cached_property
    def known(self) -> Known:
        """What has force now."""
        return Known.of(self.world.snapshot.run.recalled, self.world.now)

    @cached_property
    def investigation(self) -> Context:
        """What is known of the question and of the workloads that it is about."""
        found = of_run(self.world.snapshot.run)
        for ref in sorted(self.focus):
            if ref in self.world.workloads:
                found = found.joined(of_workload(self.world.workloads[ref]))
        return found

    def entity(self, ref: Ref) -> Context:
        """What is known of one entity within the question; it stands in the place of what was asked about."""
        asked = of_run(self.world.snapshot.run)
        return asked.overlaid(self._seen(ref) or Context({"namespace": frozenset({ref.namespace} - {""})}))

    def hypothesis(self, ref: Ref, cause: str) -> Context:
        """What is known of a hypothesis: the question, its entity, and the cause that it names."""
        seen = self._seen(ref)
        found = self.investigation.joined(seen) if seen else self.investigation
        return found.having("cause", cause)

    def fits(self, memory: Recalled, context: Context) -> Match:
        """Whether a memory's scope applies in a context and its derived labels."""
        return self.known.match(memory, context)

    def applies(self, memory: Recalled, ref: Ref) -> bool:
        """Whether a memory's scope applies to an entity."""
        return self.fits(memory, self.entity(ref)).answer is Answer.MATCH

    def ref(self, named: str) -> Ref:
        """The entity that `Kind/name`, or `Kind/namespace/name`, means here; cluster-scoped where that was seen."""
        parts = named.split("/")
        kind, name = parts[0], parts[-1]
        place = parts[1] if len(parts) > 2 else self.world.home
        cluster = Ref(kind, "", name)
        return cluster if cluster in self.world.things else Ref(kind, place, name)

    def _seen(self, ref: Ref) -> Context | None:
        workload = self.world.workload_of(ref)
        if workload is not None:
            return of_workload(workload)
        thing = self.world.things.get(ref)
        return of_thing(thing) if thing else None
