"""The steps of skills as typed reads: only kinds that every run may read, only in the scope of the run."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from casebook.analysis.things import KINDS
from casebook.api.observation import KUBERNETES, LOGS, PROMETHEUS
from casebook.api.skill import Observe

VALUES = {KUBERNETES: "items", LOGS: "lines", PROMETHEUS: "series"}
"""By source: the name under which an expectation reads what was observed."""
_EVENTS = "events"
_NAMED = {name: name for name in (*KINDS, _EVENTS)} | {name.partition(".")[0]: name for name in KINDS}
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:/@")
"""What the value of a parameter may be made of: names, labels and images are, and no query is."""


class BadStep(Exception):
    """A step reads nothing that a run may read; the message says why, for people."""


class ObjectRead(NamedTuple):
    """One object by its name, or those that the selectors find."""

    resource: str
    name: str = ""
    labels: str = ""
    fields: str = ""


class LogRead(NamedTuple):
    """The last lines of what a workload's pods wrote; an empty container means each."""

    workload: str
    container: str = ""
    previous: bool = False


class CurveRead(NamedTuple):
    """An expression of PromQL over the span of time that was asked about."""

    expression: str


Reading = ObjectRead | LogRead | CurveRead


def reading(observe: Observe, values: Mapping[str, str]) -> Reading:
    """What a step reads, with the values of its parameters. Raises `BadStep`."""
    for name, value in values.items():
        if not _SAFE.issuperset(value):
            raise BadStep(f"parameter {name} has a value that no query may hold")
    if observe.source == PROMETHEUS:
        return CurveRead(_filled(observe.query, values))
    words = [_filled(word, values) for word in _split(observe.query)]
    unknown = next((word for word in words if "{" in word), "")
    if unknown:
        raise BadStep(f"{unknown} names no parameter")
    if observe.source == KUBERNETES:
        return _objects(words)
    if observe.source == LOGS:
        return _log(words)
    raise BadStep(f"there is no source {observe.source}; there are {', '.join(VALUES)}")


def _split(query: str) -> list[str]:
    try:
        return shlex.split(query)
    except ValueError as error:
        raise BadStep(f"the query cannot be read: {error}") from None


def _filled(word: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(f"{{{name}}}", value)
    return word


def _objects(words: Sequence[str]) -> ObjectRead:
    plain, options = _sorted_out(words, {"-l": "labels", "--field-selector": "fields"})
    if not 1 <= len(plain) <= 2:
        raise BadStep("say RESOURCE or RESOURCE NAME, then -l or --field-selector")
    resource = _NAMED.get(plain[0])
    if resource is None:
        raise BadStep(f"{plain[0]} is not read by Casebook; it reads {', '.join(sorted(KINDS))} and {_EVENTS}")
    name = plain[1] if len(plain) == 2 else ""
    if name and options:
        raise BadStep("one object by its name takes no selector")
    return ObjectRead(resource, name, **options)


def _log(words: Sequence[str]) -> LogRead:
    rest = [word for word in words if word != "--previous"]
    plain, options = _sorted_out(rest, {"-c": "container"})
    if len(plain) != 1 or not all(plain[0].partition("/")):
        raise BadStep("say KIND/NAME, for example Deployment/web, then -c CONTAINER or --previous")
    return LogRead(plain[0], previous=len(rest) < len(words), **options)


def _sorted_out(words: Sequence[str], known: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Words that stand for themselves, and those that follow an option by the option's meaning."""
    plain: list[str] = []
    options: dict[str, str] = {}
    left: Iterator[str] = iter(words)
    for word in left:
        if not word.startswith("-"):
            plain.append(word)
        elif word in known:
            options[known[word]] = next(left, "")
        else:
            raise BadStep(f"{word} is no option here; there are {', '.join(sorted(known))}")
    if "" in options.values():
        raise BadStep("an option lacks its value")
    return plain, options
