"""Whether a text is of the format that its name says: JSON, YAML, TOML."""

import json
import tomllib
from collections.abc import Callable

import yaml

LONGEST = 65_536
"""Characters of a file that are looked at; a longer one is not judged."""


def unreadable(name: str, text: str) -> str:
    """What is wrong with a file's text, as a parser says it in one line; empty where nothing is, or none can tell."""
    parse = _PARSERS.get(name.rpartition(".")[2].lower())
    if parse is None or len(text) > LONGEST:
        return ""
    try:
        parse(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        return " ".join(str(error).split())[:160]
    return ""


def _yaml(text: str) -> None:
    """Only the syntax: aliases are not followed, which could make a short text very long."""
    for _ in yaml.parse(text, Loader=yaml.SafeLoader):
        pass


_PARSERS: dict[str, Callable[[str], object]] = {
    "json": json.loads,
    "yaml": _yaml,
    "yml": _yaml,
    "toml": tomllib.loads,
}
