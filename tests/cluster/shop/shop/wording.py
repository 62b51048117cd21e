"""What the services say, in the language that LOG_LANGUAGE names; in English where it is not set."""

import json
import os
from pathlib import Path

_LANGUAGES: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("wording.json").read_text("utf-8"))
_SAID = _LANGUAGES.get(os.environ.get("LOG_LANGUAGE", ""), {})


def say(english: str) -> str:
    """The phrase in the language of this process."""
    return _SAID.get(english, english)
