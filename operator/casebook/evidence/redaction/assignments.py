"""Values under names that promise a credential: `password=x`, `"token": "x"`, `--api-key x`, YAML blocks."""

import re

from casebook.evidence.redaction.names import HARMLESS, counted, sensitive
from casebook.evidence.redaction.patterns import MASK, NAMED, Match, mask

_SCHEMES = frozenset({"bearer", "basic", "token", "digest", "negotiate", "apikey"})
"""Words before the credential in an Authorization header."""

# Single character classes: such a search is linear in `re` too, and takes a position without encoding the text anew.
_UNQUOTED_END = re.compile(r"[\s\"'&;}\]\\)<>]")
_NAME_CHARACTER = re.compile(r"[A-Za-z0-9_.\-]")
_LONGEST_NAME = 64


def harmless(name: str, value: str) -> bool:
    """Whether a value under a sensitive name is plainly no credential: empty, masked, a reference, an amount."""
    scheme, _, rest = value.partition(" ")
    return (
        value.strip().lower() in HARMLESS
        or (rest if scheme.lower() in _SCHEMES else value).startswith((MASK, "${", "$(", "{{"))
        or (counted(name) and value.strip().isdigit())
    )


def redact_assignments(text: str) -> str:
    """The text with those values masked. One pass: what a value covered is not looked at again."""
    kept: list[str] = []
    done = 0
    for found in NAMED.finditer(text):
        name = _whole_name(text, found.start(), found.start(1))
        # A value may be the name of the next one (`pw: secret => "x"`); then only its separator must lie beyond.
        if found.start(1) < done or not sensitive(name) or not _assigns(name, found):
            continue
        start = found.end()
        end = _value_end(text, start, found.group(2), colon=":" in found.group(1))
        value = text[start:end]
        if harmless(name, value.rstrip(",.")):
            continue
        kept += [text[done:start], mask("credential"), "\n" * value.count("\n")]
        done = end
    return "".join([*kept, text[done:]]) if kept else text


def _whole_name(text: str, start: int, end: int) -> str:
    first = start
    while first > 0 and start - first < _LONGEST_NAME and _NAME_CHARACTER.match(text[first - 1]):
        first -= 1
    return text[first:end]


def _assigns(name: str, found: Match) -> bool:
    """White space alone is an assignment only for a flag (`--password hunter2`)."""
    return bool(found.group(1).strip()) or name.startswith("--")


def _value_end(text: str, start: int, quote: str | None, *, colon: bool) -> int:
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    if quote:
        end = _closing(text, start, line_end, quote)
        return line_end if end < 0 else end
    if colon and text[start : start + 1] in ("|", ">") and len(text[start:line_end].rstrip()) <= len("|-2"):
        return _block_end(text, start, line_end)
    scheme, space, _ = text[start : start + 12].partition(" ")
    skipped = len(scheme) + 1 if space and scheme.lower() in _SCHEMES else 0
    found = _UNQUOTED_END.search(text, start + skipped, line_end)
    return found.start() if found else line_end


def _closing(text: str, start: int, line_end: int, quote: str) -> int:
    position = text.find(quote, start, line_end)
    while len(quote) == 1 and position > start and text[position - 1] == "\\":
        position = text.find(quote, position + 1, line_end)
    return position


def _block_end(text: str, start: int, line_end: int) -> int:
    """The end of a YAML block scalar: all following lines that are indented deeper than the key's own."""
    line_start = text.rfind("\n", 0, start) + 1
    depth = _indent(text[line_start:start])
    position = line_end
    while position < len(text):
        following = text.find("\n", position + 1)
        following = len(text) if following < 0 else following
        line = text[position + 1 : following]
        if line.strip() and _indent(line) <= depth:
            break
        position = following
    return position


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
