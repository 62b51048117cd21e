"""Makes a report fit: step by step shorter, always the same way, never with a citation that leads nowhere."""

import json
from dataclasses import dataclass
from typing import Any

from casebook.api.report import Report
from casebook.gateway.clip import clip_bytes, clip_text

MAX_REPORT = 48 << 10
MAX_STATUS = 64 << 10
MIN_REPORT = 12 << 10
"""The shortest form of any report fits into this."""
SHORTENED = "This report was shortened to fit its resource; the stored trace holds all of it."

_LONG = {"summary": 4096, "excerpt": 4096}
_SHORT = {"object": 253, "source": 253, "kind": 253, "name": 253, "version": 253}
_LINE = 1024
_EXACT = frozenset(
    {"id", "hypothesis", "digest", "verdict", "outcome", "origin", "cause", "observedAt", "since", "start", "end"}
    | {"rootCause", "novelty", "at", "onset", "namespace", "explainedBy"}
)
_CITATIONS = ("evidence", "evidenceFor", "evidenceAgainst")
_FINDINGS = ("answer", "account", "affected", "healthy", "changes", "logs")
_DETAILS = ("fields", "peers")
_LISTS = (*_FINDINGS, "knowledge", "notChecked", "limitations", "nextSteps")


@dataclass(frozen=True)
class _Step:
    """What is kept: bytes of an excerpt and of any other text, and how many of each list."""

    excerpt: int
    text: int
    hypotheses: int
    predictions: int
    terms: int
    citations: int
    lists: int


_STEPS = (
    _Step(2048, 2048, 12, 12, 16, 16, 20),
    _Step(1024, 1024, 12, 12, 16, 12, 20),
    _Step(512, 512, 8, 8, 12, 8, 12),
    _Step(300, 300, 6, 6, 8, 4, 8),
    _Step(160, 200, 4, 4, 4, 3, 5),
    _Step(80, 120, 2, 2, 0, 2, 3),
    _Step(60, 80, 0, 1, 0, 1, 1),
)


def size(value: Any) -> int:
    """Bytes of the value as compact JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


def within_fields(report: dict[str, Any]) -> dict[str, Any]:
    """The report with every text cut to what its field holds; for redaction can make a text longer."""
    cut: dict[str, Any] = _texts(report, None)
    return cut


def trim(report: Report, budget: int = MAX_REPORT) -> Report:
    """The report, or the first of its ever shorter forms that takes at most `budget` bytes of JSON."""
    wire = report.wire()
    if size(wire) <= budget:
        return report
    for step in _STEPS:
        shorter = _shorten(wire, step)
        if size(shorter) <= budget:
            break
    return Report.model_validate(shorter)


def _shorten(wire: dict[str, Any], step: _Step) -> dict[str, Any]:
    report: dict[str, Any] = _texts(wire, step)
    needed = {cause["hypothesis"] for cause in report.get("rootCauses", [])}
    for cause in report.get("rootCauses", []):
        cause["chain"] = cause.get("chain", [])[: step.lists]
    hypotheses = report.get("hypotheses", [])
    kept = [item for index, item in enumerate(hypotheses) if index < step.hypotheses or item["id"] in needed]
    report["hypotheses"] = [_hypothesis(item, step) for item in kept]
    for name in _LISTS:
        report[name] = report.get(name, [])[: step.lists]
    for name in _FINDINGS:
        report[name] = [_details(_citations(item, step), step) for item in report[name]]
    citing = [*report["hypotheses"], *(item for name in _FINDINGS for item in report[name])]
    cited = {reference for item in citing for reference in _cited(item)}
    report["evidence"] = [item for item in report.get("evidence", []) if item["id"] in cited]
    report["limitations"] = [SHORTENED, *report["limitations"][: step.lists - 1]]
    return report


def _hypothesis(item: dict[str, Any], step: _Step) -> dict[str, Any]:
    predictions = [_citations(prediction, step) for prediction in item.get("predictions", [])[: step.predictions]]
    return {**_citations(item, step), "predictions": predictions, "terms": item.get("terms", [])[: step.terms]}


def _citations(item: dict[str, Any], step: _Step) -> dict[str, Any]:
    return item | {name: item[name][: step.citations] for name in _CITATIONS if name in item}


def _details(item: dict[str, Any], step: _Step) -> dict[str, Any]:
    return item | {name: item[name][: step.terms] for name in _DETAILS if name in item}


def _cited(item: dict[str, Any]) -> list[str]:
    parts = [item, *item.get("predictions", [])]
    return [reference for part in parts for name in _CITATIONS for reference in part.get(name, [])]


def _texts(value: Any, step: _Step | None, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _texts(item, step, key) for key, item in value.items()}
    if isinstance(value, list):
        exact = name in _CITATIONS and all(isinstance(item, str) for item in value)
        return value if exact else [_texts(item, step, name) for item in value]
    if not isinstance(value, str) or name in _EXACT:
        return value
    text = clip_text(value, _LONG.get(name) or _SHORT.get(name, _LINE))
    if step is None:
        return text
    return clip_bytes(text, {"excerpt": step.excerpt, "summary": step.text * 5}.get(name, step.text))
