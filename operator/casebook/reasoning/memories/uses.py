"""What was recalled: memories and skills that acted, would have to know more, or did nothing, with the reason."""

from collections.abc import Iterator

from casebook.api.enums import Role
from casebook.api.report import KnowledgeUse
from casebook.api.run import Recalled
from casebook.knowledge.concepts import key
from casebook.knowledge.conflicts import is_about_cause
from casebook.knowledge.matching import Answer, Match
from casebook.reasoning.board import Board
from casebook.reasoning.memories.effects import effects
from casebook.reasoning.memories.expectations import overruled
from casebook.reasoning.memories.mention import mention
from casebook.reasoning.memories.noise import noise_of
from casebook.reasoning.memories.taught import fits
from casebook.reasoning.memories.word import Force
from casebook.reasoning.situation import Situation
from casebook.reasoning.skills.uses import skill_uses

MAX_USES = 12


def knowledge(board: Board) -> list[KnowledgeUse]:
    """What acted, then what would have to know more, then what did nothing; of skills what became of each."""
    skills = [*skill_uses(board.situation, board.practised)]
    acted = [one for one in skills if one.role is not Role.SHOWN]
    shown = [one for one in skills if one.role is Role.SHOWN]
    if not board.situation.world.snapshot.run.recalled:
        return [*acted, *shown][:MAX_USES]
    idle = [*_waiting(board), *_without_effect(board), *_powerless(board.situation)]
    return [*effects(board), *acted, *idle, *shown][:MAX_USES]


def doubts(board: Board) -> list[str]:
    """What a person is asked where the facts contradict a memory."""
    return [
        f"Is memory {item.word.memory.name} still true? The facts contradict it: not so: {item.word.against}."
        f" If not: kubectl casebook retire {item.word.memory.name} -n {item.word.memory.namespace}"
        for item in board.ranked
        if item.word and item.word.force is Force.CONTRADICTED and not item.word.memory.platform
    ]


def _waiting(board: Board) -> Iterator[KnowledgeUse]:
    """Memories that cannot be told to apply: which term would have to be known."""
    taught = board.situation.taught
    for memory in taught.known.memories:
        unknown = board.idle.unknown.get(key(memory)) if is_about_cause(memory) else _unknown(board.situation, memory)
        if unknown:
            yield mention(board.situation, memory, unknown, "not acted on: whether it applies is not known")


def _unknown(situation: Situation, memory: Recalled) -> Match | None:
    question = situation.taught.question
    found = question.unknown.get(key(memory)) or fits(memory, question)
    return found if found.answer is Answer.UNKNOWN else None


def _without_effect(board: Board) -> Iterator[KnowledgeUse]:
    """Memories that apply and did nothing, with the reason, and notes, which are only shown."""
    taught = board.situation.taught
    yielding = overruled(taught)
    for memory in taught.known.memories:
        found = fits(memory, taught.question)
        why = (
            board.idle.unused.get(key(memory))
            or yielding.get(key(memory))
            or taught.known.concepts.refused.get(key(memory))
            or taught.question.outranked.get(key(memory))
            or (_shown(board.situation, memory) if found.answer is Answer.MATCH else "")
        )
        if why:
            gone = key(memory) in board.idle.gone
            yield mention(board.situation, memory, found, why, Role.GONE if gone else Role.SHOWN)


def _shown(situation: Situation, memory: Recalled) -> str:
    """What is said of a memory that applies and is never acted on: a note, or that the alert means nothing."""
    claim = memory.spec.claim
    if claim is None:
        return f"a note, shown and not acted on: {memory.spec.statement}"
    alert = situation.world.snapshot.run.spec.alert
    named = alert.labels.get("alertname", "") if alert and claim.noise else ""
    if not named or noise_of(memory).alertname != named:
        return ""
    return f"alert {named} is known to mean nothing here; what deviates was judged all the same"


def _powerless(situation: Situation) -> Iterator[KnowledgeUse]:
    """Memories that would apply and have lost their force."""
    taught = situation.taught
    for memory in taught.known.idle:
        found = fits(memory, taught.question)
        if found.answer is not Answer.CONFLICT:
            yield mention(situation, memory, found, f"not acted on: {taught.known.powerless[key(memory)]}")
