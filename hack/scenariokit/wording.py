"""What the shop says in its logs, in other languages and forms; pure but for the table that the shop itself has."""

import json
import re
from functools import cache
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "tests" / "cluster" / "shop" / "shop" / "wording.json"
FORMATS = ("json", "logfmt", "text")
ENGLISH = "en"
_AFTER = {"failed": r"\S*[:/]\S* ", "not set": r"[A-Z]+(?:_[A-Z]+)* "}
"""What stands in front of a phrase that others say too: an address, a variable."""


@cache
def languages() -> dict[str, dict[str, str]]:
    """English phrases to their translations, by language."""
    return dict(json.loads(TABLE.read_text(encoding="utf-8")))


def translated(pattern: str, language: str) -> list[str]:
    """A pattern for a log, in pieces: what others say at even places, the shop's own phrases, translated, at odd."""
    phrases = languages().get(language) or {phrase: phrase for phrase in next(iter(languages().values()))}
    longest = sorted(phrases, key=len, reverse=True)
    said = re.compile("|".join(f"(?:(?<!\\w)({_AFTER.get(p, '')})({re.escape(p)})(?!\\w))" for p in longest))
    pieces, end = [""], 0
    for match in said.finditer(pattern):
        before, phrase = (group for group in match.groups() if group is not None)
        pieces[-1] += pattern[end : match.start()] + before
        pieces += [phrases[phrase], ""]
        end = match.end()
    pieces[-1] += pattern[end:]
    return pieces
