"""Remembered causes: what people confirmed or ruled out acts on the hypotheses of a board, and facts still decide.

A confirmed cause comes first and is the root cause unless one of its predictions failed. While none that tells much
has held, it stands at `covering.THRESHOLD` (60 %) and is marked as unproven. A cause that is ruled out stays on the
board, where everybody sees why it is none.
"""

from collections.abc import Sequence
from dataclasses import replace

from casebook.analysis.things import RESOURCES, Ref
from casebook.api.enums import ClaimEffect, Outcome, Source
from casebook.api.memory import CauseClaim
from casebook.api.run import Recalled
from casebook.knowledge.concepts import key
from casebook.knowledge.conflicts import claim_of, lost, outranked
from casebook.knowledge.matching import Answer, Match
from casebook.reasoning.board import Part, Ranked
from casebook.reasoning.judging.covering import THRESHOLD
from casebook.reasoning.judging.unsuspected import put_forward
from casebook.reasoning.memories.taught import fits
from casebook.reasoning.memories.word import Force, Idle, Word
from casebook.reasoning.situation import Situation

CONFIRMED = 300
"""Centinats that a person's confirmation adds: as telling as a decisive prediction that held."""
GONE = "stale: "
RULED_OUT = -500
"""Where a cause that is ruled out stands at most, in centinats: below one percent."""

Hypotheses = dict[tuple[str, str], Ranked]


def remember(situation: Situation, ranked: Sequence[Ranked]) -> tuple[list[Ranked], Idle]:
    """The hypotheses as the memories about causes change them; the same where none was recalled."""
    claims = situation.taught.known.claiming("cause")
    if not claims:
        return list(ranked), Idle()
    found: Hypotheses = {(item.object, item.cause): item for item in ranked}
    answers = {key(memory): _answer(situation, memory, found) for memory in claims}
    fitting = [memory for memory in claims if answers[key(memory)].answer is Answer.MATCH]
    losers = outranked(fitting)
    unused = {key(one): lost(losers[key(one)], one) for one in fitting if key(one) in losers}
    for memory in fitting:
        if key(memory) not in unused:
            why = _act(situation, memory, found)
            unused |= {key(memory): why} if why else {}
    unknown = {name: match for name, match in answers.items() if match.answer is Answer.UNKNOWN}
    gone = frozenset(name for name, why in unused.items() if why.startswith(GONE))
    return [found[name] for name in sorted(found)], Idle(unused, unknown, gone)


def _answer(situation: Situation, memory: Recalled, found: Hypotheses) -> Match:
    """The best answer over the hypotheses that the claim could mean, or over the object that it would be put on."""
    claim = claim_of(memory)
    refs = [item.ref for item in _meant(situation, claim, found)] or [_place(situation, claim)]
    taught = situation.taught
    answers = [fits(memory, taught.hypothesis(ref, claim.cause)) for ref in refs]
    return max(answers, key=lambda one: one.answer.value)


def _meant(situation: Situation, claim: CauseClaim, found: Hypotheses) -> list[Ranked]:
    """Hypotheses of the claim's cause on its object, or on any where it names none; the likeliest first."""
    wanted = situation.taught.ref(claim.object) if claim.object else None
    meant = [item for item in found.values() if item.cause == claim.cause and wanted in (None, item.ref)]
    return sorted(meant, key=lambda item: (-item.centinats, item.object))


def _place(situation: Situation, claim: CauseClaim) -> Ref:
    """Where a cause that nobody suspected would be: its object, else what was asked about, else what deviates."""
    if claim.object:
        return situation.taught.ref(claim.object)
    asked = sorted(situation.focus & situation.world.workloads.keys()) or sorted(situation.focus)
    pressing = [symptom.entity for symptom in situation.pressing]
    return next(iter([*asked, *pressing]), Ref("Namespace", "", situation.world.home))


def _act(situation: Situation, memory: Recalled, found: Hypotheses) -> str:
    """Let a memory act on the hypotheses; why it did nothing, or empty."""
    claim, taught = claim_of(memory), situation.taught
    meant = [
        item
        for item in _meant(situation, claim, found)
        if fits(memory, taught.hypothesis(item.ref, claim.cause)).answer is Answer.MATCH
    ]
    if claim.effect is ClaimEffect.RULES_OUT:
        for item in meant:
            found[item.object, item.cause] = _ruled_out(item, memory)
        return "" if meant else f"nothing to rule out: {claim.cause} was not suspected"
    if not meant:
        gone = _gone(situation, claim)
        if gone:
            return gone
        meant = [put_forward(situation, memory, _place(situation, claim))]
    free = [item for item in meant if item.word is None]
    for item in free[:1]:
        found[item.object, item.cause] = _confirmed(item, memory)
    return "" if free else f"says what memory {_speaker(meant[0])} says as well"


def _speaker(item: Ranked) -> str:
    return item.word.memory.name if item.word else ""


def _gone(situation: Situation, claim: CauseClaim) -> str:
    """That the object which a claim names is not there, where all of its kind were seen."""
    if not claim.object:
        return ""
    ref = situation.taught.ref(claim.object)
    resource = RESOURCES.get(ref.kind, "")
    if ref in situation.world.things or not resource or not situation.world.complete(resource, ref.namespace):
        return ""
    return f"{GONE}{claim.object} is gone; not acted on"


def _confirmed(item: Ranked, memory: Recalled) -> Ranked:
    against = next(
        (one.says for one, finding in item.results if finding.outcome is Outcome.FAILED and one.failed < 0), ""
    )
    if against:
        return replace(item, word=Word(memory, Force.CONTRADICTED, item.percent, against=against))
    wanted = max(item.centinats + CONFIRMED, THRESHOLD) if item.is_proven else THRESHOLD
    mark = "" if item.is_proven else f" ({by_whom(memory)}, unproven)"
    part = Part(f"memory {memory.name} version {memory.version} confirms it{mark}", wanted - item.centinats)
    statement = f"{item.statement.rstrip('.')}{mark}" if mark else item.statement
    candidate = replace(item.candidate, statement=statement)
    word = Word(memory, Force.LEADS, item.percent, item.is_proven)
    return replace(item, candidate=candidate, parts=(*item.parts, part), word=word)


def _ruled_out(item: Ranked, memory: Recalled) -> Ranked:
    if item.word is not None:
        return item
    lost = min(0, RULED_OUT - item.centinats)
    part = Part(f"memory {memory.name} version {memory.version} rules it out", lost)
    return replace(item, parts=(*item.parts, part), word=Word(memory, Force.RULES_OUT, item.percent))


def by_whom(memory: Recalled) -> str:
    """Whose word it is, as far as the reader may know: a platform's memory names nobody."""
    origin = memory.spec.origin
    known = origin is not None and origin.type is Source.PERSON and origin.author and not memory.platform
    return f"by correction of {origin.author}" if origin and known else "by correction"
