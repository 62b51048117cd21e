"""Drafts of what an investigation has taught, in a model's words: a memory and a skill that people may confirm.

What is claimed is the report's and never the model's. Of its words is taken what the evidence bears out: a scope that
matches where it comes from, texts in which every name, number and quotation was observed. Code's own stand in the place
of the rest.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from casebook.analysis.things import clip
from casebook.api.enums import ClaimEffect, Judgement, Rating, Source, State
from casebook.api.investigation import Investigation
from casebook.api.memory import CauseClaim, Claim, KnowledgeOrigin, MemorySpec
from casebook.api.problems import explain
from casebook.api.report import Report, RootCause
from casebook.api.scope import Operator, Scope
from casebook.api.skill import SkillSpec
from casebook.knowledge.context import Context
from casebook.knowledge.corrections import scopes, source
from casebook.knowledge.lineage import INVESTIGATION
from casebook.knowledge.matching import Answer, Term, match, requirements
from casebook.model.adviser import Endpoint, NoAnswer
from casebook.model.answer import MAX_ANSWER, objects, plain
from casebook.model.prompt import CHARS_PER_TOKEN, fenced, instructions, numbered
from casebook.reasoning.proposals.sentences import quotations

VERSION = "draft-1"
"""File of the instructions; another wording is another file."""
PROMPT_TOKENS, ANSWER_TOKENS = 3000, 800
TEXT, SHOWN, LEAST = 400, 60, 3
"""Characters of a text, of what is shown of one that is refused, and at least of what a value begins or ends with."""
OPERATORS = frozenset({Operator.IN, Operator.PREFIX, Operator.SUFFIX})
_Part = TypeVar("_Part")
PARTS = ("statement", "scope", "description")
_WORD = re.compile(r"[\w./:@-]+")
_NAME = re.compile(r"[\d_/@]|\w[.:-]\w|[a-z][A-Z]")


class NothingToTeach(Exception):
    """Why no draft is made of an investigation; one line for a person."""


class Draft(NamedTuple):
    """A memory and a skill, both Proposed and of Casebook's own making, and why parts of them are code's words."""

    memory: MemorySpec
    skill: SkillSpec
    refused: tuple[str, ...]


class _Refused(Exception):
    """Why a part is not taken."""


async def draft(endpoint: Endpoint, redact: Callable[[str], str], of: Investigation) -> Draft:
    """What a model makes of it. Raises `NothingToTeach`, and `NoAnswer` where it gave none that can be read."""
    system, user = prompt(of)
    found = await endpoint.complete([("system", system), ("user", redact(user))], ANSWER_TOKENS)
    given = next((one for one in objects(found.text[:MAX_ANSWER]) if any(part in one for part in PARTS)), None)
    if given is None:
        raise NoAnswer(f"the answer holds no JSON object with {', '.join(PARTS)}")
    return drafted(of, given)


def prompt(of: Investigation) -> tuple[str, str]:
    """What is sent: the instructions, and the data within fences. Raises `NothingToTeach`."""
    report, cause = _found(of)
    nonce = numbered(f"{of.metadata.uid}/draft")
    system = instructions(VERSION).replace("{nonce}", nonce)
    context = source(of, cause.object).values
    sections = [
        ("CONTEXT", "\n".join(f"{key}: {', '.join(sorted(context[key]))}" for key in sorted(context) if context[key])),
        ("QUESTION", _question(of)),
        ("CAUSE", "\n".join([f"{cause.object} {cause.cause}: {cause.statement}", *cause.chain])),
        ("EVIDENCE", "\n".join(f"{one.id} [{one.query}] {one.excerpt}" for one in report.evidence)),
    ]
    return system, fenced(sections, nonce, PROMPT_TOKENS * CHARS_PER_TOKEN - len(system))


def drafted(of: Investigation, given: Mapping[str, Any]) -> Draft:
    """The drafts, with what of the answer may be taken. Raises `NothingToTeach`."""
    report, cause = _found(of)
    shown, context = prompt(of)[1], source(of, cause.object)
    refused: list[str] = []
    scope = _taken(given, "scope", lambda said: _scope(said, context, shown), scopes(of, cause.object)[0], refused)
    statement, description = (
        _taken(given, part, lambda said: _text(said, shown), own, refused)
        for part, own in (("statement", cause.statement), ("description", f"For problems as this: {cause.statement}"))
    )
    claim = Claim(cause=CauseClaim(object=cause.object, cause=cause.cause, effect=ClaimEffect.CONFIRMS))
    origin = KnowledgeOrigin(
        type=Source.AGENT, investigation=of.metadata.name, derived_from=[f"{INVESTIGATION}/{of.metadata.name}"]
    )
    looked = _looked(report, cause)
    return Draft(
        MemorySpec(statement=statement, claim=claim, scope=scope, state=State.PROPOSED, origin=origin),
        SkillSpec(description=description, when=scope, instructions=looked, state=State.PROPOSED, origin=origin),
        tuple(refused),
    )


def _taken(given: Mapping[str, Any], part: str, read: Callable[[Any], _Part], own: _Part, refused: list[str]) -> _Part:
    """What the answer says, where it may be taken; else code's own."""
    if part not in given:
        return own
    try:
        return read(given[part])
    except _Refused as error:
        refused.append(f"{part} was left out: {error}")
        return own


