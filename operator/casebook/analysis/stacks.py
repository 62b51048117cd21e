"""Stack traces of the common runtimes: which lines belong to one, and the exception that it names.

All patterns are RE2's, because lines come from anywhere: its time is linear in the text whatever the pattern.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import re2


def _pattern(words: str) -> Any:
    return re2.compile(words)


_KINDS = "Error|Exception|Exit|Interrupt|Failure|Fault|Warning|Panic"
_EXCEPTION = _pattern(
    r"^(?:\S*\s)?(?:Caused by: |Uncaught |Unhandled |Unhandled exception\. |thrown: )?"
    rf"((?:[A-Za-z_$][\w$]*\.)*[A-Z][\w$]*(?:{_KINDS})):? ?(.*)$"
)
_PHP = _pattern(rf"\bUncaught ((?:\w+\\)*\w+(?:{_KINDS})): (.*)$")
_RUBY = _pattern(rf"^\S+:\d+:in [`'][^']*': (.*) \(((?:\w+::)*[A-Z]\w*(?:{_KINDS}))\)$")
_PANIC = _pattern(r"^(panic|fatal error): (.*)$")
_RUST = _pattern(r"^thread '[^']*' (panicked) at (.*)$")
_FRAME = _pattern(r"^\s*(?:at |from /|File \"|#\d+ |\.\.\. \d+ more|goroutine \d)")
_CONTINUES = _pattern(
    r"^(\s+\S|Caused by: |\.\.\. \d+ more|goroutine \d+|During handling of|The above exception|"
    r"Stack trace:|#\d+ |[}\])]+;?$)"
)
_FIRST = frozenset(" \t.gCDTS#}])")
"""How a line begins that may belong to the one before: most lines are settled by this alone."""
_GO = _pattern(r"^(?:[\w./*$()\[\]{},-]+\(.*\)$|created by |exit status \d|\[signal )")
_PYTHON = "Traceback (most recent call last):"
_MAX_LINE = 2048


def continues(line: str, begin: str, stack: Sequence[str], *, failed: bool) -> bool:
    """Whether a line belongs to the entry that began so: an indented frame, a cause, the end of a traceback or panic.

    `failed` tells that the entry reports an error: then the exception may follow it on a line of its own.
    """
    line = line[:_MAX_LINE]
    if line[:1] in _FIRST and _CONTINUES.match(line):
        return True
    if begin.startswith(("panic: ", "fatal error: ")):
        return bool(_GO.match(line))
    if begin.startswith("thread '") and _RUST.match(begin):
        return len(stack) == 0 or line.startswith(("note: ", "stack backtrace:"))
    in_traceback = begin.startswith(_PYTHON) or any(item.startswith(_PYTHON) for item in stack)
    if in_traceback:
        last = stack[-1] if stack else begin
        return last.startswith((" ", "\t", _PYTHON)) or line.startswith(_PYTHON)
    return failed and not stack and (line.startswith(_PYTHON) or bool(_EXCEPTION.match(line)))


def exception_in(texts: Iterable[str]) -> tuple[str, str]:
    """Type and message of the last exception named at the begin of a line, or two empty strings; frames name none."""
    found = ("", "")
    for block in texts:
        lines = block.splitlines()
        for index, line in enumerate(lines):
            if len(line) < _MAX_LINE and not _FRAME.match(line):
                found = _named(line.strip(), lines[index + 1 : index + 2]) or found
    return found


def _named(line: str, following: Sequence[str]) -> tuple[str, str] | None:
    match = _EXCEPTION.match(line) or _PHP.search(line) or _PANIC.match(line)
    if match:
        return re.split(r"[.\\]", match[1])[-1], match[2].strip()
    ruby, rust = _RUBY.match(line), _RUST.match(line)
    if ruby:
        return ruby[2].rpartition("::")[2], ruby[1]
    return ("panic", (following[0].strip() if following else rust[2])) if rust else None
