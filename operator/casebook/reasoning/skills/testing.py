"""The expectations of skills, tested on what was observed: true, false, or not told and why."""

from collections.abc import Sequence
from typing import Any

from casebook.analysis.access import dig, listed, text
from casebook.analysis.things import Cite
from casebook.api.enums import Outcome
from casebook.api.observation import KUBERNETES, LOGS, PROMETHEUS, Observation, Result
from casebook.api.run import RecalledSkill
from casebook.api.skill import Step
from casebook.knowledge.skills import PARAMS, expectation
from casebook.knowledge.steps import VALUES
from casebook.reasoning.cause import Finding, tested
from casebook.reasoning.situation import Situation
from casebook.reasoning.skills.asking import parameters, reads
from casebook.reasoning.skills.outcome import Tried

MAX_CITED, MAX_NAMED = 3, 5


def tried(situation: Situation, skill: RecalledSkill) -> tuple[Tried, ...]:
    """Every step of a skill that applies and can be used, with what it showed."""
    return tuple(Tried(step, _finding(situation, skill, step)) for step in skill.spec.steps)


def _finding(situation: Situation, skill: RecalledSkill, step: Step) -> Finding:
    snapshot = situation.world.snapshot
    wanted = reads(situation, skill, step)
    if wanted.why:
        return _untested(wanted.why)
    answers = [snapshot.answer(query) for query in wanted.queries]
    made = [one for one in answers if one is not None]
    if len(made) < len(answers):
        return _untested("it was not looked at")
    params = parameters(situation, skill)
    key = f"skill {skill.version} {step.name} {sorted(params.items())} {[one.id for one in made]}"
    if key not in snapshot.read:
        snapshot.read[key] = _unread(step, made) or _decided(situation, step, made, params)
    found: Finding = snapshot.read[key]
    return found


def _untested(why: str) -> Finding:
    return Finding(Outcome.UNTESTED, note=why)


def _unread(step: Step, made: Sequence[Observation]) -> Finding | None:
    """Why nothing can be concluded from what was read: what is not there must not look like what was not seen."""
    for one in made:
        if one.result is not Result.OK and not (one.result is Result.NOT_FOUND and step.observe.source == KUBERNETES):
            return _untested(f"it could not be read: {one.message}"[:200])
        if one.truncated and step.observe.source != LOGS:
            return _untested("only a part of it was read; narrow the query")
    return None


def _decided(situation: Situation, step: Step, made: Sequence[Observation], params: dict[str, str]) -> Finding:
    from casebook.knowledge.cel import Undecided

    values = _values(step.observe.source, made)
    try:
        holds = expectation(step).holds(
            {VALUES[step.observe.source]: values, PARAMS: params}, situation.world.snapshot.run.now
        )
    except Undecided as error:
        return _untested(str(error))
    said = f"{step.expect} is {'true' if holds else 'false'} of {_what(step.observe.source, values)}"
    return tested(holds, *(Cite(one.id, said) for one in made[:MAX_CITED]))


def _values(source: str, made: Sequence[Observation]) -> list[Any]:
    if source == LOGS:
        return [text(line, "text") for one in made for line in listed(one.data, "lines")]
    if source == PROMETHEUS:
        return [series for one in made for series in listed(one.data, "series")]
    return [_slim(item) for one in made for item in one.items()]


def _slim(item: dict[str, Any]) -> dict[str, Any]:
    """An object without the record of who wrote which field, which is the larger part of it."""
    metadata = {name: value for name, value in (dig(item, "metadata") or {}).items() if name != "managedFields"}
    return {**item, "metadata": metadata}


def _what(source: str, values: Sequence[Any]) -> str:
    if source == LOGS:
        return f"{len(values)} lines, the last of them: {values[-1]}" if values else "no line"
    if source == PROMETHEUS:
        return f"{len(values)} series"
    named = [text(item, "metadata", "name") for item in values[:MAX_NAMED]]
    more = f" and {len(values) - MAX_NAMED} more" if len(values) > MAX_NAMED else ""
    return f"{', '.join(named)}{more}" if values else "nothing: there is no such object"
