"""Proposals: a cause that people accepted again and again for the same question, as one memory about that question.

It changes what comes later where less can be seen than now: the cause then leads, marked as unproven, instead of being
one of many. Nothing is proposed of what somebody rejected, called wrong, or has said already.
"""

from collections.abc import Iterable, Sequence

from casebook.analysis.things import clip
from casebook.api.case import Asked, PastCase
from casebook.api.enums import ClaimEffect, Judgement, Source, State, Verdict
from casebook.api.memory import CauseClaim, Claim, KnowledgeOrigin, MemorySpec
from casebook.api.names import digest
from casebook.api.run import Recalled
from casebook.api.scope import Scope
from casebook.knowledge.context import WORKLOAD_KINDS
from casebook.knowledge.generalising import ENOUGH, PLACE, STATEMENT, Proposal, never_proposed, says_already
from casebook.knowledge.lineage import INVESTIGATION
from casebook.knowledge.matching import scope_words
from casebook.knowledge.recurrence import signature

MAX_CASES = 10
"""Investigations that a proposal names as its parents."""


def accepted_causes(cases: Iterable[PastCase], memories: Sequence[Recalled]) -> list[Proposal]:
    """What is to be proposed of past cases, the newest first among them, by name."""
    made = [one for group in _groups(cases) if (one := _proposal(group, memories)) is not None]
    return sorted(never_proposed(made, memories), key=lambda one: one.name)


def _groups(cases: Iterable[PastCase]) -> list[list[PastCase]]:
    """Cases of one question, namespace, cause and object that enough people accepted, and nobody called wrong."""
    found: dict[tuple[object, ...], list[PastCase]] = {}
    for case in cases:
        if is_judged(case):
            about = case.asked.model_dump_json(exclude={"words"})
            found.setdefault((about, case.namespace, case.cause, case.object), []).append(case)
    return [group for group in found.values() if is_accepted(group)]


def is_judged(case: PastCase) -> bool:
    """Whether it found a cause by itself, and somebody said whether that was right."""
    return case.verdict is Verdict.ROOT_CAUSE and case.explained_by is None and case.said is not None


def is_accepted(group: Iterable[PastCase]) -> bool:
    """Whether people accepted enough of them, and called none wrong."""
    said = [case.said.judgement for case in group if case.said]
    return said.count(Judgement.CORRECT) >= ENOUGH and Judgement.WRONG not in said


def _proposal(group: Sequence[PastCase], memories: Iterable[Recalled]) -> Proposal | None:
    """None where the question tells too little to be known again, or where somebody has decided on it already."""
    first = group[0]
    scope = _scope(first.asked, first.namespace)
    claim = CauseClaim(object=first.object, cause=first.cause, effect=ClaimEffect.CONFIRMS)
    if scope is None or any(says_already(one, claim, scope) for one in memories):
        return None
    name = f"accepted-{digest(f'{claim.cause}|{claim.object}|{scope_words(scope)}', 16)}"
    return Proposal(name, first.namespace, _spec(group, claim, scope))


def _spec(group: Sequence[PastCase], claim: CauseClaim, scope: Scope) -> MemorySpec:
    accepted = [case for case in group if case.said and case.said.judgement is Judgement.CORRECT][:MAX_CASES]
    names = ", ".join(case.name for case in accepted)
    said = f"{claim.cause} on {claim.object} where {scope_words(scope)}: accepted in {len(accepted)} investigations"
    return MemorySpec(
        statement=clip(f"{said} ({names}).", STATEMENT),
        claim=Claim(cause=claim),
        scope=scope,
        state=State.PROPOSED,
        origin=KnowledgeOrigin(
            type=Source.AGENT,
            signature=signature(group[0]),
            derived_from=[f"{INVESTIGATION}/{case.name}" for case in accepted],
        ),
    )


def _scope(asked: Asked, namespace: str) -> Scope | None:
    """The alert and the workload that were asked about; None where neither is known by a name of its own."""
    is_named = asked.kind in WORKLOAD_KINDS and asked.entity and "*" not in asked.entity
    labels = {
        **({"alertname": asked.alertname} if asked.alertname else {}),
        **({"workload.name": asked.entity} if is_named else {}),
    }
    return Scope(match_labels=labels | {PLACE: namespace}) if labels else None
