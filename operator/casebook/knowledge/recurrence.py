"""Recurrence: which occurrence of a problem a case is, and which causes of earlier ones are tested first."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from casebook.analysis.things import clip
from casebook.api.case import PastCase
from casebook.api.enums import Judgement, Verdict
from casebook.api.investigation import Occurrence, Recurrence
from casebook.api.run import MAX_PRECEDENTS, Precedent, ReportEnvelope, Run
from casebook.knowledge.ambient import blamed
from casebook.knowledge.asking import asked, entity_class

FULL_WITHIN = timedelta(days=30)
"""How long a look at everything serves as a precedent: then everything is looked at again, for things change."""
MAX_PREVIOUS = 10
SIGNATURE = 1000

Problem = tuple[Verdict, str, str]


def case_of(run: Run, envelope: ReportEnvelope) -> PastCase:
    """What is kept of a run for the next one of its kind."""
    report = envelope.report
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
        telling=envelope.telling,
        cost=report.cost,
        explained_by=report.explained_by,
        blamed=blamed(run, report),
    )


def precedents(earlier: Iterable[PastCase], now: datetime) -> list[Precedent]:
    """The causes to test first, the most frequent first, of cases of the same question.

    A cause that somebody called wrong or partial is none, until somebody calls it correct again; nor is one that was
    found by a memory alone, or long ago. Cases that an incident explains count for what was said of them, and no more.
    """
    found: dict[tuple[str, str], list[PastCase]] = {}
    for case in sorted(earlier, key=_newest_first):
        if case.verdict is Verdict.ROOT_CAUSE:
            found.setdefault((case.object, case.cause), []).append(case)
    made = [one for cases in found.values() if (one := _precedent(cases, now)) is not None]
    return sorted(made, key=lambda one: (-one.times, one.cause, one.object))[:MAX_PRECEDENTS]


def _precedent(cases: Sequence[PastCase], now: datetime) -> Precedent | None:
    """Of cases that came to one cause, the newest first; None where it was called wrong or nothing told it."""
    latest = next((case.said.judgement for case in cases if case.said), Judgement.CORRECT)
    own = [case for case in cases if case.explained_by is None]
    told = next(
        (case for case in own if case.telling.clues and case.telling.held and now - case.at <= FULL_WITHIN), None
    )
    if told is None or latest is not Judgement.CORRECT:
        return None
    return Precedent(
        name=told.name,
        namespace=told.namespace,
        object=told.object,
        cause=told.cause,
        told=told.telling,
        reads=told.cost.observations,
        times=len(own),
    )


def recurrence(case: PastCase, alike: Iterable[PastCase]) -> Recurrence:
    """Which occurrence a case is, of all of the same question that found their cause by themselves."""
    own = (one for one in alike if one.explained_by is None)
    earlier = sorted((one for one in own if _before(one, case)), key=_newest_first)
    same = [one for one in earlier if _problem(one) == _problem(case)]
    full = next((one.cost.observations for one in same if not one.telling.is_short), 0)
    saved = max(0, 100 - 100 * case.cost.observations // full) if full else 0
    return Recurrence(
        signature=signature(case, same),
        occurrence=1 + len(same),
        cost=case.cost,
        saved_percent=saved,
        previous=[_occurrence(one) for one in earlier[:MAX_PREVIOUS]],
    )


def signature(case: PastCase, same: Sequence[PastCase] = ()) -> str:
    """A problem in words; of a case that looked only at what told an earlier one, its evidence is that one's."""
    clues = case.telling.clues or next((one.telling.clues for one in same if one.telling.clues), [])
    evidence = dict.fromkeys(clue.workload or clue.query.resource for clue in clues)
    about = f"{case.asked.kind}/{case.asked.entity}" if case.asked.entity else case.asked.place
    found = f"{case.cause} on {_thing(case.object)}" if case.cause else case.verdict.value
    told = f"told by {', '.join(evidence)}" if evidence else ""
    return clip("; ".join(part for part in (case.asked.alertname or "question", about, found, told) if part), SIGNATURE)


def _problem(case: PastCase) -> Problem:
    return case.verdict, case.cause, _thing(case.object)


def _thing(label: str) -> str:
    kind, _, name = label.partition("/")
    return f"{kind}/{entity_class(kind, name)}" if name else label


def _occurrence(case: PastCase) -> Occurrence:
    return Occurrence(
        namespace=case.namespace,
        name=case.name,
        at=case.at,
        verdict=case.verdict,
        cause=case.cause,
        object=case.object,
        judgement=case.said.judgement if case.said else None,
        by=case.said.author if case.said else "",
        truth=case.said.truth if case.said else "",
        afterwards=case.hint.note if case.hint else "",
        cost=case.cost,
    )


def _before(one: PastCase, case: PastCase) -> bool:
    return one.uid != case.uid and (one.at, one.uid) < (case.at, case.uid)


def _newest_first(case: PastCase) -> tuple[float, str]:
    return -case.at.timestamp(), case.uid
