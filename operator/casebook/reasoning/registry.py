"""The registry: every cause in the package `causes`, by code."""

import importlib
import pkgutil
from typing import Any

from casebook.reasoning import causes
from casebook.reasoning.cause import Cause


def _load() -> dict[str, Cause[Any]]:
    found: dict[str, Cause[Any]] = {}
    for module in sorted(pkgutil.iter_modules(causes.__path__), key=lambda item: item.name):
        loaded = importlib.import_module(f"{causes.__name__}.{module.name}")
        for cause in loaded.CAUSES:
            if cause.code in found:
                raise ValueError(f"cause {cause.code} is registered twice")
            found[cause.code] = cause
    return dict(sorted(found.items()))


REGISTRY: dict[str, Cause[Any]] = _load()
"""Causes by code, in the order of their codes."""
