"""What was recalled, why it applied and what it changed: every effect of a memory, in words."""

from collections.abc import Iterator

from casebook.analysis.things import clip
from casebook.api.report import KnowledgeUse
from casebook.api.run import Recalled
from casebook.knowledge.concepts import key
from casebook.knowledge.context import Context
from casebook.knowledge.matching import Answer, Match, match
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.expectations import edge_of, expectation_of, expectations
from casebook.reasoning.noise import Hushed, noise_of, without
from casebook.reasoning.remembered import by_whom
from casebook.reasoning.situation import Situation
from casebook.reasoning.word import Force

MEMORY = "Memory"
MAX_USES = 12
LIKELY = 60
"""Percent from which a cause is named by the facts alone."""
WHY, EFFECT = 300, 500


def knowledge(board: Board) -> list[KnowledgeUse]:
    """Every memory that acted, then those that would have to know more, then those that did nothing."""
    if not board.situation.world.snapshot.run.recalled:
        return []
    acted = [*_causes(board), *_noises(board.situation), *_facts(board.situation), *_concepts(board)]
    return [*acted, *_waiting(board), *_without_effect(board)][:MAX_USES]


def doubts(board: Board) -> list[str]:
    """What a person is asked where the facts contradict a memory."""
    return [
        f"Is memory {item.word.memory.name} still true? The facts contradict it: not so: {item.word.against}."
        f" If not: kubectl casebook retire {item.word.memory.name} -n {item.word.memory.namespace}"
        for item in board.ranked
        if item.word and item.word.force is Force.CONTRADICTED and not item.word.memory.platform
    ]


def _causes(board: Board) -> Iterator[KnowledgeUse]:
    taught = board.situation.taught
    for item in board.ranked:
        if item.word:
            fits = taught.fits(item.word.memory, taught.hypothesis(item.ref, item.cause))
            yield _use(board.situation, item.word.memory, fits, f"{_changed(item)}{_without(board, item)}")


def _without(board: Board, item: Ranked) -> str:
    """What the facts alone would say, where that is something else than a person's word."""
    rivals = (one for one in board.ranked if not one.leads and not one.refuted and one.cause_entry.fault)
    best = max(rivals, key=lambda one: one.centinats, default=None) if item.leads else None
    if best is None or best.percent < LIKELY:
        return ""
    return f"; the facts alone point to {best.cause} on {best.object} ({best.percent} %)"


def _changed(item: Ranked) -> str:
    word = item.word
    if word is None:
        return ""
    about = f"{item.cause} on {item.object}"
    if word.force is Force.CONTRADICTED:
        return f"facts contradict memory {word.memory.name}: not so: {word.against}; {about} stays at {word.before} %"
    if word.force is Force.RULES_OUT:
        return f"ruled out {about}, which stood at {word.before} %"
    mark = "" if word.proven else f", {by_whom(word.memory)}, unproven"
    return f"moved prior of {about} from {word.before} % to {item.percent} %{mark}"


def _noises(situation: Situation) -> Iterator[KnowledgeUse]:
    taught = situation.world.taught if isinstance(situation.world, Hushed) else situation.taught
    raw = Situation(taught.world)
    for memory in taught.known.claiming("noise"):
        quiet = Situation(without(taught.world, [memory]))
        gone = [one for one in raw.symptoms if one not in quiet.symptoms]
        unheard = _unheard(raw, quiet)
        if not unheard:
            continue
        removed = f"removed {len(gone)} symptoms as noise" if gone else "removed no symptom"
        where = ", ".join(dict.fromkeys(situation.label(one.entity) for one in gone))
        yield _use(
            situation, memory, _applied(memory), f"{removed}{f' ({where})' if where else ''}: {unheard} not heard"
        )


def _unheard(raw: Situation, quiet: Situation) -> str:
    events = len(raw.world.events) - len(quiet.world.events)
    entries = sum(len(log.entries) for log in raw.world.logs.values())
    entries -= sum(len(log.entries) for log in quiet.world.logs.values())
    said = [f"{events} kinds of event" if events else "", f"{entries} log entries" if entries else ""]
    return " and ".join(part for part in said if part)


