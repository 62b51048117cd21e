"""ServiceAccountMissing: a workload names a ServiceAccount that does not exist."""

import re

from casebook.analysis.things import Cite, Ref
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import undo
from casebook.reasoning.checks.refusals import EXPLAINS, LACKING, SAYS_SO, Refusal, detector
from casebook.reasoning.situation import Situation

_WORDS = re.compile(r"serviceaccount \"(?P<name>[^\"]+)\" not found")


def _name(_: Situation, refusal: Refusal) -> Ref:
    return refusal.workload.ref


def _say(situation: Situation, refusal: Refusal) -> str:
    name = refusal.match["name"]
    return f"{situation.label(refusal.workload.ref)} runs as ServiceAccount {name}, which does not exist"


def _absent(situation: Situation, found: Candidate[Refusal]) -> Finding:
    place, name = found.object.namespace, found.about.match["name"]
    listed = situation.world.listed("serviceaccounts", place)
    if listed is None or not situation.world.complete("serviceaccounts", place):
        return UNTESTED
    thing = situation.world.things.get(Ref("ServiceAccount", place, name))
    return failed(thing.say("it is there now")) if thing else held(Cite(listed.id, f"no ServiceAccount {name} listed"))


def _steps(_: Situation, found: Candidate[Refusal]) -> list[str]:
    name = found.about.match["name"]
    return [
        f"Create ServiceAccount {name}, or correct spec.template.spec.serviceAccountName.",
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="ServiceAccountMissing",
        means="A workload names a ServiceAccount that does not exist.",
        names="workload",
        explains=EXPLAINS,
        base_rate=0.01,
        detect=detector(_WORDS, _name, _say),
        predictions=(SAYS_SO, LACKING, Prediction("no such ServiceAccount is listed", _absent, 100, -300)),
        steps=_steps,
    ),
)
