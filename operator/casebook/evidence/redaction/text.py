"""Credentials in running text: logs, messages, documents. What stays keeps its shape and its number of lines."""

import base64
import binascii
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from casebook.evidence.redaction.assignments import harmless, redact_assignments
from casebook.evidence.redaction.names import sensitive
from casebook.evidence.redaction.patterns import (
    ESCAPES,
    MASK,
    PAIR,
    PRIVATE_KEY,
    PRIVATE_KEY_TAIL,
    SCHEME,
    SIGNED,
    SQL,
    SUSPICIOUS,
    TOKEN,
    TOKEN_KINDS,
    URL,
    XML,
    Match,
    mask,
)

_SHORTEST = 6
_SHORT = 256
_LONG_USER = 20
"""A user name of this length in a URL without a password is a token."""

_LONG_WORD = 24


def redact_text(text: str) -> str:
    """The text with every credential masked as `[redacted:<kind>]` and without colours.

    Idempotent, linear in the text's length, and lines stay as many as they were.
    """
    # The objects of a namespace say the same short things many times over.
    return _remembered(text) if len(text) <= _SHORT else _redacted(text)


def _redacted(text: str) -> str:
    # A lone surrogate cannot be encoded and a NUL not be stored, wherever this text goes next.
    text = (text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")).replace("\x00", "\ufffd")
    if "\x1b" in text:
        text = ESCAPES.sub("", text)
    if len(text) < _SHORTEST or not SUSPICIOUS.search(text):
        return text
    if "PRIVATE KEY" in text:
        text = PRIVATE_KEY_TAIL.sub(_private_key, PRIVATE_KEY.sub(_private_key, text))
    lowered = text.lower()
    for hints, pattern, rule in _RULES:
        if any(hint in lowered for hint in hints):
            text = pattern.sub(rule, text)
    return redact_assignments(text)


_remembered = lru_cache(maxsize=8192)(_redacted)


def redact_lines(lines: Sequence[str]) -> list[str]:
    """Lines redacted as one text, so that a key that spans several of them is seen."""
    return redact_text("\n".join(line.replace("\n", " ") for line in lines)).split("\n") if lines else []


def _private_key(found: Match) -> str:
    return mask("private-key") + "\n" * found.group().count("\n")


def _token(found: Match) -> str:
    return mask(next(kind for group, kind in enumerate(TOKEN_KINDS, start=1) if found.start(group) >= 0))


def _url(found: Match) -> str:
    head, user, secret = found.group(1), found.group(2), (found.group(3) or "").removeprefix(":")
    if not secret:
        return f"{head}{mask('url-credential')}@" if len(user) >= _LONG_USER else found.group()
    authority, slash, _ = secret.partition("/")
    is_port = slash and authority.isdigit()
    return found.group() if is_port or secret.startswith((MASK, "$")) else f"{head}{user}:{mask('url-credential')}@"


def _signed(found: Match) -> str:
    return found.group() if found.group(2).startswith(MASK) else found.group(1) + mask("signature")


def _scheme(found: Match) -> str:
    scheme, value = found.group(1).lower(), found.group(3)
    credential = _basic(value) if scheme == "basic" else _opaque(value)
    return f"{found.group(1)}{found.group(2)}{mask(scheme)}" if credential else found.group()


def _basic(value: str) -> bool:
    try:
        return b":" in base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False


def _opaque(value: str) -> bool:
    """Whether a word after `Bearer` looks like a token and not like a word of a sentence."""
    word = value.rstrip(".")
    return len(word) >= _LONG_WORD or not (word.isalpha() and (word[1:].islower() or word.isupper()))


def _sql(found: Match) -> str:
    return found.group() if found.group(2).startswith(MASK) else found.group(1) + mask("password") + found.group(3)


def _pair(found: Match) -> str:
    name, value = found.group(2), found.group(4)
    bare = value.strip("\\\"'")
    if not bare or not sensitive(name) or harmless(name, bare):
        return found.group()
    return f"{found.group(1)}{name}{found.group(3)}{value.replace(bare, mask('credential'), 1)}"


def _xml(found: Match) -> str:
    name, value = found.group(1), found.group(2)
    return found.group() if not sensitive(name) or harmless(name, value) else f"<{name}>{mask('credential')}</"


_RULES: tuple[tuple[tuple[str, ...], Any, Callable[[Match], str]], ...] = (
    (("://",), URL, _url),
    (("",), TOKEN, _token),
    (("=",), SIGNED, _signed),
    (("bearer", "basic"), SCHEME, _scheme),
    (("identified", "password"), SQL, _sql),
    (("value",), PAIR, _pair),
    (("</",), XML, _xml),
)
"""What a text must hold in lower case for a rule to be worth a look, the pattern, and what becomes of a match."""
