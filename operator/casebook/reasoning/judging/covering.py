"""The best small set of hypotheses that covers the symptoms: upstream beats downstream, earlier beats later."""

from collections.abc import Sequence
from dataclasses import replace

from casebook.analysis.signs import Symptom
from casebook.reasoning.board import Part, Ranked
from casebook.reasoning.judging.scoring import off_path
from casebook.reasoning.judging.starting import lacking
from casebook.reasoning.situation import Situation

THRESHOLD = 40
"""Log-odds in centinats (60 %) from which a hypothesis may become a root cause."""
MAX_CHOSEN = 5
PER_NEW_SYMPTOM = 60
CONSEQUENCE, RIVAL = -150, -120


def choose(situation: Situation, ranked: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """The hypotheses with the chosen ones marked and the others' sums showing what they lost to; best first."""
    led = [item for item in ranked if item.leads]
    chosen = led[:MAX_CHOSEN] or _cover(situation, [item for item in ranked if item.cause_entry.fault])
    found = []
    for item in ranked:
        winner = next((other for other in chosen if other is item), None)
        found.append(replace(item, chosen=True) if winner else _lost(situation, item, chosen))
    return tuple(sorted(found, key=best_first))


def best_first(item: Ranked) -> tuple[bool, int, str, str, str]:
    """Sorts hypotheses: chosen ones before the others, then by their sums."""
    return (not item.chosen, -item.centinats, item.object, item.cause, item.statement)


def _cover(situation: Situation, ranked: Sequence[Ranked]) -> list[Ranked]:
    able = [item for item in ranked if item.centinats >= THRESHOLD and not item.refuted]
    if not situation.pressing and not lacking(situation):
        # What was asked about is well: what is broken elsewhere is no answer.
        able = [item for item in able if not off_path(situation, item.candidate, item.explained)]
    able = [item for item in able if not any(_is_consequence(situation, item, other) for other in able)]
    wanted = set(situation.pressing) or {symptom for item in able for symptom in item.explained}
    chosen: list[Ranked] = []
    while able and len(chosen) < MAX_CHOSEN:
        best = min(able, key=lambda item: (-_worth(item, wanted), item.object, item.cause))
        new = best.explained & wanted
        if not new:
            break
        chosen.append(best)
        wanted -= new
        able.remove(best)
    return chosen


def _worth(item: Ranked, wanted: set[Symptom]) -> int:
    new = len(item.explained & wanted)
    return item.centinats + PER_NEW_SYMPTOM * new if new else -10_000


def _is_consequence(situation: Situation, item: Ranked, other: Ranked) -> bool:
    """Whether `other` lies upstream of `item`, and not downstream too, and explains all that `item` explains."""
    reached = situation.graph.downstream(other.candidate.harms)
    if not any(ref in reached for ref in item.candidate.harms):
        return False
    back = situation.graph.downstream(item.candidate.harms)
    if any(ref in back for ref in other.candidate.harms):
        return False
    return item.explained <= other.explained


def _lost(situation: Situation, item: Ranked, chosen: Sequence[Ranked]) -> Ranked:
    for other in chosen:
        if not item.explained & other.explained:
            continue
        if _is_consequence(situation, item, other):
            part = Part(f"a consequence of {other.object} ({other.cause})", CONSEQUENCE)
        else:
            part = Part(f"{other.object} ({other.cause}) explains the same better", RIVAL)
        return replace(item, parts=(*item.parts, part))
    return item
