"""Recurrence: which occurrence of a problem a case is, which causes of earlier ones are tested first, what is like."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from casebook.analysis.things import clip
from casebook.api.case import Asked, PastCase
from casebook.api.enums import Judgement, Verdict
from casebook.api.investigation import Occurrence, Recurrence, SimilarCase
from casebook.api.report import Report
from casebook.api.run import MAX_PRECEDENTS, Precedent, ReportEnvelope, Run
from casebook.knowledge.ambient import blamed
from casebook.knowledge.asking import alike, asked, entity_class
from casebook.knowledge.finding import ALIKE
from casebook.knowledge.judging import ON

FULL_WITHIN = timedelta(days=30)
"""How long a look at everything serves as a precedent: then everything is looked at again, for things change."""
MAX_PREVIOUS = 10
MAX_SIMILAR = 3
SIGNATURE = 1000

Problem = tuple[Verdict, str, str]


def case_of(run: Run, envelope: ReportEnvelope) -> PastCase:
    """What is kept of a run for the next one of its kind."""
    return told_case(run, envelope.report).replace(telling=envelope.telling)


def told_case(run: Run, report: Report) -> PastCase:
    """A case as its report tells it, which is all but what told the cause: it is no precedent."""
    first = report.root_causes[0] if report.root_causes else None
    return PastCase(
        uid=run.uid,
        namespace=run.namespace,
        name=run.name,
        at=run.now,
        asked=asked(run.spec, run.namespace),
        verdict=report.verdict,
        object=first.object if first else "",
        cause=first.cause if first else "",
        confidence_percent=first.confidence_percent if first else 0,
        cost=report.cost,
        explained_by=report.explained_by,
        blamed=blamed(run, report),
    )


def precedents(earlier: Iterable[PastCase], now: datetime, beside: Iterable[PastCase] = ()) -> list[Precedent]:
    """The causes to test first, the most frequent first, of cases of the same question.

    Then those of cases `beside`: one fault makes the same alert fire for what calls it too, and which of them an
    investigation is about is chance.

    A cause that somebody called partial, or wrong without saying what it was, is none, until somebody calls it correct
    again; nor is one that was found by a memory alone, or long ago. Cases that an incident explains count for what was
    said of them, and no more.
    """
    own = list(earlier)
    asked = {case.uid for case in own}
    found: dict[tuple[str, str], list[PastCase]] = {}
    faults = [case for case in sorted([*own, *beside], key=_newest_first) if case.verdict is Verdict.ROOT_CAUSE]
    for case in faults:
        found.setdefault((case.object, case.cause), []).append(case)
    made = [one for cases in found.values() if (one := _precedent(cases, faults, now, asked)) is not None]
    return sorted(made, key=lambda one: (one.elsewhere, -one.times, one.cause, one.object))[:MAX_PRECEDENTS]


def _precedent(
    cases: Sequence[PastCase], faults: Sequence[PastCase], now: datetime, asked: Collection[str]
) -> Precedent | None:
    """Of cases that came to one cause, the newest first; None where it is not to be trusted or nothing told it.

    Where it was called wrong, those of all faults count as well that came to what was said instead.
    """
    truth = _truth(cases)
    after = [case for case in faults if _is_same(truth, case)]
    own = [case for case in cases if case.explained_by is None]
    telling = [case for case in own if case.telling.clues and case.telling.held and now - case.at <= FULL_WITHIN]
    told = min(telling, key=lambda case: case.uid not in asked, default=None)
    if told is None or _judgement(after if truth else cases) is not Judgement.CORRECT:
        return None
    return Precedent(
        name=told.name,
        namespace=told.namespace,
        object=told.object,
        cause=told.cause,
        told=told.telling,
        truth=truth,
        elsewhere=told.uid not in asked,
        reads=told.cost.observations,
        times=len(own) + sum(case.explained_by is None for case in after),
    )


def _judgement(cases: Iterable[PastCase]) -> Judgement:
    """The latest word on cases, the newest first; what nobody called wrong is taken for right."""
    return next((case.said.judgement for case in cases if case.said), Judgement.CORRECT)


def _truth(cases: Iterable[PastCase]) -> str:
    """What it was, by the latest word on cases, the newest first, if that calls them wrong."""
    said = next((case.said for case in cases if case.said), None)
    return said.truth if said and said.judgement is Judgement.WRONG else ""


def _is_same(truth: str, case: PastCase) -> bool:
    """Whether a case came to what somebody said, if they said anything: a cause, on any object or on one."""
    cause, _, object_ = truth.partition(ON)
    return bool(cause) and case.cause == cause and object_ in ("", case.object)


def recurrence(case: PastCase, alike: Iterable[PastCase], beside: Iterable[PastCase] = ()) -> Recurrence:
    """Which occurrence a case is, of all of the same question that found their cause by themselves.

    Of those `beside`, which the same alert asked about another object, only the same faults count.
    """
    faults = (one for one in beside if one.verdict is Verdict.ROOT_CAUSE and _is_occurrence(one, case))
    own = (one for one in [*alike, *faults] if one.explained_by is None)
    earlier = sorted((one for one in own if _before(one, case)), key=_newest_first)
    same = [one for one in earlier if _is_occurrence(one, case)]
    full = next((one.cost.observations for one in same if not one.telling.is_short), 0)
    saved = max(0, 100 - 100 * case.cost.observations // full) if full else 0
    return Recurrence(
        signature=signature(case, same),
        occurrence=1 + len(same),
        cost=case.cost,
        saved_percent=saved,
        resolved_alone=sum(one.resolved_soon and one.hint is None for one in same),
        previous=[Occurrence(**_told(one)) for one in earlier[:MAX_PREVIOUS]],
    )


def similar(own: str, asked: Asked, scores: Mapping[str, float], cases: Iterable[PastCase]) -> list[SimilarCase]:
    """The cases whose text is most like that of the case with the uid `own`, by the scores of all of them.

    Those of the same question are left out, since they are occurrences, and those that an incident explains.
    """
    best = scores.get(own, 0.0)
    others = [one for one in cases if one.uid != own and one.explained_by is None and not alike(asked, one.asked)]
    near = [one for one in others if scores.get(one.uid, 0.0) >= ALIKE * best > 0]
    ordered = sorted(near, key=lambda one: (-scores[one.uid], *_newest_first(one)))
    return [
        SimilarCase(percent=min(100, round(100 * scores[one.uid] / best)), **_told(one))
        for one in ordered[:MAX_SIMILAR]
    ]


def signature(case: PastCase, same: Sequence[PastCase] = ()) -> str:
    """A problem in words; of a case that looked only at what told an earlier one, its evidence is that one's."""
    clues = case.telling.clues or next((one.telling.clues for one in same if one.telling.clues), [])
    evidence = dict.fromkeys(clue.workload or clue.query.resource for clue in clues)
    about = f"{case.asked.kind}/{case.asked.entity}" if case.asked.entity else case.asked.place
    found = f"{case.cause} on {_thing(case.object)}" if case.cause else case.verdict.value
    told = f"told by {', '.join(evidence)}" if evidence else ""
    return clip("; ".join(part for part in (case.asked.alertname or "question", about, found, told) if part), SIGNATURE)


def _is_occurrence(one: PastCase, case: PastCase) -> bool:
    """Whether an earlier case was the same problem, by what it found or by what people said of it."""
    return _problem(one) == _problem(case) or _is_same(_truth([one]), case)


def _problem(case: PastCase) -> Problem:
    return case.verdict, case.cause, _thing(case.object)


def _thing(label: str) -> str:
    kind, _, name = label.partition("/")
    return f"{kind}/{entity_class(kind, name)}" if name else label


def _told(one: PastCase) -> dict[str, Any]:
    return {
        "namespace": one.namespace,
        "name": one.name,
        "at": one.at,
        "verdict": one.verdict,
        "cause": one.cause,
        "object": one.object,
        "judgement": one.said.judgement if one.said else None,
        "by": one.said.author if one.said else "",
        "truth": one.said.truth if one.said else "",
        "afterwards": one.hint.note if one.hint else "",
        "cost": one.cost,
    }


def _before(one: PastCase, case: PastCase) -> bool:
    return one.uid != case.uid and (one.at, one.uid) < (case.at, case.uid)


def _newest_first(case: PastCase) -> tuple[float, str]:
    return -case.at.timestamp(), case.uid
