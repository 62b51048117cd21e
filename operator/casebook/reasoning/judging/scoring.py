"""Scores in log-odds: the prior, what each prediction turned out to be, what is explained, what came first."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from casebook.analysis.signs import MEASURED, TRAVELS, Sign, Symptom
from casebook.api.enums import Outcome
from casebook.reasoning.board import Part, Ranked
from casebook.reasoning.cause import Candidate, Cause
from casebook.reasoning.situation import Situation

SLACK = timedelta(seconds=90)
FRESH = timedelta(minutes=30)
PER_SYMPTOM, MOST_FOR_SYMPTOMS = 40, 160
EXPLAINS_NOTHING = -300
CHANGED_BEFORE, CHANGED_AFTER_STATED = 80, -120
OFF_PATH = -150
FOLLOWS = frozenset({Sign.NO_ENDPOINTS, Sign.ROLLOUT, Sign.ALERT, Sign.SLOW, Sign.FAILING, Sign.UNEXPECTED})
"""Signs that follow from any harm on the same entity."""


def logit(share: float) -> int:
    """The log-odds of a share in centinats."""
    return round(100 * math.log(share / (1 - share)))


def assess(situation: Situation, cause: Cause[Any], candidate: Candidate[Any]) -> Ranked:
    """One hypothesis with its predictions checked and its sum made."""
    metered = situation.world.snapshot.run.prometheus
    asked = [prediction for prediction in cause.predictions if metered or not prediction.metered]
    results = tuple((prediction, prediction.check(situation, candidate)) for prediction in asked)
    explained = explains(situation, candidate)
    parts = [Part(f"prior: the cause in {cause.base_rate:.1%} of cases", logit(cause.base_rate))]
    for prediction, finding in results:
        if finding.outcome is Outcome.HELD:
            parts.append(Part(f"held: {prediction.says}", prediction.held))
        elif finding.outcome is Outcome.FAILED:
            parts.append(Part(f"failed: {prediction.says}", prediction.failed))
    if cause.fault:
        parts += [*_coverage(situation, explained), *_timing(situation, candidate, explained)]
        parts += _place(situation, candidate, explained)
    return Ranked(cause, candidate, results, tuple(parts), explained, situation.label(candidate.object))


def explains(situation: Situation, candidate: Candidate[Any]) -> frozenset[Symptom]:
    """Symptoms that a hypothesis explains: its own signs where it harms, and what travels from there."""
    reached = situation.graph.downstream(candidate.harms)
    return frozenset(
        symptom
        for symptom in situation.symptoms
        if _covers(candidate, symptom, reached) and not _too_early(candidate, symptom)
    )


def _covers(candidate: Candidate[Any], symptom: Symptom, reached: Iterable[object]) -> bool:
    if symptom.entity in candidate.harms and (symptom.sign in candidate.covers or symptom.sign in FOLLOWS):
        return True
    if symptom.sign is Sign.BACKLOG and symptom.peers & candidate.harms:
        # What waits is taken by callers: harm to one of them makes it grow.
        return True
    if symptom.sign not in TRAVELS or symptom.entity not in reached or symptom.entity in candidate.harms:
        return False
    return not symptom.peers or any(peer in reached for peer in symptom.peers)


def _too_early(candidate: Candidate[Any], symptom: Symptom) -> bool:
    began = candidate.changed or candidate.since
    return began is not None and symptom.since is not None and symptom.since < began - SLACK


def _coverage(situation: Situation, explained: frozenset[Symptom]) -> list[Part]:
    if not situation.pressing:
        return []
    found = [symptom for symptom in situation.pressing if symptom in explained]
    pressing = len(found)
    if not pressing:
        return [Part("explains none of the symptoms on the path", EXPLAINS_NOTHING)]
    share = f"explains {pressing} of {len(situation.pressing)} symptoms on the path"
    return [Part(share, min(PER_SYMPTOM * _counted(found), MOST_FOR_SYMPTOMS))]


def _counted(found: list[Symptom]) -> int:
    told = sum(symptom.sign not in MEASURED for symptom in found)
    return told + (told < len(found))


def _timing(situation: Situation, candidate: Candidate[Any], explained: frozenset[Symptom]) -> list[Part]:
    seen = min((symptom.since for symptom in explained if symptom.since), default=None)
    said, latest = _said(situation)
    if candidate.changed is None:
        return []
    if latest is not None and candidate.changed > latest:
        return [Part("the change came after the trouble is said to have begun", CHANGED_AFTER_STATED)]
    began = min((at for at in (seen, said) if at), default=None)
    if began is not None and began - candidate.changed <= FRESH:
        return [Part("a change came just before the symptoms", CHANGED_BEFORE)]
    return []


def _said(situation: Situation) -> tuple[datetime | None, datetime | None]:
    """When the trouble began as the question or the alert says, and the latest that this can mean."""
    world, alert = situation.world, situation.world.snapshot.run.spec.alert
    stated = world.stated.at if world.stated and world.stated.is_onset else None
    fired = alert.starts_at if alert else None
    latest = [stated + _vagueness(world.now - stated)] if stated else []
    return world.said_to_begin, min([*latest, *([fired + SLACK] if fired else [])], default=None)


def _vagueness(ago: timedelta) -> timedelta:
    """By how much a time that a person names may be too early: a fifth of how long ago it is, at least 10 minutes."""
    return max(timedelta(minutes=10), ago / 5)


def _place(situation: Situation, candidate: Candidate[Any], explained: frozenset[Symptom]) -> list[Part]:
    is_off = off_path(situation, candidate, explained)
    return [Part("not on the path of what was asked about", OFF_PATH)] if is_off else []


def off_path(situation: Situation, candidate: Candidate[Any], explained: frozenset[Symptom]) -> bool:
    """Whether neither the object nor anything that it harms or explains has to do with what was asked about."""
    touched = {candidate.object, *candidate.harms, *(symptom.entity for symptom in explained)}
    return bool(situation.focus) and not any(ref in situation.path for ref in touched)
