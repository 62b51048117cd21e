"""What people taught, bound to one world: the contexts in which scopes are matched, and what has force in it."""

from dataclasses import dataclass
from functools import cached_property

from casebook.analysis.calls import EXTERNAL
from casebook.analysis.things import Ref
from casebook.analysis.world import World
from casebook.api.run import Recalled
from casebook.knowledge.concepts import Derived
from casebook.knowledge.context import Context, of_run, of_thing, of_workload
from casebook.knowledge.known import Known
from casebook.knowledge.matching import Answer, Match, match


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
    def question(self) -> Derived:
        """What is known of the question and of the workloads that it is about, with derived labels."""
        return self.known.derive(self._asked)

    def entity(self, ref: Ref) -> Derived:
        """What is known of one entity within the question; it stands in the place of what was asked about."""
        if (ref, "") not in self._contexts:
            seen = self._seen(ref) or Context({"namespace": frozenset({ref.namespace} - {""})})
            self._contexts[ref, ""] = self.known.derive(of_run(self.world.snapshot.run).overlaid(seen))
        return self._contexts[ref, ""]

    def hypothesis(self, ref: Ref, cause: str) -> Derived:
        """What is known of a hypothesis: the question, its entity, and the cause that it names."""
        if (ref, cause) not in self._contexts:
            seen = self._seen(ref)
            found = self._asked.joined(seen) if seen else self._asked
            self._contexts[ref, cause] = self.known.derive(found.having("cause", cause))
        return self._contexts[ref, cause]

    def applies(self, memory: Recalled, ref: Ref) -> bool:
        """Whether a memory's scope applies to an entity."""
        return fits(memory, self.entity(ref)).answer is Answer.MATCH

    def ref(self, named: str) -> Ref:
        """The entity that `Kind/name`, or `Kind/namespace/name`, means here; some are outside of all namespaces."""
        parts = named.split("/", 2)
        kind, name = parts[0], parts[-1]
        place = parts[1] if len(parts) > 2 else self.world.home
        cluster = Ref(kind, "", name)
        return cluster if kind == EXTERNAL or cluster in self.world.things else Ref(kind, place, name)

    @cached_property
    def _asked(self) -> Context:
        found = of_run(self.world.snapshot.run)
        for ref in sorted(self.focus & self.world.workloads.keys()):
            found = found.joined(of_workload(self.world.workloads[ref]))
        return found

    @cached_property
    def _contexts(self) -> dict[tuple[Ref, str], Derived]:
        return {}

    def _seen(self, ref: Ref) -> Context | None:
        workload = self.world.workload_of(ref)
        if workload is not None:
            return of_workload(workload)
        thing = self.world.things.get(ref)
        return of_thing(thing) if thing else None


def fits(memory: Recalled, known: Derived) -> Match:
    """Whether a memory's scope applies in a context with its derived labels."""
    return match(memory.spec.scope, known.context)
