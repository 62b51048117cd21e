"""Quarantine: what came from a hostile source, and everything that was made of it, has no force.

A quarantine is a confirmed memory that names a source. Whatever memory or skill has that source in its lineage is
struck, however far back. What supersedes a struck memory was not made of it and stands; what a struck memory superseded
has its force again. Quarantines do not strike each other: people lift them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from casebook.analysis.things import clip
from casebook.api.case import PastCase, Use
from casebook.api.enums import KnowledgeReach, State
from casebook.api.memory import Quarantine
from casebook.api.run import Recalled, RecalledSkill
from casebook.knowledge.lifecycle import powerless
from casebook.knowledge.lineage import descent, itself, sources, sources_of_case, target, user
from casebook.knowledge.precedence import rank

REASON = 1000
P = TypeVar("P", Recalled, RecalledSkill)


def quarantines(memories: Iterable[Recalled], now: datetime) -> list[Recalled]:
    """Those that are in force at this moment, what takes precedence first."""
    claiming = (one for one in memories if is_quarantine(one) and one.spec.state is State.CONFIRMED)
    return sorted((one for one in claiming if not powerless(one, now)), key=rank)


def is_quarantine(one: Recalled | RecalledSkill) -> bool:
    """Whether it is a memory that names a source that is not to be trusted."""
    return isinstance(one, Recalled) and one.spec.claim is not None and one.spec.claim.quarantine is not None


def marked(
    pieces: Sequence[P], against: Sequence[Recalled], beside: Sequence[Recalled | RecalledSkill] = ()
) -> list[P]:
    """Memories or skills, those that these quarantines strike with who did it and why; `beside` is what else there is
    that a lineage may go through."""
    found = _struck([*pieces, *beside], against) if against else {}
    return [one.replace(quarantined=_reason(found[itself(one)])) if itself(one) in found else one for one in pieces]


def heeding(memories: Sequence[Recalled], now: datetime) -> list[Recalled]:
    """The memories as the quarantines among them leave them."""
    return marked(memories, quarantines(memories, now))


def struck_by(quarantine: Recalled, memories: Sequence[Recalled]) -> list[Recalled]:
    """Which of these it strikes."""
    found = _struck(memories, [quarantine])
    return [one for one in memories if itself(one) in found]


def heard(uses: Mapping[str, Sequence[Use]], against: Sequence[Recalled]) -> Mapping[str, Sequence[Use]]:
    """Uses by memory, without the ratings of people who are quarantined where the memory is."""
    hostile = [(one, person) for one in against if (person := source_of(one).person)]
    if not hostile:
        return uses
    return {name: [_unrated(use) if _by(use, hostile) else use for use in held] for name, held in uses.items()}


def untainted(cases: Iterable[PastCase], against: Sequence[Recalled]) -> list[PastCase]:
    """Past cases without those that are quarantined, by name or signature, and without the words of hostile people."""
    targets = {target(source_of(one), one.namespace) for one in against}
    clean = [case for case in cases if not targets or targets.isdisjoint(sources_of_case(case))]
    return [case.replace(said=None) if case.said and user(case.said.author) in targets else case for case in clean]


def source_of(quarantine: Recalled) -> Quarantine:
    """The source that a quarantine names."""
    if quarantine.spec.claim is None or quarantine.spec.claim.quarantine is None:
        raise ValueError(f"{quarantine.name} quarantines nothing")
    return quarantine.spec.claim.quarantine


def source_words(source: Quarantine) -> str:
    """A source as the command line takes it."""
    if source.feedback_id:
        return f"inv/{source.investigation}/{source.feedback_id}"
    named = {"memory": source.memory, "skill": source.skill, "inv": source.investigation, "user": source.person}
    return next((f"{kind}/{name}" for kind, name in named.items() if name), f"signature/{source.signature}")


def _struck(pieces: Iterable[Recalled | RecalledSkill], against: Iterable[Recalled]) -> dict[str, Recalled]:
    """Which quarantine strikes which memory or skill, by what it is as a source."""
    made_of: dict[str, list[Recalled | RecalledSkill]] = {}
    for piece in pieces:
        for source in () if is_quarantine(piece) else sources(piece):
            made_of.setdefault(source, []).append(piece)
    found: dict[str, Recalled] = {}
    for one in against:
        for piece in descent(target(source_of(one), one.namespace), made_of):
            if _covers(one, piece):
                found.setdefault(itself(piece), one)
    return found


def _covers(quarantine: Recalled, piece: Recalled | RecalledSkill) -> bool:
    """Whether it reaches as far as what it strikes: who may not confirm something may not take its force either."""
    reach = quarantine.spec.reach
    if piece.platform and not quarantine.platform:
        return False
    if reach is KnowledgeReach.NAMESPACE:
        return piece.spec.reach is KnowledgeReach.NAMESPACE and piece.namespace == quarantine.namespace
    return reach is KnowledgeReach.PLATFORM or piece.spec.reach is not KnowledgeReach.PLATFORM


def _reason(quarantine: Recalled) -> str:
    who = quarantine.spec.last_editor or ("the platform" if quarantine.platform else "automation")
    said = f"{who} quarantined {source_words(source_of(quarantine))} and all that comes from it"
    return clip(f"{said}, by memory {quarantine.name}: {quarantine.spec.statement}", REASON)


def _by(use: Use, hostile: Iterable[tuple[Recalled, str]]) -> bool:
    return any(
        use.by == person and (one.spec.reach is not KnowledgeReach.NAMESPACE or one.namespace == use.namespace)
        for one, person in hostile
    )


def _unrated(use: Use) -> Use:
    return use.replace(judgement=None, by="")