def _facts(situation: Situation) -> Iterator[KnowledgeUse]:
    taught = situation.taught
    for memory in taught.known.claiming("dependency"):
        edge = edge_of(taught, memory)
        if edge:
            said = f"added an edge: {situation.label(edge.source)} needs {situation.label(edge.target)}"
            yield _use(situation, memory, taught.fits(memory, taught.entity(edge.source)), said)
    for one in expectations(taught):
        place = f"{situation.label(one.thing.ref)} {expectation_of(one.memory).field}"
        said = f"{place} is {one.expected}, as expected" if one.holds else f"made a deviation of {place} = {one.found}"
        yield _use(situation, one.memory, taught.fits(one.memory, taught.entity(one.thing.ref)), said)


def _concepts(board: Board) -> Iterator[KnowledgeUse]:
    situation, found = board.situation, dict[str, str]()
    known = situation.taught.known
    for context in _contexts(board):
        derived = known.derive(context)
        found = {**derived.applied, **found}
    for memory in known.claiming("concept"):
        if key(memory) in found:
            yield _use(situation, memory, _applied(memory), f"derived {found[key(memory)]}")


def _contexts(board: Board) -> list[Context]:
    situation = board.situation
    refs = dict.fromkeys([symptom.entity for symptom in situation.symptoms])
    return [situation.taught.investigation, *(situation.taught.entity(ref) for ref in refs)]


def _waiting(board: Board) -> Iterator[KnowledgeUse]:
    """Memories that cannot be told to apply: which term would have to be known."""
    situation = board.situation
    taught = situation.taught
    for memory in taught.known.memories:
        fits = (
            board.idle.unknown.get(key(memory)) if memory in taught.known.claiming("cause") else _unknown(board, memory)
        )
        if fits:
            yield _use(situation, memory, fits, "not acted on: whether it applies is not known")


def _unknown(board: Board, memory: Recalled) -> Match | None:
    taught = board.situation.taught
    derived = taught.known.derive(taught.investigation)
    fits = derived.unknown.get(key(memory)) or match(memory.spec.scope, derived.context)
    return fits if fits.answer is Answer.UNKNOWN else None


def _without_effect(board: Board) -> Iterator[KnowledgeUse]:
    """Memories that apply and did nothing, with the reason; notes, which are only shown; what has lost its force."""
    situation = board.situation
    taught = situation.taught
    refused = taught.known.concepts.refused
    derived = taught.known.derive(taught.investigation)
    for memory in taught.known.memories:
        fits = match(memory.spec.scope, derived.context)
        why = board.idle.unused.get(key(memory)) or refused.get(key(memory)) or derived.outranked.get(key(memory))
        if why is None and memory in taught.known.notes and fits.answer is Answer.MATCH:
            why = f"a note, shown and not acted on: {memory.spec.statement}"
        if why is None and memory in taught.known.claiming("noise") and noise_of(memory).alertname:
            why = _alert(situation, memory, fits)
        if why:
            yield _use(situation, memory, fits, why)
    for memory in taught.known.idle:
        fits = match(memory.spec.scope, derived.context)
        if fits.answer is not Answer.CONFLICT:
            yield _use(situation, memory, fits, f"not acted on: {taught.known.powerless[key(memory)]}")


def _alert(situation: Situation, memory: Recalled, fits: Match) -> str | None:
    alert = situation.world.snapshot.run.spec.alert
    named = alert.labels.get("alertname", "") if alert else ""
    if fits.answer is not Answer.MATCH or named != noise_of(memory).alertname:
        return None
    return f"alert {named} is known to mean nothing here; what deviates was judged all the same"


def _applied(memory: Recalled) -> Match:
    """Why a memory applied to single entities: its own terms."""
    return match(memory.spec.scope, Context())._replace(answer=Answer.MATCH)


def _use(situation: Situation, memory: Recalled, fits: Match, effect: str) -> KnowledgeUse:
    why = f"applies only if {fits.said}" if fits.answer is Answer.UNKNOWN else f"applies: {fits.said}"
    return KnowledgeUse(
        kind=MEMORY,
        name=display_name(memory, situation.world.snapshot.run.namespace),
        version=str(memory.version),
        why=clip("applies no more" if fits.answer is Answer.CONFLICT else why, WHY),
        effect=clip(effect, EFFECT),
    )


def display_name(memory: Recalled, home: str) -> str:
    """Its name, with its namespace where that is not the investigation's own."""
    return memory.name if memory.namespace == home else clip(f"{memory.namespace}/{memory.name}", 253)
