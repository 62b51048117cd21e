"""Which hypotheses a person's words mean, and where a cause would be that nobody suspected."""

from casebook.analysis.things import Ref
from casebook.api.memory import CauseClaim
from casebook.api.skill import Suspect
from casebook.reasoning.board import Ranked
from casebook.reasoning.situation import Situation

Hypotheses = dict[tuple[str, str], Ranked]


def meant(situation: Situation, claim: CauseClaim | Suspect, found: Hypotheses) -> list[Ranked]:
    """Hypotheses of the claim's cause on its object, or on any where it names none; the likeliest first."""
    wanted = situation.taught.ref(claim.object) if claim.object else None
    known = [item for item in found.values() if item.cause == claim.cause and wanted in (None, item.ref)]
    return sorted(known, key=lambda item: (-item.centinats, item.object))


def place(situation: Situation, object_: str) -> Ref:
    """Where a cause that nobody suspected would be: its object, else what was asked about, else what deviates."""
    if object_:
        return situation.taught.ref(object_)
    asked = sorted(situation.focus & situation.world.workloads.keys()) or sorted(situation.focus)
    pressing = [symptom.entity for symptom in situation.pressing]
    return next(iter([*asked, *pressing]), Ref("Namespace", "", situation.world.home))
