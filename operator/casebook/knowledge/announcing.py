"""What is new about a memory, for an Event on it: that it was used, and what people made of that."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from casebook.api.case import Use
from casebook.api.enums import Judgement, Role
from casebook.knowledge.credit import CITED

_ROLES = {
    Role.LED: "its cause is the finding",
    Role.ALONE: "its cause is the finding, unproven",
    Role.ACTED: "it changed what was concluded",
    Role.CONTRADICTED: "the facts contradict it",
}
_JUDGED = {Judgement.CORRECT: "accepted", Judgement.PARTIAL: "accepted in part", Judgement.WRONG: "rejected"}
_REASONS = {Judgement.CORRECT: "Accepted", Judgement.PARTIAL: "AcceptedInPart", Judgement.WRONG: "Rejected"}


class News(NamedTuple):
    """One Event: what tells it from others, its reason in CamelCase, and a sentence."""

    identity: str
    reason: str
    note: str


def news(before: Iterable[Use], now: Sequence[Use]) -> list[News]:
    """What is to be told of the uses of a memory that were not known before; of what changed nothing, nothing."""
    known = {use.uid: use for use in before}
    found: list[News] = []
    for use in (use for use in now if use.role in CITED):
        old = known.get(use.uid)
        where = f"used in inv/{use.investigation}"
        if old is None:
            found.append(News(f"{use.uid}/{use.version}", "Used", f"{where}: {_ROLES[use.role]}"))
        if use.judgement is not None and (old is None or old.judgement is not use.judgement):
            said = f"{where}, {_JUDGED[use.judgement]} by {use.by}"
            found.append(News(f"{use.uid}/{use.version}/{use.judgement}", _REASONS[use.judgement], said))
    return found
