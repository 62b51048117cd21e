"""Proposals: what was noticed beside several problems whose reports people accepted.

A need that only logs told stood each time between the cause and what was asked about: remembered, it is known where a
log says nothing of it. Errors of a workload went on beside problems of other causes, and none explained them: without
them the next look is clear sooner. Logs alone prove neither, so it takes the word of people on each of the reports, and
somebody who confirms what is proposed.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from casebook.analysis.things import clip
from casebook.api.case import PastCase
from casebook.api.enums import Judgement, Source, State
from casebook.api.memory import Claim, Dependency, KnowledgeOrigin, MemorySpec, Noise
from casebook.api.names import digest
from casebook.api.run import Recalled
from casebook.api.scope import Scope
from casebook.knowledge.accepting import MAX_CASES, is_accepted, is_judged
from casebook.knowledge.generalising import PLACE, STATEMENT, Proposal, never_proposed
from casebook.knowledge.lineage import INVESTIGATION

OTHERS = 2
"""Causes beside which errors must have gone on at least to be of none of them."""

Fact = tuple[str, str, str]
"""The kind of claim, and what it is about: who needs and what, or a workload and the template of its errors."""


def noticed_facts(cases: Iterable[PastCase], memories: Sequence[Recalled]) -> list[Proposal]:
    """What is to be proposed of past cases, the newest first among them, by name."""
    found: dict[tuple[str, Fact], list[PastCase]] = {}
    for case in cases:
        if is_judged(case):
            for fact in _facts(case):
                found.setdefault((case.namespace, fact), []).append(case)
    made = [
        _proposal(place, fact, group)
        for (place, fact), group in found.items()
        if _is_agreed(fact, group) and not _is_decided(place, fact, memories)
    ]
    return sorted(never_proposed(made, memories), key=lambda one: one.name)


def _facts(case: PastCase) -> list[Fact]:
    """What was noticed in the case's own namespace."""
    needs = [("dependency", one.source, one.target) for one in case.noticed.needs]
    errors = [("noise", one.workload, one.template) for one in case.noticed.errors]
    near = [one for one in needs if one[1].count("/") == one[2].count("/") == 1 and one[1] != one[2]]
    return [*near, *(one for one in errors if one[1].count("/") == 1 and one[2])]


def _is_agreed(fact: Fact, group: Sequence[PastCase]) -> bool:
    causes = {(case.cause, case.object) for case in group}
    return is_accepted(group) and (fact[0] == "dependency" or len(causes) >= OTHERS)


def _is_decided(place: str, fact: Fact, memories: Iterable[Recalled]) -> bool:
    """Whether a memory says it already, or it was rejected."""
    return any(
        _claim(fact).wire().items() <= one.spec.claim.wire().items()
        and (fact[0] == "dependency" or _scope(place, fact).match_labels.items() >= one.spec.scope.match_labels.items())
        for one in memories
        if one.spec.claim and one.namespace == place and one.spec.state is not State.RETIRED
    )


def _claim(fact: Fact) -> Claim:
    kind, about, what = fact
    if kind == "dependency":
        return Claim(dependency=Dependency.model_validate({"from": about, "to": what}))
    return Claim(noise=Noise(log_template=what))


def _scope(place: str, fact: Fact) -> Scope:
    kind, about, _ = fact
    of: dict[str, Any] = {"workload.name": about.partition("/")[2]} if kind == "noise" else {}
    return Scope(match_labels={PLACE: place, **of})


def _statement(fact: Fact, names: Sequence[str]) -> str:
    kind, about, what = fact
    seen = f"{len(names)} investigations that people accepted ({', '.join(names)})"
    if kind == "dependency":
        return f"{about} needs {what}, as {seen} saw in logs alone."
    return f"Errors of {about} like this mean nothing: {what}. They went on in {seen}, and no cause explained them."


def _proposal(place: str, fact: Fact, group: Sequence[PastCase]) -> Proposal:
    accepted = [case.name for case in group if case.said and case.said.judgement is Judgement.CORRECT][:MAX_CASES]
    spec = MemorySpec(
        statement=clip(_statement(fact, accepted), STATEMENT),
        claim=_claim(fact),
        scope=_scope(place, fact),
        state=State.PROPOSED,
        origin=KnowledgeOrigin(type=Source.AGENT, derived_from=[f"{INVESTIGATION}/{name}" for name in accepted]),
    )
    return Proposal(f"seen-{digest('|'.join(fact), 16)}", place, spec)
