"""Settings come from the environment; flags from a file that is read again every few seconds."""

import json
import os
import time
from pathlib import Path

from shop import log
from shop.wording import say


class SettingError(Exception):
    """A setting without which the service cannot start."""


def required(name: str) -> str:
    """The variable's value; SettingError if it is not set."""
    value = os.environ.get(name, "")
    if not value:
        raise SettingError(f"{name} {say('not set')}")
    return value


def text(name: str, default: str = "") -> str:
    """The variable's value, else the default."""
    return os.environ.get(name) or default


def number(name: str, default: float) -> float:
    """The variable as a number; SettingError if it is none."""
    value = os.environ.get(name, "")
    try:
        return float(value) if value else default
    except ValueError:
        raise SettingError(f"{name} is not a number: {value!r}") from None


class Watched:
    """A JSON object in a file (a mounted ConfigMap), read again when it changes."""

    def __init__(self, path: str, every: float = 2.0) -> None:
        self._path, self._every = path, every
        self._next, self._raw = 0.0, ""
        self._values: dict[str, object] = {}

    def get(self, key: str, default: object = None) -> object:
        """The value of a key now."""
        if self._path and time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            self._reload()
        return self._values.get(key, default)

    def _reload(self) -> None:
        try:
            raw = Path(self._path).read_text()
        except OSError as error:
            log.warning(f"cannot read {self._path}: {error.strerror}")
            return
        if raw != self._raw:
            self._values, self._raw = json.loads(raw), raw
            log.info(f"{say('config reloaded from')} {self._path}")
