"""A cause that a memory or a skill names and no detector suggested: nothing that it predicts was tested."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Ref
from casebook.api.enums import Origin
from casebook.reasoning.board import Ranked
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.judging.scoring import assess
from casebook.reasoning.registry import REGISTRY
from casebook.reasoning.situation import Situation

RARE = 0.01
"""Base rate of a cause that is in no registry."""


class Suspicion(NamedTuple):
    """A cause that somebody names: what is said of it, what a person should know who looks, and where it is from."""

    cause: str
    statement: str
    said: str
    origin: Origin


def put_forward(situation: Situation, suspicion: Suspicion, ref: Ref) -> Ranked:
    """A hypothesis that no detector suggested: everything that it predicts is still to be tested."""
    candidate: Candidate[None] = Candidate(
        object=ref,
        statement=suspicion.statement,
        harms=frozenset({ref, *(edge.source for edge in situation.graph.needed_by(ref))}),
        covers=frozenset(Sign),
        about=None,
    )
    return replace(assess(situation, _cause(suspicion), candidate), origin=suspicion.origin)


def _cause(suspicion: Suspicion) -> Cause[None]:
    known = REGISTRY.get(suspicion.cause)
    told = Prediction("something deviates where it would show", _shows, 0, 0)
    predictions = (
        tuple(Prediction(one.says, _untested, one.held, one.failed) for one in known.predictions) if known else ()
    )
    return Cause(
        code=suspicion.cause,
        means=known.means if known else suspicion.statement,
        names=known.names if known else "",
        explains=known.explains if known else "",
        base_rate=known.base_rate if known else RARE,
        detect=_nothing,
        predictions=(told, *predictions),
        steps=lambda situation, found: [f"Look at {situation.label(found.object)}: {suspicion.said}."],
        fault=known.fault if known else True,
    )


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
