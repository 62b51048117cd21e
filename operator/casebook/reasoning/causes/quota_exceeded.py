"""QuotaExceeded: a ResourceQuota leaves no room for the pods that a workload wants."""

import re

from casebook.analysis.access import strings
from casebook.analysis.things import Ref, shown
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.checks.refusals import EXPLAINS, LACKING, SAYS_SO, Refusal, detector
from casebook.reasoning.situation import Situation

_WORDS = re.compile(
    r"exceeded quota: (?P<name>[^,\s]+)(?P<rest>[^\n]*)|failed quota: (?P<other>[^:\s]+): (?P<must>must specify [^\n]*)"
)


def _name(_: Situation, refusal: Refusal) -> Ref:
    quota = refusal.match["name"] or refusal.match["other"] or "unknown"
    return Ref("ResourceQuota", refusal.workload.ref.namespace, quota)


def _say(situation: Situation, refusal: Refusal) -> str:
    quota = situation.label(_name(situation, refusal))
    lacking = f"{len(refusal.workload.live)} of {refusal.workload.desired} pods"
    rest = (refusal.match["rest"] or refusal.match["must"] or "").strip(" ,")
    return f"{quota} refuses pods of {situation.label(refusal.workload.ref)} ({lacking} exist): {rest[:200]}"


def _is_full(situation: Situation, found: Candidate[Refusal]) -> Finding:
    thing = situation.world.things.get(found.object)
    if thing is None:
        return UNTESTED
    hard, used = strings(thing.raw, "status", "hard"), strings(thing.raw, "status", "used")
    tight = {key: f"{used[key]} of {hard[key]}" for key in sorted(hard) if used.get(key)}
    return held(thing.say(f"used: {shown(tight)}")) if tight else UNTESTED


def _steps(_: Situation, found: Candidate[Refusal]) -> list[str]:
    return [
        f"Raise the limits of ResourceQuota {found.object.name}, or ask for less (replicas, requests).",
        command("describe", found.object),
    ]


CAUSES = (
    Cause(
        code="QuotaExceeded",
        means="A ResourceQuota refuses the creation of pods.",
        names="ResourceQuota",
        explains=EXPLAINS,
        base_rate=0.03,
        detect=detector(_WORDS, _name, _say),
        predictions=(SAYS_SO, LACKING, Prediction("the quota is in use", _is_full, 80, 0)),
        steps=_steps,
    ),
)
