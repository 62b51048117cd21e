"""From a person's word on a report to a memory: what it claims, where it applies, and in which standing."""

from collections.abc import Collection, Iterable
from itertools import takewhile
from typing import NamedTuple

from casebook.api.enums import ClaimEffect, Judgement, KnowledgeReach, Source, State
from casebook.api.investigation import Feedback, Investigation
from casebook.api.memory import CauseClaim, Claim, KnowledgeOrigin, MemorySpec
from casebook.api.names import correction_name, placed
from casebook.api.report import Report
from casebook.api.run import Recalled
from casebook.api.scope import Scope
from casebook.knowledge.conflicts import claim_of, contradict, is_about_cause
from casebook.knowledge.context import WORKLOAD_KINDS, Context, of_question
from casebook.knowledge.judging import said
from casebook.knowledge.matching import applied
from casebook.knowledge.recall import MEMORY, display_name

STATEMENT, MAX_SUPERSEDED = 4096, 16
_NARROWING: tuple[tuple[str, ...], ...] = (
    ("alertname", "namespace", "workload.name"),
    ("namespace", "workload.name"),
    ("alertname", "namespace"),
    ("namespace",),
)


class Correction(NamedTuple):
    """The memory that a feedback entry asks for, by name and namespace."""

    name: str
    namespace: str
    spec: MemorySpec


def correction(
    of: Investigation, entry: Feedback, operator_namespace: str, used: Iterable[Recalled] = ()
) -> Correction | None:
    """The memory that one feedback entry is made into; None where it says nothing that could be remembered.

    What reaches all tenants stands in the operator's namespace, but only once somebody who may publish confirmed it:
    a proposal stays with the tenant. It supersedes what its author said otherwise in earlier entries, and of the
    memories `used` for the report those that made it wrong; a memory that everybody sees names none of them.
    """
    claim = _claim(of, entry)
    if claim is None:
        return None
    published = entry.reach is KnowledgeReach.PLATFORM and entry.standing is State.CONFIRMED
    proposed = entry.reach is KnowledgeReach.PLATFORM and not published
    place = operator_namespace if published else of.metadata.namespace
    spec = MemorySpec(
        statement=_statement(of, entry, claim),
        claim=Claim(cause=claim),
        scope=entry.scope if entry.scope is not None else scopes(of, claim.object)[0],
        reach=KnowledgeReach.TENANT if proposed else entry.reach,
        state=entry.standing,
        origin=KnowledgeOrigin(
            type=Source.PERSON,
            author=entry.author,
            investigation=placed(of.metadata.namespace, of.metadata.name, place),
            feedback_id=entry.id,
            signature=of.status.recurrence.signature if of.status.recurrence else "",
        ),
        supersedes=[] if published else [*_taken_back(of, entry), *_to_blame(of, entry, used)][:MAX_SUPERSEDED],
    )
    return Correction(correction_name(of.metadata.uid, entry.id), place, spec)


def _claim(of: Investigation, entry: Feedback) -> CauseClaim | None:
    """What a person says the cause was; that the reported one was wrong, where they say no more than that."""
    said = entry.root_cause
    if said is not None:
        return CauseClaim(object=said.object, cause=said.cause, effect=ClaimEffect.CONFIRMS)
    report = of.status.report
    if entry.verdict is not Judgement.WRONG or report is None or not report.root_causes:
        return None
    first = report.root_causes[0]
    return CauseClaim(object=first.object, cause=first.cause, effect=ClaimEffect.RULES_OUT)


def applying(report: Report | None) -> set[tuple[str, str]]:
    """The memories that a report says applied, whatever they changed, by name and version."""
    uses = report.knowledge if report else []
    return {(use.name, use.version) for use in uses if use.kind == MEMORY and applied(use)}


def _taken_back(of: Investigation, entry: Feedback) -> list[str]:
    """The memories of what its author said before of the same report, and says otherwise now."""
    before = takewhile(lambda one: one.id != entry.id, of.spec.feedback)
    own = [one for one in before if one.author == entry.author and _claim(of, one) not in (None, _claim(of, entry))]
    return [correction_name(of.metadata.uid, one.id) for one in own]


def _to_blame(of: Investigation, entry: Feedback, used: Iterable[Recalled]) -> list[str]:
    """Of the memories that applied where somebody calls a report wrong those that say otherwise than they do.

    Those as well that had no part in it: they would have, if what goes before them had not been there.
    """
    report, claim, home = of.status.report, _claim(of, entry), of.metadata.namespace
    word = said(entry, report)
    if report is None or claim is None or word is None or word.judgement is not Judgement.WRONG:
        return []
    known, found = applying(report), {one.cause for one in report.root_causes}
    own = (one for one in used if not one.platform and (display_name(one, home), str(one.version)) in known)
    return [
        placed(one.namespace, one.name, home)
        for one in own
        if is_about_cause(one) and _errs(claim_of(one), claim, found)
    ]


def _errs(held: CauseClaim, claim: CauseClaim, found: Collection[str]) -> bool:
    """Whether what a memory says is wrong, where `claim` is right and the causes that were found are not."""
    if contradict(held, claim):
        return True
    same = held.cause == claim.cause and (not held.object or not claim.object or held.object == claim.object)
    both_confirm = held.effect is claim.effect is ClaimEffect.CONFIRMS
    return both_confirm and held.cause in found and not same


def _statement(of: Investigation, entry: Feedback, claim: CauseClaim) -> str:
    own = (entry.root_cause.statement if entry.root_cause else "") or entry.note
    effect = "is" if claim.effect is ClaimEffect.CONFIRMS else "is not"
    where = f" on {claim.object}" if claim.object else ""
    return (own or f"{claim.cause}{where} {effect} the cause of what {of.metadata.name} was about.")[:STATEMENT]


def scopes(of: Investigation, object_: str = "") -> list[Scope]:
    """Scopes to choose from for a correction, narrow to broad; each has a term of its own, so none applies everywhere.

    Where the question names no workload, the object of the correction takes its place if it is one.
    """
    context = source(of, object_)
    offered = [_exact(context, keys) for keys in _NARROWING]
    return [scope for scope in offered if scope is not None]


def source(of: Investigation, object_: str = "") -> Context:
    """What a scope has to match to apply to an investigation again; an object that is a workload stands in for none."""
    context = of_question(of.spec, of.metadata.namespace)
    kind, _, name = object_.partition("/")
    if kind in WORKLOAD_KINDS and "/" not in name and not context.at("workload.name"):
        context = context.having("workload.name", name)
    return context


def _exact(context: Context, keys: tuple[str, ...]) -> Scope | None:
    values = _values(context, keys)
    return Scope(match_labels=values) if len(values) == len(keys) else None


def _values(context: Context, keys: tuple[str, ...]) -> dict[str, str]:
    return {key: min(values) for key in keys if (values := context.at(key))}
