"""One change of one object: when, which fields, and by which field manager."""

import re
from dataclasses import dataclass
from datetime import datetime

from casebook.analysis.fields import Field
from casebook.analysis.things import Cite, Ref, Thing
from casebook.api.base import timestamp

MOST_FIELDS = 3
_SETTING = re.compile(r"\benv\[([^\]]+)\]|^(?:data|binaryData)\.(.+)|\b(?:args|command)\b")


@dataclass(frozen=True)
class Change:
    """One change: when, of what, in words or by fields, and by which field manager where that is recorded.

    `shows` is the object whose record tells of it, `events` what else does.
    """

    at: datetime
    object: Ref
    what: str = ""
    by: str = ""
    fields: tuple[Field, ...] = ()
    shows: Thing | None = None
    events: tuple[Cite, ...] = ()

    def told(self, about: str = "") -> list[str]:
        """What changed, a piece a field. Values of settings are only told where `about` speaks of the setting."""
        said = [field.said(values=is_open(field, about)) for field in self.fields[:MOST_FIELDS]]
        left = len(self.fields) - MOST_FIELDS
        more = [f"{left} more field{'s' if left > 1 else ''}"] if left > 0 else []
        return [*([self.what] if self.what else []), *said, *more]

    def cites(self, about: str = "") -> tuple[Cite, ...]:
        """Citations of it."""
        by = f", by {self.by}" if self.by else ""
        record = (self.shows.say(f"{'; '.join(self.told(about))} at {timestamp(self.at)}{by}"),) if self.shows else ()
        return (*record, *self.events)


def is_open(field: Field, about: str) -> bool:
    """Whether the value of a field may be told: it is no setting of a program, or the text speaks of that setting."""
    found = _SETTING.search(field.path)
    names = [found[1], *(found[2] or "").split(":")] if found else []
    return found is None or any(name in about for name in names if name)
