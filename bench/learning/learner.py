"""Casebook on a stream: what people say is remembered, uses are counted, proposals are confirmed or not."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bench.learning.incidents import why_stale
from bench.learning.stream import Happening, first
from casebook.api.case import Use
from casebook.api.enums import Judgement
from casebook.api.report import Report
from casebook.api.run import Recalled
from casebook.knowledge.concepts import key
from casebook.knowledge.conflicts import claim_of
from casebook.knowledge.credit import by_memory, uses_of
from casebook.knowledge.generalising import Proposal, proposals
from casebook.knowledge.recall import as_confirmed, recalled
from casebook.knowledge.standing import standings
from casebook.reasoning.replay import replay
from support.memories import WRITTEN, correction_of


@dataclass
class Learner:
    """Casebook with a person on call: corrections are remembered, uses are counted, proposals are confirmed or not."""

    memories: list[Recalled] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)

    def __call__(self, one: Happening) -> str:
        """The cause that the report names, before the person has said what they think of it."""
        now = written_at(one)
        given, _ = recalled(self._standing(now), one.trace.run)
        run = one.trace.run.replace(recalled=given)
        report = replay(one.trace.replace(run=run))
        found = first(report)
        said = one.mood.says(found, one.truths, others(one.report))
        judgement = None if said is None else Judgement.CORRECT if said == found else Judgement.WRONG
        new = [
            use.replace(judgement=judgement, by="oncall" if judgement else "", at=now) for use in uses_of(run, report)
        ]
        self.uses = [*new, *self.uses]
        if said is not None and said != found:
            self.correct(one, report, said, now)
        return found

    def _standing(self, now: datetime) -> list[Recalled]:
        """The memories as the controller would mark them by now."""
        told = standings(self.memories, now, by_memory(self.uses))
        return [memory.replace(stale=why_stale(told[key(memory)])) for memory in self.memories]

    def correct(self, one: Happening, report: Report, said: str, now: datetime) -> None:
        """The person's word becomes a memory, and what follows of it and earlier ones is proposed."""
        scope = {"matchLabels": one.mood.takes(one.known)}
        named = {"rootCause": {"cause": said}, "scope": scope}
        made = correction_of(one.trace, report, written_at=now, used=self.memories, **named)
        self.memories.append(made)
        for proposal in proposals(self.memories):
            self.memories.append(_decided(proposal, one, now))


def written_at(one: Happening) -> datetime:
    """When it happened, by the clock of memories: an hour after the one before."""
    return WRITTEN + timedelta(hours=one.number)


def _decided(proposal: Proposal, one: Happening, now: datetime) -> Recalled:
    """The proposal after the person has looked at it: confirmed, or left alone."""
    made = Recalled(name=proposal.name, namespace=proposal.namespace, version=1, written_at=now, spec=proposal.spec)
    confirmed = one.mood.confirms_proposal(right=claim_of(made).cause == one.truths[0] and one.family is not None)
    return as_confirmed(made) if confirmed else made


def others(report: Report) -> list[str]:
    """Causes that a person could mistake for the one behind it: those that the report considered."""
    return [item.cause for item in report.hypotheses]
