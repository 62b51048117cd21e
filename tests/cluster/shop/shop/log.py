"""Lines on standard output: JSON objects, or as LOG_FORMAT says logfmt or plain text."""

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
    sys.stdout.write(_FORMATS.get(os.environ.get("LOG_FORMAT", ""), _json)(line) + "\n")
    sys.stdout.flush()


def _json(line: dict[str, object]) -> str:
    return json.dumps(line, default=str, ensure_ascii=False)


def _logfmt(line: dict[str, object]) -> str:
    return " ".join(f"{key}={_quoted(str(value))}" for key, value in line.items())


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if not value or set(value) & set(' "=\n') else value


def _text(line: dict[str, object]) -> str:
    rest = {key: value for key, value in line.items() if key not in {"time", "level", "service", "msg", "exception"}}
    told = f"{line['time']} {line['level']} [{line['service']}] {line['msg']} ({_logfmt(rest)})"
    return f"{told}\n{line['exception']}" if "exception" in line else told


_FORMATS = {"logfmt": _logfmt, "text": _text}
