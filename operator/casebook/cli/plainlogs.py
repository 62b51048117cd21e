"""Log lines of an agent's pod: in the form of the other roles' lines, but by the standard library alone.

Importing structlog takes a quarter of an agent's start, for which every investigation waits.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

MAX_FRAMES = 20
_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a line: `event`, `level`, `logger`, `timestamp` in UTC, what came as `extra`, `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; local variables of frames stay out, since they may hold what must not be logged."""
        line: dict[str, Any] = {key: value for key, value in vars(record).items() if key not in _OWN}
        line["event"] = record.getMessage()
        line["level"] = record.levelname.lower()
        line["logger"] = record.name
        line["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        if record.exc_info and record.exc_info[1]:
            line["exception"] = _chain(record.exc_info[1])
        return json.dumps(line, sort_keys=True, default=repr)


def configure() -> None:
    """Send every log line of the process to standard error."""
    install(JsonLines(), "INFO")


def install(formatter: logging.Formatter, level: str) -> None:
    """Make this the only form in which the process logs, to standard error and from this level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def _chain(error: BaseException) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    left: BaseException | None = error
    while left is not None:
        said = {"exc_type": type(left).__name__, "exc_value": str(left), "frames": _frames(left.__traceback__)}
        found.append(said)
        left = left.__cause__ or (None if left.__suppress_context__ else left.__context__)
    return found


def _frames(where: TracebackType | None) -> list[dict[str, Any]]:
    frames = traceback.extract_tb(where)[-MAX_FRAMES:]
    return [{"filename": one.filename, "lineno": one.lineno, "name": one.name} for one in frames]
