"""Proposals: the value of a field that people agreed again and again to have been wrongly changed, as what is normal.

It changes what comes later: a field that is not as expected is a symptom by itself, before anything fails of it. Only
fields whose value was the same before each of the changes are proposed, so that releases, which go on, are none; and
only where the API server tells the value, and people accepted the reports that blame its change.
"""

import re
from collections.abc import Iterable, Sequence

from casebook.analysis.things import clip
from casebook.api.case import Blamed, PastCase
from casebook.api.enums import Judgement, Source, State
from casebook.api.memory import Claim, Expectation, KnowledgeOrigin, MemorySpec
from casebook.api.names import digest
from casebook.api.run import Recalled
from casebook.api.scope import Scope
from casebook.knowledge.accepting import MAX_CASES, is_accepted, is_judged
from casebook.knowledge.generalising import PLACE, STATEMENT, Proposal, never_proposed
from casebook.knowledge.lineage import INVESTIGATION

_PLAIN = re.compile(r"(spec|data)(\.[A-Za-z0-9_-]+)+")
"""Fields that an expectation can name as reports do; those of a pod's template are told from the template on."""
_CUT = "…"

Told = tuple[PastCase, Blamed]


def normal_values(cases: Iterable[PastCase], memories: Sequence[Recalled]) -> list[Proposal]:
    """What is to be proposed of past cases, the newest first among them, by name."""
    made = [_proposal(group) for group in _groups(cases) if not _is_decided(group, memories)]
    return sorted(never_proposed(made, memories), key=lambda one: one.name)


def _groups(cases: Iterable[PastCase]) -> list[list[Told]]:
    """Cases that blame one field of one object, which enough people accepted and nobody called wrong."""
    found: dict[tuple[str, str, str], list[Told]] = {}
    for case in cases:
        if is_judged(case):
            for one in case.blamed:
                if _PLAIN.fullmatch(one.field) and _object(one, case.namespace):
                    found.setdefault((case.namespace, one.entity, one.field), []).append((case, one))
    return [group for group in found.values() if _is_agreed(group)]


def _is_agreed(group: Sequence[Told]) -> bool:
    """Whether people accepted enough of them, and the value before was the same, and known, each time."""
    before = {one.old if one.old_known else None for _, one in group}
    known = len(before) == 1 and None not in before and not any(_CUT in str(value) for value in before)
    return known and is_accepted(case for case, _ in group)


def _object(one: Blamed, home: str) -> str:
    """The object as a memory names it; empty where it is not in the namespace of the case."""
    kind, _, rest = one.entity.partition("/")
    namespace, _, name = rest.partition("/")
    return f"{kind}/{name}" if name and namespace == home else ""


def _is_decided(group: Sequence[Told], memories: Iterable[Recalled]) -> bool:
    """Whether somebody has said already what is normal there, or has rejected this."""
    claim = _claim(group)
    for memory in memories:
        known = memory.spec.claim.expectation if memory.spec.claim else None
        if known and memory.namespace == group[0][0].namespace and memory.spec.state is not State.RETIRED:
            same = (known.object, known.field) == (claim.object, claim.field)
            if same and (memory.spec.state is not State.REJECTED or known.value == claim.value):
                return True
    return False


def _claim(group: Sequence[Told]) -> Expectation:
    case, one = group[0]
    return Expectation(object=_object(one, case.namespace), field=one.field, value=one.old or "")


def _proposal(group: Sequence[Told]) -> Proposal:
    claim, place = _claim(group), group[0][0].namespace
    accepted = [case.name for case, _ in group if case.said and case.said.judgement is Judgement.CORRECT][:MAX_CASES]
    said = f"{claim.field} of {claim.object} is {claim.value}: changes of it were behind {len(accepted)} problems"
    spec = MemorySpec(
        statement=clip(f"{said}, as people agreed ({', '.join(accepted)}).", STATEMENT),
        claim=Claim(expectation=claim),
        scope=Scope(match_labels={PLACE: place}),
        state=State.PROPOSED,
        origin=KnowledgeOrigin(type=Source.AGENT, derived_from=[f"{INVESTIGATION}/{name}" for name in accepted]),
    )
    return Proposal(f"normal-{digest(f'{claim.object}|{claim.field}|{claim.value}', 16)}", place, spec)
