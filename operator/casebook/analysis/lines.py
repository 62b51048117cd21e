"""One log line taken apart: CRI envelope, JSON, klog, logfmt, access logs, plain text."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from casebook.analysis.access import moment, text
from casebook.analysis.levels import of_line, of_value, of_word

_CRI = re.compile(r"^(\d{4}-\d\d-\d\dT\S+) (?:stdout|stderr) [FP] (.*)$", re.DOTALL)
_KLOG = re.compile(r"^([IWEF])(?:\d{4})?\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ [^\]]+\] (.*)$", re.DOTALL)
_LOGFMT = re.compile(r'\b([A-Za-z_][\w.]*)=("(?:[^"\\]|\\.)*"|\S+)')
_ACCESS = re.compile(r'"[A-Z]{3,7} \S+(?: HTTP/[\d.]+)?" ([1-5]\d\d)\b')
# Keys are compared without case: .NET writes them with capitals.
_MESSAGE_KEYS = (
    "message",
    "msg",
    "event",
    "log",
    "text",
    "body",
    "short_message",
    "renderedmessage",
    "messagetemplate",
    "@m",
    "@mt",
)
_LEVEL_KEYS = ("level", "severity", "lvl", "levelname", "log.level", "loglevel", "severitytext", "severity_text", "@l")
_LETTER_KEYS = frozenset({"t", "s", "c", "msg"})
"""Keys that every line of MongoDB has; `s` is its severity, a letter."""
_TRACE_KEYS = (
    "exception",
    "exc_info",
    "traceback",
    "stack",
    "stacktrace",
    "stack_trace",
    "error",
    "err",
    "cause",
    "error.stack_trace",
    "error.message",
    "exception.stacktrace",
    "exc",
    "@x",
    "full_message",
)
_STATUS_KEYS = ("status", "status_code", "statuscode", "code", "http_status")
_TIME_KEYS = ("ts", "time", "timestamp", "@timestamp", "@t")
_ENVELOPE = frozenset({*_MESSAGE_KEYS, *_LEVEL_KEYS, *_TIME_KEYS})
_IS_LOGFMT = re.compile(r'(?:^|\s)(?:level|lvl|severity|msg)="?\w')
_QUOTED = re.compile(r'^"((?:[^"\\]|\\.)*)"\s*')
_FEWEST_PAIRS = 2
_MAX_LINE = 8192


@dataclass(frozen=True, slots=True)
class Parsed:
    """A line taken apart."""

    shown: str
    message: str
    level: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    trace: str = ""
    status: int = 0
    at: datetime | None = None


def parse(line: str, *, timed: bool = False) -> Parsed:
    """A line of any known format; plain text where none fits. If `timed`, its own time is not read."""
    line = line[:_MAX_LINE].rstrip()
    cri = _CRI.match(line)
    at = moment(cri[1]) if cri else None
    line = cri[2] if cri else line
    if line.lstrip().startswith("{"):
        structured = _json(line, timed)
        if structured:
            return structured
    klog = _KLOG.match(line)
    if klog:
        return _klog(line, klog[1], klog[2], at)
    if _IS_LOGFMT.search(line) and len(_LOGFMT.findall(line)) >= _FEWEST_PAIRS:
        return _logfmt(line)
    access = _ACCESS.search(line)
    return Parsed(line, line, of_line(line), status=int(access[1]) if access else 0, at=at)


def _json(line: str, timed: bool) -> Parsed | None:
    try:
        data: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("log"), str) and "stream" in data:
        # What the runtime's json-file driver writes: the line is inside.
        return parse(data["log"], timed=timed)
    named = {key.lower(): value for key, value in data.items()}
    flat = {key: str(value) for key, value in named.items() if isinstance(value, str | int | float)}
    message = next((flat[key] for key in _MESSAGE_KEYS if flat.get(key)), "")
    trace = "\n".join(_trace_text(named[key]) for key in _TRACE_KEYS if key in named)
    status = next((int(flat[key]) for key in _STATUS_KEYS if re.fullmatch(r"[1-5]\d\d", flat.get(key, ""))), 0)
    at = None if timed else next((found for found in (moment(named, key) for key in _TIME_KEYS) if found), None)
    level = _level_of(named)
    fields = {key: str(value) for key, value in data.items() if key.lower() in flat and key.lower() not in _ENVELOPE}
    return Parsed(_readable(level, message, fields) or line, message or line, level, fields, trace.strip(), status, at)


def _level_of(named: Mapping[str, Any]) -> str:
    """The level that a structured line gives; ECS nests it below `log`."""
    below = named["log"] if isinstance(named.get("log"), dict) else {}
    given = [*(named[key] for key in _LEVEL_KEYS if key in named), below.get("level")]
    given += [named["s"]] if named.keys() >= _LETTER_KEYS else []
    return next(filter(None, map(of_value, given)), "")


def _readable(level: str, message: str, fields: dict[str, str]) -> str:
    """The line as a person would write it; what a trace holds is shown below it. Empty without a message."""
    pairs = [f"{key}={value}" for key, value in fields.items() if key.lower() not in _TRACE_KEYS]
    return " ".join(filter(None, [level, message, *pairs])) if message else ""


def _trace_text(value: Any) -> str:
    if isinstance(value, dict):
        kind = text(value, "type") or text(value, "class") or text(value, "name")
        parts = [text(value, "stack"), f"{kind}: {text(value, 'message')}" if kind else text(value, "message")]
        return "\n".join(part for part in parts if part)
    if isinstance(value, list):
        return "\n".join(text(item) for item in value)
    return text(value)


def _klog(line: str, level: str, said: str, at: datetime | None) -> Parsed:
    """A klog line; a structured one has its message in quotes, then pairs."""
    quoted = _QUOTED.match(said)
    pairs = {key: value.strip('"') for key, value in _LOGFMT.findall(said[quoted.end() :])} if quoted else {}
    trace = pairs.get("err", pairs.get("error", ""))
    return Parsed(line, quoted[1] if quoted else said, of_word(level), pairs, trace, at=at)


def _logfmt(line: str) -> Parsed:
    fields = {key: _unquoted(value) for key, value in _LOGFMT.findall(line)}
    level = next((of_word(fields.pop(key)) for key in _LEVEL_KEYS if key in fields), "")
    message = next((fields.pop(key) for key in _MESSAGE_KEYS if fields.get(key)), line)
    at = moment(fields.pop("ts", None)) or moment(fields.pop("time", None))
    trace = "\n".join(fields[key] for key in _TRACE_KEYS if key in fields)
    status = fields.get("status", "")
    return Parsed(line, message, level, fields, trace, int(status) if re.fullmatch(r"[1-5]\d\d", status) else 0, at)


def _unquoted(value: str) -> str:
    """A value without its quotes; what is escaped in them is as in JSON, or else as it stands."""
    if not value.startswith('"'):
        return value.strip('"')
    try:
        return str(json.loads(value))
    except ValueError:
        return value.strip('"')
