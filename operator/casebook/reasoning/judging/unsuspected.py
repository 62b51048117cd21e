"""A cause that a memory names and no detector suggested: nothing that it predicts was tested."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Ref
from casebook.api.enums import Origin
from casebook.api.memory import CauseClaim
from casebook.api.run import Recalled
from casebook.knowledge.conflicts import claim_of
from casebook.reasoning.board import Ranked
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.judging.scoring import assess
from casebook.reasoning.registry import REGISTRY
from casebook.reasoning.situation import Situation

RARE = 0.01
"""Base rate of a cause that is in no registry."""


def put_forward(situation: Situation, memory: Recalled, ref: Ref) -> Ranked:
    """A hypothesis that no detector suggested: everything that it predicts is still to be tested."""
    claim = claim_of(memory)
    candidate: Candidate[None] = Candidate(
        object=ref,
        statement=memory.spec.statement,
        harms=frozenset({ref, *(edge.source for edge in situation.graph.needed_by(ref))}),
        covers=frozenset(Sign),
        about=None,
    )
    return replace(assess(situation, _cause(claim, memory), candidate), origin=Origin.MEMORY)


def _cause(claim: CauseClaim, memory: Recalled) -> Cause[None]:
    known = REGISTRY.get(claim.cause)
    told = Prediction("something deviates where it would show", _shows, 0, 0)
    predictions = (
        tuple(Prediction(one.says, _untested, one.held, one.failed) for one in known.predictions) if known else ()
    )
    return Cause(
        code=claim.cause,
        means=known.means if known else memory.spec.statement,
        names=known.names if known else "",
        explains=known.explains if known else "",
        base_rate=known.base_rate if known else RARE,
        detect=_nothing,
        predictions=(told, *predictions),
        steps=lambda situation, found: [_look(situation.label(found.object), memory)],
        fault=known.fault if known else True,
    )


def _look(label: str, memory: Recalled) -> str:
    return f"Look at {label}: memory {memory.name} says that this is the cause, and nothing that was read shows it."


def _nothing(_: Situation) -> Iterable[Candidate[None]]:
    return ()


def _untested(_: Situation, __: Candidate[None]) -> Finding:
    return UNTESTED


def _shows(situation: Situation, found: Candidate[None]) -> Finding:
    cites = tuple(cite for symptom in _seen(situation, found) for cite in symptom.cites[:1])
    return held(*cites[:4]) if cites else UNTESTED


def _seen(situation: Situation, found: Candidate[None]) -> Iterator[Symptom]:
    reached = situation.graph.downstream(found.harms)
    yield from (symptom for symptom in situation.pressing if symptom.entity in reached)
    yield from (symptom for symptom in situation.pressing if symptom.entity not in reached)
