"""From a person's word on a report to a memory: what it claims, where it applies, and in which standing."""

from typing import NamedTuple

from casebook.api.enums import ClaimEffect, Judgement, KnowledgeReach, Source, State
from casebook.api.investigation import Feedback, Investigation
from casebook.api.memory import CauseClaim, Claim, KnowledgeOrigin, MemorySpec
from casebook.api.names import correction_name, placed
from casebook.api.scope import Scope
from casebook.knowledge.context import WORKLOAD_KINDS, Context, of_question

STATEMENT = 4096
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


def correction(of: Investigation, entry: Feedback, operator_namespace: str) -> Correction | None:
    """The memory that one feedback entry is made into; None where it says nothing that could be remembered.

    What reaches all tenants stands in the operator's namespace, but only once somebody who may publish confirmed it:
    a proposal stays with the tenant.
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
