"""What an investigation would have seen, had the shop logged in another language and form."""

import json
from typing import Any

from casebook.api.observation import LOGS, Observation
from casebook.api.run import Trace
from scenariokit.format import Expected, Scenario
from scenariokit.wording import translated

TELLINGS = (("en", "logfmt"), ("en", "text"), ("de", "json"), ("es", "logfmt"), ("fr", "text"))
"""Languages and forms beside English in JSON, in which the repository's runs were recorded."""
_ENVELOPE = frozenset({"time", "level", "service", "msg", "exception"})


def retold(trace: Trace, language: str, form: str) -> Trace:
    """The trace with every line of the shop's own as it would be in that language and form; other lines stay."""
    return trace.replace(observations=[_retold(item, language, form) for item in trace.observations])


def expecting(scenario: Scenario, language: str) -> Scenario:
    """The scenario whose facts are told in that language."""
    expect = scenario.expect
    causes = [_said(cause, language) for cause in expect.causes]
    return scenario.model_copy(update={"expect": expect.model_copy(update={"causes": causes})})


def _said(cause: Expected, language: str) -> Expected:
    return cause.model_copy(update={"fact": ["".join(translated(fact, language)) for fact in cause.fact]})


def _retold(item: Observation, language: str, form: str) -> Observation:
    if item.query.source != LOGS or not item.data:
        return item
    lines = [
        {"at": line["at"], "text": text} for line in item.data["lines"] for text in _lines(line["text"], language, form)
    ]
    return item.replace(data=item.data | {"lines": lines})


def _lines(text: str, language: str, form: str) -> list[str]:
    """One line of the log, as the shop's own `log` writes it; a stack in plain text has lines of its own."""
    try:
        line = json.loads(text)
    except json.JSONDecodeError:
        return [text]
    if not isinstance(line, dict) or "msg" not in line:
        return [text]
    line["msg"] = "".join(translated(line["msg"], language))
    if form == "json":
        return [json.dumps(line, ensure_ascii=False)]
    if form == "logfmt":
        return [_pairs(line)]
    rest = {key: value for key, value in line.items() if key not in _ENVELOPE}
    told = f"{line['time']} {line['level']} [{line['service']}] {line['msg']} ({_pairs(rest)})"
    return [told, *str(line.get("exception", "")).splitlines()]


def _pairs(line: dict[str, Any]) -> str:
    return " ".join(f"{key}={_quoted(str(value))}" for key, value in line.items())


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if not value or set(value) & set(' "=\n') else value
