"""LimitRangeDenied: a LimitRange refuses pods whose requests or limits lie outside of it."""

import re

from casebook.analysis.things import Ref
from casebook.reasoning.cause import Candidate, Cause
from casebook.reasoning.checks.helpers import command, undo
from casebook.reasoning.checks.refusals import EXPLAINS, LACKING, SAYS_SO, Refusal, detector
from casebook.reasoning.situation import Situation

_WORDS = re.compile(
    r"(?:maximum|minimum) \S+ usage per (?:Container|Pod|PersistentVolumeClaim) is [^\n]*|limit to request ratio [^\n]*"
)


def _name(situation: Situation, refusal: Refusal) -> Ref:
    """The message does not name the LimitRange: the only one, or the first of several."""
    found = situation.world.all("LimitRange", refusal.workload.ref.namespace)
    return found[0].ref if found else Ref("LimitRange", refusal.workload.ref.namespace, "unknown")


def _say(situation: Situation, refusal: Refusal) -> str:
    limits = situation.label(_name(situation, refusal))
    return f"{limits} refuses pods of {situation.label(refusal.workload.ref)}: {refusal.match[0][:240]}"


def _steps(_: Situation, found: Candidate[Refusal]) -> list[str]:
    return [
        "Bring the container's requests and limits within the LimitRange, or change the LimitRange.",
        command("describe", found.object),
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="LimitRangeDenied",
        means="A LimitRange refuses pods whose requests or limits lie outside of it.",
        names="LimitRange",
        explains=EXPLAINS,
        base_rate=0.01,
        detect=detector(_WORDS, _name, _say),
        predictions=(SAYS_SO, LACKING),
        steps=_steps,
    ),
)
