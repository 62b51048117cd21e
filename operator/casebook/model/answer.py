"""Checks of what a model answers: nothing is taken but proposals in the closed form, about what it was shown.

A model may be weak, wrong or turned by what it read. So: JSON is searched for in whatever came; every name and id must
be one that the prompt showed; every value that a statement quotes must stand in the prompt; texts are cut, put on one
line and freed of links and invisible characters.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from casebook.analysis.things import RESOURCES, clip
from casebook.api.consultation import (
    MAX_PREDICTIONS,
    MAX_PROPOSALS,
    MIN_PREDICTIONS,
    TEXT_OPERATORS,
    UNNAMED,
    VALUED,
    Look,
    Proposal,
    ProposedPrediction,
)
from casebook.api.problems import explain
from casebook.model.prompt import Prompt
from casebook.reasoning.registry import REGISTRY

MAX_ANSWER = 64_000
MAX_TRIES = 20
MAX_REFUSED = 8
_LINK = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|www\.)\S+", re.IGNORECASE)
_QUOTED = re.compile(r"[\"'`“”‘’«»]([^\"'`“”‘’«»]{2,})[\"'`“”‘’«»]")
_NUMBER = re.compile(r"\d{2,}(?:[.:]\d+)*")


class NotUnderstood(Exception):
    """The answer holds no JSON object with hypotheses; the message says so for the model and for people."""


class Taken(NamedTuple):
    """What was taken of an answer, and in words what was not."""

    proposals: list[Proposal]
    refused: list[str]


class _Refused(Exception):
    """Why one hypothesis is not taken."""


def take(text: str, prompt: Prompt) -> Taken:
    """The proposals of an answer that may be tested. Raises `NotUnderstood`."""
    given = _hypotheses(text)
    taken: list[Proposal] = []
    refused: list[str] = []
    for number, item in enumerate(given[:MAX_PROPOSALS], start=1):
        try:
            taken.append(_proposal(item, prompt))
        except _Refused as error:
            refused.append(f"hypothesis {number} was left out: {error}")
    if len(given) > MAX_PROPOSALS:
        refused.append(f"{len(given) - MAX_PROPOSALS} hypotheses beyond the first {MAX_PROPOSALS} were left out")
    return Taken(taken, refused[:MAX_REFUSED])


def _hypotheses(text: str) -> list[Any]:
    for found in _objects(text[:MAX_ANSWER]):
        given = found.get("hypotheses")
        if isinstance(given, list):
            return given
    raise NotUnderstood('the answer holds no JSON object {"hypotheses": [...]}')


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """JSON objects in a text, wherever they begin: models wrap them in prose, fences and thoughts."""
    decoder = json.JSONDecoder()
    for match in list(re.finditer(r"\{", text))[:MAX_TRIES]:
        try:
            found, _ = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def _proposal(item: Any, prompt: Prompt) -> Proposal:
    if not isinstance(item, dict):
        raise _Refused("it is no object")
    name = _known(item.get("object"), prompt)
    statement = plain(item.get("statement"), 400)
    if not statement:
        raise _Refused("it has no statement")
    _grounded(statement, prompt)
    _cited(item.get("evidence"), prompt)
    given = item.get("predictions")
    predictions = [_prediction(one) for one in given[:MAX_PREDICTIONS]] if isinstance(given, list) else []
    if len(predictions) < MIN_PREDICTIONS:
        raise _Refused(f"it has {len(predictions)} predictions, {MIN_PREDICTIONS} are needed")
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


def _cited(ids: Any, prompt: Prompt) -> None:
    cited = [one for one in ids if isinstance(one, str)] if isinstance(ids, list) else []
    if not cited:
        raise _Refused("it cites no evidence")
    unknown = next((one for one in cited if one not in prompt.ids), "")
    if unknown:
        raise _Refused(f"it cites {plain(unknown, 32)}, and there is no such evidence")


def _grounded(statement: str, prompt: Prompt) -> None:
    """Every value that the statement quotes, and every number in it, must stand in what was shown."""
    for value in (*_QUOTED.findall(statement), *_NUMBER.findall(statement)):
        if value not in prompt.user:
            raise _Refused(f"it speaks of {plain(value, 60)}, which nothing shows")


def _prediction(item: Any) -> ProposedPrediction:
    given = item if isinstance(item, dict) else {}
    fields = {name: plain(given.get(name), 200) for name in ("says", "look", "object", "field", "operator", "value")}
    try:
        found = ProposedPrediction.model_validate(fields)
    except ValidationError as error:
        raise _Refused(f"a prediction is not in the form asked for: {clip(explain(error), 200)}") from error
    kind = found.object.partition("/")[0]
    if kind not in RESOURCES:
        raise _Refused(f"a prediction asks for a {plain(kind, 40)}, which is not read")
    if found.look is not Look.FIELD and found.operator not in TEXT_OPERATORS:
        raise _Refused(f"a prediction asks whether a {found.look} {found.operator} something")
    if found.operator in VALUED and not found.value:
        raise _Refused(f"a prediction with {found.operator} names no value")
    return found


def plain(value: Any, limit: int) -> str:
    """A text of a model as it may be shown: one line without links and without characters that nobody sees."""
    text = value if isinstance(value, str) else json.dumps(value) if isinstance(value, int | float) else ""
    seen = (" " if unicodedata.category(char)[0] in "CZ" else char for char in text[: 8 * limit])
    return clip(" ".join(_LINK.sub("(link left out)", "".join(seen)).split()), limit)
