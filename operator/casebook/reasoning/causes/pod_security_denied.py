"""PodSecurityDenied: the Pod Security level of a namespace refuses a workload's pods."""

import re

from casebook.analysis.things import Ref
from casebook.reasoning.cause import Candidate, Cause
from casebook.reasoning.checks.refusals import EXPLAINS, LACKING, SAYS_SO, Refusal, detector
from casebook.reasoning.situation import Situation

_WORDS = re.compile(r"violates PodSecurity \"(?P<level>[^\"]+)\": (?P<what>[^\n]*)")
LABEL = "pod-security.kubernetes.io/enforce"


def _name(_: Situation, refusal: Refusal) -> Ref:
    return Ref("Namespace", "", refusal.workload.ref.namespace)


def _say(situation: Situation, refusal: Refusal) -> str:
    return (
        f"Namespace/{refusal.workload.ref.namespace} enforces Pod Security level {refusal.match['level']}, "
        f"which refuses pods of {situation.label(refusal.workload.ref)}: {refusal.match['what'][:200]}"
    )


def _steps(_: Situation, found: Candidate[Refusal]) -> list[str]:
    return [
        "Give the pod template the securityContext that the level asks for, or set the level that the workload needs.",
        f"kubectl get namespace {found.object.name} -o yaml   # label {LABEL}, and who wrote it",
    ]


CAUSES = (
    Cause(
        code="PodSecurityDenied",
        means="The Pod Security level of the namespace refuses the pods.",
        names="Namespace (label)",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=detector(_WORDS, _name, _say),
        predictions=(SAYS_SO, LACKING),
        steps=_steps,
    ),
)
