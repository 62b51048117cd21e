"""Past cases: what was asked, what was found and what told it, what people said of it; and what memories were to it."""

from typing import Annotated

from pydantic import Field

from casebook.api.base import Model, Percent, Time
from casebook.api.enums import HintKind, Judgement, Role, Verdict
from casebook.api.meta import Line, Placed, Short
from casebook.api.report import Cost
from casebook.api.run import Noticed, Telling


class Asked(Model):
    """What a question is about, as far as it tells before anything was looked at: equal for each occurrence.

    `entity` is the name of the target with `*` for what is generated; `words` the question itself, where it has no
    alert and no target.
    """

    alertname: Short = ""
    place: Short = ""
    kind: Short = ""
    entity: Short = ""
    words: Annotated[list[Short], Field(max_length=64)] = Field(default_factory=list)


class Said(Model):
    """What a person said of a report; `truth` is the cause and object that they name instead, if they do."""

    judgement: Judgement
    author: Short = ""
    truth: Line = ""


class Blamed(Model):
    """One field that the change behind the root cause wrote: `entity` is `Kind/namespace/name`."""

    entity: Annotated[str, Field(max_length=512)]
    field: Line
    new: Line | None = None
    old: Line | None = None
    old_known: bool = True


class Hint(Model):
    """What a later investigation saw of it: weak evidence that the report was right, and nobody's word."""

    kind: HintKind
    at: Time
    seen_in: Placed
    note: Line = ""


class Use(Model):
    """One investigation that recalled a memory: what the memory was to its report, and the latest word on that."""

    namespace: Short
    name: Short
    version: int
    uid: Short
    investigation: Short
    at: Time
    role: Role
    judgement: Judgement | None = None
    by: Short = ""
    hint: HintKind | None = None


class PastCase(Model):
    """One concluded investigation; `said` is the latest word on it, `hint` what was seen of it afterwards.

    `blamed` are the fields that the change behind its first root cause wrote, and `resolved_soon` says that its alert
    went away within minutes. `explained_by` names the investigation whose cause it only checked again.
    """

    uid: Short
    namespace: Short
    name: Short
    at: Time
    asked: Asked
    verdict: Verdict
    object: Short = ""
    cause: Short = ""
    confidence_percent: Percent = 0
    telling: Telling = Field(default_factory=Telling)
    noticed: Noticed = Field(default_factory=Noticed)
    cost: Cost = Field(default_factory=Cost)
    explained_by: Placed | None = None
    said: Said | None = None
    blamed: Annotated[list[Blamed], Field(max_length=4)] = Field(default_factory=list)
    resolved_soon: bool = False
    hint: Hint | None = None
