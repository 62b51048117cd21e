"""The registry: every cause in the package `causes`, by code."""

import importlib
import pkgutil
from typing import Any

from casebook.reasoning import causes
from casebook.reasoning.cause import Cause


def _load() -> dict[str, tuple[Cause[Any], str]]:
    found: dict[str, tuple[Cause[Any], str]] = {}
    for module in sorted(pkgutil.iter_modules(causes.__path__), key=lambda item: item.name):
        loaded = importlib.import_module(f"{causes.__name__}.{module.name}")
        for cause in loaded.CAUSES:
            if cause.code in found:
                raise ValueError(f"cause {cause.code} is registered twice")
            found[cause.code] = cause, module.name
    return dict(sorted(found.items()))


_LOADED = _load()

REGISTRY: dict[str, Cause[Any]] = {code: cause for code, (cause, _) in _LOADED.items()}
"""Causes by code, in the order of their codes."""
SOURCES: dict[str, str] = {code: module for code, (_, module) in _LOADED.items()}
"""The module of the package `causes` that holds each cause, by code."""
