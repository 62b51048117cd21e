"""Credit: shown, cited, accepted; how far a memory is trusted for it, and when it has lost its force.

A report cites a memory that changed it. People accept or reject the report. A finding that nothing but a memory's word
carries earns the memory nothing, but it is held against the memory where people call it wrong. What changed something
else than the finding is not to blame for a wrong one.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from casebook.api.case import Use
from casebook.api.enums import Judgement, Role, Source
from casebook.api.memory import KnowledgeOrigin, Uses
from casebook.api.report import Report
from casebook.api.run import Run
from casebook.knowledge.concepts import key
from casebook.knowledge.recall import MEMORY, display_name

PRIORS: dict[Source | None, tuple[int, int]] = {
    Source.PERSON: (4, 1),
    Source.AGENT: (1, 1),
    Source.AMBIENT: (1, 1),
    None: (2, 1),
}
"""Beta priors by origin, as accepted and rejected uses that it begins with: a person's word weighs as four of the one
and one of the other, what says no origin (an import, GitOps) as two, what the system proposed as one."""
CITED = frozenset({Role.LED, Role.ALONE, Role.ACTED, Role.CONTRADICTED})
EARNING = frozenset({Role.LED, Role.ACTED})
BLAMED = frozenset({Role.LED, Role.ALONE})
HINT, MOST_HINTS = 0.1, 0.5
"""What one ambient rating weighs in uses that people accepted, and all of them at most: half of one person's word."""
RECENT, REJECTIONS = 10, 3
"""A memory is stale that was rejected so often in its last so many uses that were cited."""
_ANEW = "until somebody confirms it anew"
GONE_IN_A_ROW = 2
"""Runs one after another that did not find the object: one may have looked in the middle of a deployment."""


class Spent(NamedTuple):
    """Why a memory has lost its force: a reason in CamelCase, and a sentence."""

    reason: str
    message: str


def uses_of(run: Run, report: Report) -> list[Use]:
    """What the memories that a run recalled were to its report; of one that is named twice the first counts."""
    given = {(display_name(one, run.namespace), str(one.version)): one for one in run.recalled}
    found: dict[str, Use] = {}
    for told in report.knowledge:
        memory = given.get((told.name, told.version))
        if told.kind == MEMORY and memory is not None:
            use = Use(
                namespace=memory.namespace,
                name=memory.name,
                version=memory.version,
                uid=run.uid,
                investigation=run.name,
                at=run.now,
                role=told.role,
            )
            found.setdefault(key(memory), use)
    return list(found.values())


def by_memory(uses: Iterable[Use]) -> dict[str, list[Use]]:
    """Uses by `namespace/name`, in the order in which they come."""
    found: dict[str, list[Use]] = {}
    for use in uses:
        found.setdefault(f"{use.namespace}/{use.name}", []).append(use)
    return found


def tally(uses: Iterable[Use]) -> Uses:
    """How often a memory was of use, over all of its versions."""
    held = list(uses)
    return Uses(
        shown=len(held),
        cited=sum(use.role in CITED for use in held),
        accepted=sum(_accepted(use) for use in held),
        rejected=sum(_rejected(use) for use in held),
        hinted=sum(_hinted(use) for use in held),
    )


def trust(origin: KnowledgeOrigin | None, uses: Uses) -> int:
    """The mean of the Beta posterior, in percent."""
    accepted, rejected = PRIORS[origin.type if origin else None]
    good = accepted + uses.accepted + min(HINT * uses.hinted, MOST_HINTS)
    return round(100 * good / (good + rejected + uses.rejected))


def spent(version: int, uses: Sequence[Use]) -> Spent | None:
    """Why this version of a memory is stale by its uses, given the newest first; earlier versions say nothing of it."""
    own = [use for use in uses if use.version == version]
    seen = [use for use in own if use.role is not Role.SHOWN][:GONE_IN_A_ROW]
    if len(seen) == GONE_IN_A_ROW and all(use.role is Role.GONE for use in seen):
        where = " and ".join(use.investigation for use in seen)
        return Spent("ObjectGone", f"The object that it names was not there in {where}; it has no force {_ANEW}.")
    cited = [use for use in own if use.role in CITED][:RECENT]
    against = [use for use in cited if _rejected(use)]
    if len(against) >= REJECTIONS:
        who = ", ".join(dict.fromkeys(use.by for use in against if use.by))
        said = f"{len(against)} of the last {len(cited)} reports that cite it follow it and were called wrong, by {who}"
        return Spent("RepeatedlyRejected", f"{said}; it has no force {_ANEW}.")
    return None


def _accepted(use: Use) -> bool:
    return use.role in EARNING and use.judgement is Judgement.CORRECT


def _hinted(use: Use) -> bool:
    """Where a person spoke, what was seen counts nothing."""
    return use.role in EARNING and use.hint is not None and use.judgement is None


def _rejected(use: Use) -> bool:
    return use.role in BLAMED and use.judgement is Judgement.WRONG
