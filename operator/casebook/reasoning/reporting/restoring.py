"""The command that puts back what a change took away, where the value before is still held."""

import json
import shlex
from typing import Any

from casebook.analysis.change import is_open
from casebook.analysis.fields import Field
from casebook.reasoning.board import Ranked
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.reporting.history import behind_it
from casebook.reasoning.situation import Situation

RISKS = {
    "ConfigMap": "pods take it up when they start again, or when they look at mounted files",
    "Service": "traffic follows at once",
    "HorizontalPodAutoscaler": "the number of pods may change at once",
    "ResourceQuota": "what was refused may be created at once",
    "NetworkPolicy": "connections are let through or cut at once",
    "PodDisruptionBudget": "evictions may go on at once",
    "CronJob": "holds from the next run on",
}
MOST_CHARS = 300
_MASK = "[redacted"


def put_back(situation: Situation, item: Ranked) -> str:
    """A `kubectl patch` with its risk; empty where a value is not known, not plain, or longer than 300 characters."""
    change = behind_it(situation, item)
    risk = RISKS.get(change.object.kind, "") if change else ""
    if change is None or not risk:
        return ""
    fields = [field for field in change.fields if is_open(field, item.candidate.statement)]
    if not fields or not all(_is_plain(field) for field in fields):
        return ""
    patch: dict[str, Any] = {}
    for field in fields:
        _put(patch, _steps(field.path), field.old)
    said = shlex.quote(json.dumps(patch, ensure_ascii=False))
    if len(said) > MOST_CHARS or _MASK in said.lower():
        return ""
    return f"{command('patch', change.object)} --type merge -p {said}   # puts back what was there before; {risk}"


def _is_plain(field: Field) -> bool:
    return field.is_old_known and not set("[]:") & set(field.path) and field.path.startswith(("data.", "spec."))


def _steps(path: str) -> list[str]:
    """The keys on the way to a field; those of a ConfigMap may hold dots."""
    first, _, rest = path.partition(".")
    return [first, rest] if first == "data" else path.split(".")


def _put(patch: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        patch = patch.setdefault(step, {})
    patch[steps[-1]] = value
