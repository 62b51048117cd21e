"""How right one could be on a stream that knew which words are right: with them anywhere, and only in their scope."""

from dataclasses import dataclass, field

from bench.learning.learner import Learner, others, written_at
from bench.learning.stream import Happening, first
from casebook.knowledge.conflicts import claim_of
from casebook.knowledge.context import of_run
from casebook.knowledge.lifecycle import confirmed
from casebook.knowledge.matching import Answer, match


@dataclass
class Told:
    """Forgets no right word, believes no wrong one, and knows every problem again, whatever it happens to."""

    _known: set[tuple[str, ...]] = field(default_factory=set)

    def __call__(self, one: Happening) -> str:
        """The cause that the facts tell, else the right one if somebody ever named it of this problem."""
        found = _found(one, helped=one.truths in self._known)
        if one.mood.says(found, one.truths, others(one.report)) in one.truths:
            self._known.add(one.truths)
        return found


@dataclass
class InScope:
    """Applies each right word where its author said that it applies, or where a confirmed generalisation does."""

    _learner: Learner = field(default_factory=Learner)

    def __call__(self, one: Happening) -> str:
        """The cause that the facts tell, else the right one if a memory in whose scope this lies claims it."""
        found = _found(one, helped=self._is_claimed(one))
        said = one.mood.says(found, one.truths, others(one.report))
        if said is not None and said != found:
            self._learner.correct(one, one.report, said, written_at(one))
        return found

    def _is_claimed(self, one: Happening) -> bool:
        asked = of_run(one.trace.run)
        right = (memory for memory in confirmed(self._learner.memories) if claim_of(memory).cause in one.truths)
        return any(match(memory.spec.scope, asked).answer is Answer.MATCH for memory in right)


def _found(one: Happening, *, helped: bool) -> str:
    by_facts = first(one.report)
    return one.truths[0] if helped and by_facts not in one.truths else by_facts
