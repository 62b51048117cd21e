"""Credentials in structured data: Kubernetes objects and any other JSON."""

import json
from typing import Any

from casebook.analysis.fields import LAST_APPLIED
from casebook.evidence.redaction.assignments import harmless
from casebook.evidence.redaction.names import counted, sensitive
from casebook.evidence.redaction.patterns import mask
from casebook.evidence.redaction.text import redact_text

_PLAIN = frozenset({"key", "keys", "secretName", "topologyKey", "secretKeyRef", "secrets", "tokenReview"})
"""Fields of the Kubernetes API whose names sound like a credential and whose values are references."""


def redact(value: Any) -> Any:
    """A copy of JSON data with every credential masked and the same shape; Secrets lose all values. Idempotent."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        return _mapping(value)
    return _sequence(value) if isinstance(value, list) else value


def _mapping(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("kind") == "Secret":
        return {
            key: _all(item, "secret") if key in ("data", "stringData") else redact(item) for key, item in value.items()
        }
    if value.get("kind") == "ConfigMap":
        return {key: _settings(item) if key == "data" else redact(item) for key, item in value.items()}
    name, literal = value.get("name"), value.get("value")
    if isinstance(name, str) and isinstance(literal, str | int | float):
        return {key: _named(name, item) if key == "value" else redact(item) for key, item in value.items()}
    return {str(key): _entry(str(key), item) for key, item in value.items()}


def _entry(key: str, value: Any) -> Any:
    if key == LAST_APPLIED and isinstance(value, str):
        return _last_applied(value)
    if key in _PLAIN or not sensitive(key):
        return redact(value)
    return _under(key, value)


def _under(name: str, value: Any) -> Any:
    """What stands under a sensitive name: scalars are masked, references and nested objects are walked."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [_named(name, item) for item in value]
    return redact(value) if isinstance(value, dict | list) else _named(name, value)


def _named(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return mask("credential") if sensitive(name) and not harmless(name, value) else redact_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and sensitive(name) and not counted(name):
        return mask("credential")
    return redact(value)


def _settings(data: Any) -> Any:
    """A ConfigMap's data: a short value under a sensitive key is a credential, a whole document is looked through."""
    if not isinstance(data, dict):
        return redact(data)
    return {
        key: redact_text(item) if isinstance(item, str) and "\n" in item.strip() else _named(str(key), item)
        for key, item in data.items()
    }


def _all(value: Any, kind: str) -> Any:
    return {key: mask(kind) for key in value} if isinstance(value, dict) else mask(kind)


def _sequence(value: list[Any]) -> list[Any]:
    """A list; in the arguments of a command the word after `--password` is a credential."""
    redacted: list[Any] = []
    flag = ""
    for item in value:
        masked = flag and isinstance(item, str) and not item.startswith("-")
        redacted.append(_named(flag, item) if masked else redact(item))
        flag = item if isinstance(item, str) and item.startswith("--") and "=" not in item else ""
    return redacted


def _last_applied(text: str) -> str:
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError):
        return redact_text(text)
    return json.dumps(redact(manifest), separators=(",", ":"), ensure_ascii=False)
