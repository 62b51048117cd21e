"""Saved runs in which objects are called otherwise."""

import re
from collections.abc import Mapping


def renamed(raw: str, names: Mapping[str, str]) -> str:
    """The text of a trace in which each object has another name, the same wherever it stands.

    After a slash a name is one only where it ends as names of objects and hosts do, not as a path of the API.
    """
    known = "|".join(re.escape(name) for name in names)
    named = rf"(?<![A-Za-z0-9_/])({known})(?![A-Za-z0-9_])"
    in_paths = rf"(?<=/)({known})(?=[-:)\" \\])"
    for pattern in (named, in_paths):
        raw = re.sub(pattern, lambda match: names[match[1]], raw)
    return raw
