"""Checks of what a model answers: nothing is taken but what has the closed form, about what it was shown.

A model may be weak, wrong or turned by what it read. So: JSON is searched for in whatever came; every name and id must
be one that the prompt showed; every value that a statement quotes must stand in the prompt; texts are cut, put on one
line and freed of links and invisible characters.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from casebook.analysis.readings import reads
from casebook.analysis.things import RESOURCES, clip
from casebook.api.consultation import (
    BOUNDS,
    MAX_ASKS,
    MAX_PREDICTIONS,
    MAX_PROPOSALS,
    MAX_QUOTES,
    MAX_REFUSED,
    MAX_SENTENCES,
    MIN_PREDICTIONS,
    OPERATORS,
    UNNAMED,
    VALUED,
    Ask,
    Look,
    Proposal,
    ProposedPrediction,
    Sentence,
)
from casebook.api.problems import explain
from casebook.model.prompt import Prompt
from casebook.reasoning.proposals.sentences import quotations
from casebook.reasoning.registry import REGISTRY

MAX_ANSWER = 64_000
MAX_TRIES = 20
_MOST = {"hypotheses": MAX_PROPOSALS, "answer": MAX_SENTENCES, "account": MAX_SENTENCES, "observe": MAX_ASKS}
_T = TypeVar("_T")
_LINK = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|www\.)\S+", re.IGNORECASE)
_BOUND = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,9})?")
_NUMBER = re.compile(r"\d{2,}(?:[.:]\d+)*")


class NotUnderstood(Exception):
    """The answer holds no JSON object with hypotheses; the message says so for the model and for people."""


class Taken(NamedTuple):
    """What was taken of an answer, and in words what was not."""

    proposals: list[Proposal]
    answer: list[Sentence]
    account: list[Sentence]
    asks: list[Ask]
    refused: list[str]


class _Refused(Exception):
    """Why one hypothesis is not taken."""


def take(text: str, prompt: Prompt) -> Taken:
    """What of an answer may be tested, checked or looked at. Raises `NotUnderstood`."""
    given = _given(text)
    refused: list[str] = []
    parts = {name: _items(given, name, most, refused) for name, most in _MOST.items()}
    taken = Taken(
        _taken("hypothesis", parts["hypotheses"], lambda item: _proposal(item, prompt, refused), refused),
        _taken("sentence", parts["answer"], lambda item: _sentence(item, prompt), refused),
        _taken("sentence", parts["account"], lambda item: _sentence(item, prompt), refused),
        _taken("observation", parts["observe"], lambda item: _ask(item, prompt), refused),
        refused,
    )
    return taken._replace(refused=refused[:MAX_REFUSED])


def _given(text: str) -> dict[str, Any]:
    for found in objects(text[:MAX_ANSWER]):
        if any(isinstance(found.get(name), list) for name in _MOST):
            return found
    raise NotUnderstood('the answer holds no JSON object {"hypotheses": [...]}')


def _items(given: dict[str, Any], name: str, most: int, refused: list[str]) -> list[Any]:
    items = given.get(name)
    found = items if isinstance(items, list) else []
    if len(found) > most:
        refused.append(f"{len(found) - most} of {name} beyond the first {most} were left out")
    return found[:most]


def _taken(what: str, items: list[Any], take_one: Callable[[Any], _T], refused: list[str]) -> list[_T]:
    taken: list[_T] = []
    for number, item in enumerate(items, start=1):
        try:
            taken.append(take_one(item))
        except _Refused as error:
            refused.append(f"{what} {number} was left out: {error}")
    return taken


def objects(text: str) -> Iterator[dict[str, Any]]:
    """JSON objects in a text, wherever they begin: models wrap them in prose, fences and thoughts."""
    decoder = json.JSONDecoder()
    for match in list(re.finditer(r"\{", text))[:MAX_TRIES]:
        try:
            found, _ = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def _proposal(item: Any, prompt: Prompt, refused: list[str]) -> Proposal:
    if not isinstance(item, dict):
        raise _Refused("it is no object")
    name = _known(item.get("object"), prompt)
    statement = plain(item.get("statement"), 400)
    if not statement:
        raise _Refused("it has no statement")
    _grounded(statement, prompt)
    _cited(item.get("evidence"), prompt)
    try:
        predictions = _predictions(item.get("predictions"))
    except _Refused as error:
        refused.append(f"the hypothesis about {name} is listed and not tested: {error}")
        predictions = []
    known = REGISTRY.get(str(item.get("cause")))
    return Proposal(
        object=name,
        cause=known.code if known and known.fault else UNNAMED,
        statement=statement,
        predictions=predictions,
    )


def _known(name: Any, prompt: Prompt) -> str:
    if not isinstance(name, str) or name not in prompt.objects:
        raise _Refused(f"object {plain(name, 80) or '(none)'} is none that it was shown")
    return name


def _cited(ids: Any, prompt: Prompt) -> list[str]:
    cited = [one for one in ids if isinstance(one, str)] if isinstance(ids, list) else []
    if not cited:
        raise _Refused("it cites no evidence")
    unknown = next((one for one in cited if one not in prompt.quotes), "")
    if unknown:
        raise _Refused(f"it cites {plain(unknown, 32)}, and there is no such evidence")
    return list(dict.fromkeys(cited))[:MAX_QUOTES]


def _sentence(item: Any, prompt: Prompt) -> Sentence:
    given = item if isinstance(item, dict) else {}
    says = plain(given.get("says"), 400)
    if not says:
        raise _Refused("it says nothing")
    return Sentence(says=says, quotes=[prompt.quotes[one] for one in _cited(given.get("evidence"), prompt)])


def _ask(item: Any, prompt: Prompt) -> Ask:
    if not prompt.may_ask:
        raise _Refused("there was no turn left to ask to see more")
    given = item if isinstance(item, dict) else {}
    fields = {name: plain(given.get(name), 200) for name in ("tool", "object", "field", "contains")}
    fields["query"] = plain(given.get("query"), 600)
    since = {"since": plain(given["since"], 40)} if given.get("since") else {}
    try:
        return Ask.model_validate({**fields, **since, "previous": given.get("previous") is True})
    except ValidationError as error:
        raise _Refused(f"it is not in the form asked for: {clip(explain(error), 200)}") from error


def _grounded(statement: str, prompt: Prompt) -> None:
    """Every value that the statement quotes, and every number in it, must stand in what was shown."""
    for value in (*quotations(statement), *_NUMBER.findall(statement)):
        if value not in prompt.user:
            raise _Refused(f"it speaks of {plain(value, 60)}, which nothing shows")


def _predictions(given: Any) -> list[ProposedPrediction]:
    found = [_prediction(one) for one in given[:MAX_PREDICTIONS]] if isinstance(given, list) else []
    if len(found) < MIN_PREDICTIONS:
        raise _Refused(f"it has {len(found)} predictions, {MIN_PREDICTIONS} are needed")
    return found


def _prediction(item: Any) -> ProposedPrediction:
    given = item if isinstance(item, dict) else {}
    fields = {name: plain(given.get(name), 200) for name in ("says", "look", "object", "operator", "value")}
    fields["field"] = plain(given.get("field"), 300)
    try:
        found = ProposedPrediction.model_validate(fields)
    except ValidationError as error:
        raise _Refused(f"a prediction is not in the form asked for: {clip(explain(error), 200)}") from error
    kind = found.object.partition("/")[0]
    if kind not in RESOURCES:
        raise _Refused(f"a prediction asks for a {plain(kind, 40)}, which is not read")
    if found.operator not in OPERATORS[found.look]:
        raise _Refused(f"a prediction asks whether a {found.look} {found.operator} something")
    if found.operator in VALUED and not found.value:
        raise _Refused(f"a prediction with {found.operator} names no value")
    if found.look is Look.METRIC:
        _measurable(found)
    return found


def _measurable(found: ProposedPrediction) -> None:
    if found.operator in BOUNDS and not _BOUND.fullmatch(found.value):
        raise _Refused(f"a prediction with {found.operator} names {plain(found.value, 40)}, which is no number")
    try:
        reads(found.field)
    except ValueError as error:
        raise _Refused(f"a prediction asks for a metric by what is not passed on: {plain(str(error), 160)}") from error


def plain(value: Any, limit: int) -> str:
    """A text of a model as it may be shown: one line without links and without characters that nobody sees."""
    text = value if isinstance(value, str) else json.dumps(value) if isinstance(value, int | float) else ""
    seen = (" " if unicodedata.category(char)[0] in "CZ" else char for char in text[: 8 * limit])
    return clip(" ".join(_LINK.sub("(link left out)", "".join(seen)).split()), limit)
