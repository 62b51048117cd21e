"""What memories changed on a board, each effect in words."""

from collections.abc import Iterator

from casebook.api.enums import Role
from casebook.api.report import KnowledgeUse
from casebook.api.run import Recalled
from casebook.knowledge.concepts import Derived, key
from casebook.knowledge.context import Context
from casebook.knowledge.matching import Answer, Match, match
from casebook.knowledge.quarantine import struck_by
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.memories.expectations import edge_of, expectation_of, expectations
from casebook.reasoning.memories.mention import mention
from casebook.reasoning.memories.noise import Hushed, without
from casebook.reasoning.memories.remembered import by_whom
from casebook.reasoning.memories.taught import fits
from casebook.reasoning.memories.word import Force, Word
from casebook.reasoning.situation import Situation

LIKELY = 60
"""Percent from which the facts alone name a cause."""


def effects(board: Board) -> Iterator[KnowledgeUse]:
    """A line for every memory that changed something."""
    yield from _causes(board)
    yield from _noises(board.situation)
    yield from _facts(board.situation)
    yield from _concepts(board.situation)
    yield from _quarantines(board.situation)


def _causes(board: Board) -> Iterator[KnowledgeUse]:
    for item in board.ranked:
        if item.word:
            why = fits(item.word.memory, board.situation.taught.hypothesis(item.ref, item.cause))
            said = f"{_changed(item, item.word)}{_facts_alone(board, item)}"
            yield mention(board.situation, item.word.memory, why, said, _role(item, item.word))


def _role(item: Ranked, word: Word) -> Role:
    if word.force is Force.CONTRADICTED:
        return Role.CONTRADICTED
    if word.force is Force.RULES_OUT:
        return Role.ACTED
    if not item.chosen:
        return Role.SHOWN
    return Role.LED if word.proven else Role.ALONE


def _changed(item: Ranked, word: Word) -> str:
    about = f"{item.cause} on {item.object}"
    if word.force is Force.CONTRADICTED:
        return f"facts contradict memory {word.memory.name}: not so: {word.against}; {about} stays at {word.before} %"
    if word.force is Force.RULES_OUT:
        return f"ruled out {about}, which stood at {word.before} %"
    mark = "" if word.proven else f", {by_whom(word.memory)}, unproven"
    return f"moved prior of {about} from {word.before} % to {item.percent} %{mark}"


def _facts_alone(board: Board, item: Ranked) -> str:
    """What the facts alone would say, where that is something else than a person's word."""
    rivals = (one for one in board.ranked if not one.leads and not one.refuted and one.cause_entry.fault)
    best = max(rivals, key=lambda one: one.centinats, default=None) if item.leads else None
    if best is None or best.percent < LIKELY:
        return ""
    return f"; the facts alone point to {best.cause} on {best.object} ({best.percent} %)"


def _noises(situation: Situation) -> Iterator[KnowledgeUse]:
    if not isinstance(situation.world, Hushed):
        return
    taught = situation.world.taught
    raw = Situation(taught.world)
    for memory in situation.world.noises:
        quiet = without(taught, [memory])
        unheard = quiet.unheard()
        if unheard:
            left = set(Situation(quiet).symptoms)
            gone = [one for one in raw.symptoms if one not in left]
            where = ", ".join(dict.fromkeys(situation.label(one.entity) for one in gone))
            said = f"removed {len(gone)} symptoms as noise ({where})" if gone else "removed no symptom"
            yield mention(situation, memory, _own_terms(memory), f"{said}: {unheard} not heard", Role.ACTED)


def _facts(situation: Situation) -> Iterator[KnowledgeUse]:
    taught = situation.taught
    for memory in taught.known.claiming("dependency"):
        edge = edge_of(taught, memory)
        if edge:
            said = f"added an edge: {situation.label(edge.source)} needs {situation.label(edge.target)}"
            yield mention(situation, memory, fits(memory, taught.entity(edge.source)), said, Role.ACTED)
    for one in expectations(taught):
        place = f"{situation.label(one.thing.ref)} {expectation_of(one.memory).field}"
        said = f"{place} is {one.expected}, as expected" if one.holds else f"made a deviation of {place} = {one.found}"
        role = Role.SHOWN if one.holds else Role.ACTED
        yield mention(situation, one.memory, fits(one.memory, taught.entity(one.thing.ref)), said, role)


def _concepts(situation: Situation) -> Iterator[KnowledgeUse]:
    concepts = situation.taught.known.claiming("concept")
    applied: dict[str, str] = {}
    for derived in _contexts(situation) if concepts else ():
        applied = {**derived.applied, **applied}
    for memory in concepts:
        if key(memory) in applied:
            yield mention(situation, memory, _own_terms(memory), f"derived {applied[key(memory)]}", Role.ACTED)


def _quarantines(situation: Situation) -> Iterator[KnowledgeUse]:
    known = situation.taught.known
    for memory in known.claiming("quarantine"):
        names = ", ".join(one.name for one in struck_by(memory, known.idle))
        if names:
            yield mention(situation, memory, _own_terms(memory), f"took the force from {names}", Role.ACTED)


def _contexts(situation: Situation) -> list[Derived]:
    refs = dict.fromkeys(symptom.entity for symptom in situation.symptoms)
    return [situation.taught.question, *(situation.taught.entity(ref) for ref in refs)]


def _own_terms(memory: Recalled) -> Match:
    """Why a memory applied to single entities: its own terms."""
    return match(memory.spec.scope, Context())._replace(answer=Answer.MATCH)
