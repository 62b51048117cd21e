"""Hypotheses of a model: listed beside the others, tested by code, and an answer only where the rules have none.

A proposal becomes the root cause only if the rules come to no conclusion, all that it predicts was seen, and among that
stands both what the errors say and a setting in the object that it names, of which those errors speak.
Nothing that a model says changes how the rules rank, choose or refute.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.api.consultation import MIN_PREDICTIONS, UNNAMED, Look, Proposal, ProposedPrediction
from casebook.api.enums import ClaimEffect, Origin, Outcome, Verdict
from casebook.knowledge.conflicts import claim_of
from casebook.knowledge.matching import Answer
from casebook.reasoning.board import DECISIVE, Board, Part, Ranked
from casebook.reasoning.cause import Candidate, Cause, Prediction
from casebook.reasoning.judging.covering import THRESHOLD, best_first
from casebook.reasoning.judging.scoring import assess
from casebook.reasoning.judging.verdict import verdict
from casebook.reasoning.memories.taught import fits
from casebook.reasoning.proposals.predicted import outcome, ref_of, wants
from casebook.reasoning.proposals.significance import Spoken, is_telling, spoken
from casebook.reasoning.registry import REGISTRY
from casebook.reasoning.situation import Situation

BASE_RATE = 0.01
"""A model's word before anything is tested: that of a cause which no rule knows."""
TELLING = 230
"""What a telling prediction adds, in centinats: as much as one of the rules that is nearly decisive."""
MOST = 100
"""Where a model's hypothesis stands at most, in centinats: 73 percent."""
SURE = 70
"""Percent from which a root cause of the rules needs no second opinion."""


def unsure(board: Board) -> bool:
    """Whether the rules end here: no conclusion, none that is sure, or a question in words and no fault to tell of."""
    said = verdict(board)
    asked = board.situation.world.snapshot.run.spec.question.strip()
    wonders = said is Verdict.NO_FAULT and bool(asked)
    return wonders or said is Verdict.INCONCLUSIVE or any(item.percent < SURE for item in board.chosen)


def joined(board: Board) -> Board:
    """The board of the rules with what a model proposed; the same board where none was asked."""
    situation = board.situation
    consultation = situation.world.snapshot.consultation
    if consultation is None or not consultation.proposals:
        return board
    said = spoken(situation)
    known = {(item.object, item.cause) for item in board.ranked}
    found: dict[tuple[str, str], Ranked] = {}
    for proposal in consultation.proposals:
        item = _ranked(situation, proposal, said)
        if item is not None and (item.object, item.cause) not in known:
            found.setdefault((item.object, item.cause), item)
    items = _with_answer(board, sorted(found.values(), key=best_first))
    return replace(board, ranked=tuple(sorted([*board.ranked, *items], key=best_first)))


def _with_answer(board: Board, items: list[Ranked]) -> list[Ranked]:
    """The first that may be the answer marked as such, where the rules have none."""
    if verdict(board) is Verdict.INCONCLUSIVE:
        for index, item in enumerate(items):
            if _may_answer(board.situation, item):
                return [*items[:index], replace(item, chosen=True), *items[index + 1 :]]
    return items


def _may_answer(situation: Situation, item: Ranked) -> bool:
    proposal: Proposal = item.candidate.about
    strong = [one for (prediction, _), one in zip(item.results, proposal.predictions, strict=True) if prediction.held]
    own = {one.object for one in strong if one.look is Look.FIELD and ref_of(situation, one.object) == item.ref}
    words = [one for one in strong if one.look is not Look.FIELD]
    return (
        len(proposal.predictions) >= MIN_PREDICTIONS
        and all(finding.outcome is Outcome.HELD for _, finding in item.results)
        and bool(own and words)
        and item.centinats >= THRESHOLD
        and any(symptom in item.explained for symptom in situation.pressing)
        and not _ruled_out(situation, item)
    )


def _ruled_out(situation: Situation, item: Ranked) -> bool:
    """Whether a person's word says that this is not the cause here."""
    taught = situation.taught
    return any(
        claim_of(memory).effect is ClaimEffect.RULES_OUT
        and claim_of(memory).cause == item.cause
        and fits(memory, taught.hypothesis(item.ref, item.cause)).answer is Answer.MATCH
        for memory in taught.known.claiming("cause")
    )


def _ranked(situation: Situation, proposal: Proposal, said: Spoken) -> Ranked | None:
    """The proposal with its predictions tested; None for an object that nothing shows to be there."""
    ref = situation.world.top(ref_of(situation, proposal.object))
    if ref not in situation.world.things:
        return None
    candidate = Candidate(
        object=ref,
        statement=f"{proposal.statement.rstrip('.')} (proposed by a model)",
        harms=frozenset({ref, *(edge.source for edge in situation.graph.needed_by(ref))}),
        covers=frozenset(Sign),
        about=proposal,
    )
    item = assess(situation, _cause(situation, proposal, said), candidate)
    over = min(0, MOST - item.centinats)
    parts = (*item.parts, Part("a model's word counts no more than this", over)) if over else item.parts
    return replace(item, parts=parts, origin=Origin.MODEL)


def _cause(situation: Situation, proposal: Proposal, said: Spoken) -> Cause[Proposal]:
    known = REGISTRY.get(proposal.cause)
    return Cause(
        code=known.code if known and known.fault else UNNAMED,
        means=known.means if known else "A cause that no rule names.",
        names=known.names if known else "",
        explains=known.explains if known else "",
        base_rate=BASE_RATE,
        detect=_nothing,
        predictions=tuple(_prediction(situation, one, said) for one in proposal.predictions),
        steps=_steps,
    )


def _prediction(situation: Situation, one: ProposedPrediction, said: Spoken) -> Prediction[Proposal]:
    finding = outcome(situation, one)
    weight = TELLING if finding.outcome is Outcome.HELD and is_telling(situation, one, said) else 0
    if finding.outcome is Outcome.HELD and not weight:
        finding = finding._replace(note="seen, but nothing speaks of it")
    queries = tuple(wants(situation, one))
    return Prediction(one.says, lambda _, __: finding, weight, DECISIVE, lambda _, __: queries)


def _nothing(_: Situation) -> Iterable[Candidate[Any]]:
    return ()


def _steps(situation: Situation, found: Candidate[Proposal]) -> Sequence[str]:
    label = situation.label(found.object)
    return [f"Look at {label} before you act: a model named it, and Casebook tested only what the hypothesis lists."]


def asked_about(board: Board) -> list[Ref]:
    """Objects on the path, nearest first: what a model may name."""
    path = board.situation.path
    return sorted(path.keys() & board.situation.world.things.keys(), key=lambda ref: (path[ref], ref))
