"""The machine that measures: its noise floor, without which no figure can be read."""

import hashlib
import os
import platform
import time
from datetime import UTC, datetime

from bench.row import Row
from bench.spread import Spread

WORK_BYTES = 16 << 20
ROUNDS = 25


def noise() -> Row:
    """How long the same piece of work takes, again and again; what varies here varies everywhere below."""
    data = bytes(WORK_BYTES)
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        hashlib.sha256(data).digest()
        seconds.append((time.perf_counter() - begin) * 1000)
    note = f"SHA-256 of {WORK_BYTES >> 20} MiB; {description()}"
    return Row("machine", "noise floor: the same work again and again", "ms", Spread.of(seconds), note=note)


def description() -> str:
    """Cores, load and interpreter, in one line."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, load {load}, Python {platform.python_version()}"


def facts() -> dict[str, object]:
    """For JSON."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": description(),
        "kernel": platform.release(),
    }
