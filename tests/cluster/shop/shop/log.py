"""One JSON object a line on standard output."""

import json
import os
import sys
import traceback
from datetime import UTC, datetime

_common: dict[str, str] = {}


def configure(service: str) -> None:
    """Name the service in every line from now on."""
    _common.update(service=service, version=os.environ.get("CODE_VERSION", "v1"))


def info(message: str, **fields: object) -> None:
    """Log what happened."""
    _write("INFO", message, fields)


def warning(message: str, **fields: object) -> None:
    """Log what a person may want to look at."""
    _write("WARNING", message, fields)


def error(message: str, **fields: object) -> None:
    """Log what went wrong."""
    _write("ERROR", message, fields)


def exception(message: str, **fields: object) -> None:
    """Log what went wrong with the traceback of the exception in flight."""
    _write("ERROR", message, fields | {"exception": traceback.format_exc().strip()})


def _write(level: str, message: str, fields: dict[str, object]) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"time": now, "level": level, **_common, "msg": message, **fields}
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()