def _found(of: Investigation) -> tuple[Report, RootCause]:
    report = of.status.report
    if report is None or not report.root_causes:
        raise NothingToTeach(f"the report of {of.metadata.name} names no cause, so there is nothing to write down")
    if any(one.verdict is Judgement.WRONG or one.rating is Rating.DOWN for one in of.spec.feedback):
        raise NothingToTeach(
            f"somebody said that {of.metadata.name} is wrong: `casebook correct` teaches what is right"
        )
    return report, report.root_causes[0]


def _question(of: Investigation) -> str:
    told = of.spec.alert.annotations if of.spec.alert else {}
    return "\n".join([of.spec.question, *(f"{key}: {value}" for key, value in sorted(told.items()))])


def _text(said: Any, shown: str) -> str:
    """One line in which all that looks like a name or a value was observed."""
    text = plain(said, TEXT)
    if not text:
        raise _Refused("it says nothing")
    words = (word.strip("./:-") for word in _WORD.findall(text))
    for value in (*quotations(text), *(word for word in words if _NAME.search(word))):
        if not _stands(value, shown):
            raise _Refused(f"it speaks of {plain(value, SHOWN)}, which nothing shows")
    return text


def _scope(said: Any, context: Context, shown: str) -> Scope:
    """A scope that applies to where it comes from, of keys and values that stand there."""
    given = said if isinstance(said, dict) else {}
    if not given or given.keys() - {"matchLabels", "matchExpressions"}:
        raise _Refused("only a scope of matchLabels and matchExpressions is taken")
    try:
        scope = Scope.model_validate(given)
    except ValidationError as error:
        raise _Refused(f"it is not in the form asked for: {clip(explain(error), 200)}") from error
    required = requirements(scope)
    if not required:
        raise _Refused("it would apply everywhere")
    for one in required:
        _required(one, shown)
    told = match(scope, context)
    if told.answer is not Answer.MATCH:
        raise _Refused(f"it does not apply where it comes from: {clip(told.said, 200)}")
    return scope


def _required(one: Term, shown: str) -> None:
    if one.operator not in OPERATORS or not one.values:
        raise _Refused(f"{plain(one.key, SHOWN)} is compared with none of {', '.join(sorted(OPERATORS))}")
    for value in one.values:
        whole = one.operator is Operator.IN
        if not (_stands(value, shown) if whole else len(value) >= LEAST and value in shown):
            raise _Refused(f"{plain(value, SHOWN) or 'nothing'} does not stand in the evidence")


def _stands(value: str, shown: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", shown) is not None


def _looked(report: Report, cause: RootCause) -> str:
    """What told the cause, for whoever writes the steps of the procedure."""
    first = next((one for one in report.hypotheses if one.id == cause.hypothesis), None)
    cited = {*first.evidence_for, *(of for one in first.predictions for of in one.evidence)} if first else set[str]()
    lines = [f"- `{one.query}`" for one in report.evidence if one.id in cited]
    return "\n".join(["What told the cause:", "", *lines]) if lines else ""
