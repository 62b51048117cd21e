"""What the steps of skills read: typed queries of the run, in its scope and within a number of reads."""

from collections.abc import Mapping
from typing import NamedTuple

from casebook.api.enums import State
from casebook.api.observation import CLUSTER_SCOPED, Query, curve, getting, listing
from casebook.api.run import RecalledSkill
from casebook.api.skill import Step
from casebook.knowledge.matching import Answer, Match, match
from casebook.knowledge.skills import ordered, unusable
from casebook.knowledge.steps import BadStep, CurveRead, LogRead, ObjectRead, reading
from casebook.reasoning.planning.logreads import of_workload
from casebook.reasoning.situation import Situation

MAX_READS = 16
"""Reads that all skills of a run may add to it; those that it makes anyway are not counted twice by the plan."""


class Reads(NamedTuple):
    """The queries of a step, or why it has none."""

    queries: tuple[Query, ...] = ()
    why: str = ""


def applying(situation: Situation) -> list[tuple[RecalledSkill, Match]]:
    """The confirmed skills that a run recalled and that do not fail to apply, the narrower first."""
    skills = ordered(one for one in situation.world.snapshot.run.skills if one.spec.state is State.CONFIRMED)
    fits = [(one, match(one.spec.when, situation.taught.question.context)) for one in skills]
    return [(one, fit) for one, fit in fits if fit.answer is not Answer.CONFLICT]


def asked(situation: Situation) -> list[Query]:
    """What the skills that apply want to see; nothing for one that cannot be used."""
    found = [
        query
        for skill, fits in applying(situation)
        if fits.answer is Answer.MATCH and not unusable(skill)
        for step in skill.spec.steps
        for query in reads(situation, skill, step).queries
    ]
    return list({query.canonical(): query for query in found}.values())[:MAX_READS]


def parameters(situation: Situation, skill: RecalledSkill) -> dict[str, str]:
    """The values of a skill's parameters, as far as each is known to be one thing."""
    context = situation.taught.question.context
    told = {one.name: context.at(one.from_) or frozenset() for one in skill.spec.parameters}
    return {name: min(values) for name, values in told.items() if len(values) == 1}


def reads(situation: Situation, skill: RecalledSkill, step: Step) -> Reads:
    """The queries of one step, filled in with what is known."""
    values = parameters(situation, skill)
    missing = [one for one in skill.spec.parameters if f"{{{one.name}}}" in step.observe.query]
    missing = [one for one in missing if one.name not in values]
    if missing:
        return Reads(why=f"{missing[0].from_} is not known to be one thing here")
    return _typed(situation, step, values)


def _typed(situation: Situation, step: Step, values: Mapping[str, str]) -> Reads:
    try:
        wanted = reading(step.observe, values)
    except BadStep as error:
        return Reads(why=str(error))
    if isinstance(wanted, ObjectRead):
        return _objects(situation, wanted)
    return _logs(situation, wanted) if isinstance(wanted, LogRead) else _curve(situation, wanted)


def _objects(situation: Situation, wanted: ObjectRead) -> Reads:
    home = situation.world.home
    place = "" if wanted.resource in CLUSTER_SCOPED else home
    if not place and wanted.resource not in CLUSTER_SCOPED and not situation.world.snapshot.run.scene.platform:
        return Reads(why="what was asked about stands in no namespace")
    if wanted.name:
        return Reads((getting(wanted.resource, wanted.name, place),))
    return Reads((listing(wanted.resource, place, labels=wanted.labels, fields=wanted.fields),))


def _logs(situation: Situation, wanted: LogRead) -> Reads:
    workload = situation.world.workload_of(situation.taught.ref(wanted.workload))
    if workload is None:
        return Reads(why=f"{wanted.workload} was not seen")
    found = [query for query in of_workload(situation, workload) if _is_wanted(query, wanted)]
    return Reads(tuple(found), "" if found else f"{wanted.workload} has no such log")


def _is_wanted(query: Query, wanted: LogRead) -> bool:
    return query.is_previous_log is wanted.previous and wanted.container in ("", query.params.get("container", ""))


def _curve(situation: Situation, wanted: CurveRead) -> Reads:
    world = situation.world
    if not world.snapshot.run.prometheus:
        return Reads(why="there is no Prometheus to ask")
    return Reads((curve(wanted.expression, world.begin, world.end),))
