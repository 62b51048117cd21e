"""NamespaceTerminating: nothing can be made in a namespace that is being deleted."""

import re

from casebook.analysis.things import Ref
from casebook.reasoning.cause import Candidate, Cause
from casebook.reasoning.checks.refusals import EXPLAINS, LACKING, SAYS_SO, Refusal, detector
from casebook.reasoning.situation import Situation

_WORDS = re.compile(r"unable to create new content in namespace (?P<name>[a-z0-9-]+) because it is being terminated")


def _name(_: Situation, refusal: Refusal) -> Ref:
    return Ref("Namespace", "", refusal.match["name"])


def _say(situation: Situation, refusal: Refusal) -> str:
    name = refusal.match["name"]
    return f"Namespace/{name} is being deleted, so that no pods of {situation.label(refusal.workload.ref)} are made"


def _steps(_: Situation, found: Candidate[Refusal]) -> list[str]:
    return [
        f"kubectl get namespace {found.object.name} -o yaml   # its conditions say what is left and what waits",
        "Find out who deletes it; a deletion cannot be taken back. Make what is needed in another namespace.",
    ]


CAUSES = (
    Cause(
        code="NamespaceTerminating",
        means="The namespace is being deleted; nothing new can be made in it.",
        names="Namespace",
        explains=EXPLAINS,
        base_rate=0.005,
        detect=detector(_WORDS, _name, _say),
        predictions=(SAYS_SO, LACKING),
        steps=_steps,
    ),
)
