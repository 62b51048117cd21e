"""AdmissionWebhookDown, -TLS, -Denies and AdmissionPolicyDenies: admission refuses the pods of a workload."""

import re
from collections.abc import Callable

from casebook.analysis.things import Ref
from casebook.reasoning.cause import Candidate, Cause
from casebook.reasoning.refusals import EXPLAINS, LACKING, SAYS_SO, Refusal, detector
from casebook.reasoning.situation import Situation

_TLS = r"(?:x509|certificate|tls:)"
_DOWN = re.compile(rf"failed calling webhook \"(?P<name>[^\"]+)\": (?P<what>(?![^\n]*{_TLS})[^\n]*)")
_BAD_TLS = re.compile(rf"failed calling webhook \"(?P<name>[^\"]+)\": (?P<what>[^\n]*{_TLS}[^\n]*)")
_DENIES = re.compile(r"admission webhook \"(?P<name>[^\"]+)\" denied the request:? ?(?P<what>[^\n]*)")
_POLICY = re.compile(
    r"ValidatingAdmissionPolicy '(?P<name>[^']+)'(?: with binding '[^']+')? denied request:? ?(?P<what>[^\n]*)"
)
WEBHOOK, POLICY = "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy"


def _named(kind: str) -> Callable[[Situation, Refusal], Ref]:
    return lambda _, refusal: Ref(kind, "", refusal.match["name"])


def _say(verb: str) -> Callable[[Situation, Refusal], str]:
    return lambda situation, refusal: (
        f"{refusal.match['name']} {verb} pods of {situation.label(refusal.workload.ref)}: {refusal.match['what'][:240]}"
    )


def _webhook_steps(_: Situation, found: Candidate[Refusal]) -> list[str]:
    return [
        f"Find the configuration that holds webhook {found.object.name}; is its backend up, its caBundle right?",
        "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o yaml",
    ]


def _rule_steps(_: Situation, found: Candidate[Refusal]) -> list[str]:
    return [f"Make the pod template fit what {found.object.name} asks for, or talk to those who own the rule."]


def _cause(code: str, means: str, words: "re.Pattern[str]", kind: str, verb: str) -> Cause[Refusal]:
    failing = code in ("AdmissionWebhookDown", "AdmissionWebhookTLS")
    return Cause(
        code=code,
        means=means,
        names="webhook configuration" if kind == WEBHOOK else "ValidatingAdmissionPolicy or its binding",
        explains=EXPLAINS,
        base_rate=0.01,
        detect=detector(words, _named(kind), _say(verb)),
        predictions=(SAYS_SO, LACKING),
        steps=_webhook_steps if failing else _rule_steps,
    )


CAUSES = (
    _cause("AdmissionWebhookDown", "An admission webhook does not answer.", _DOWN, WEBHOOK, "does not answer for"),
    _cause("AdmissionWebhookTLS", "The API server does not trust a webhook.", _BAD_TLS, WEBHOOK, "is not trusted for"),
    _cause("AdmissionWebhookDenies", "An admission webhook refuses the pods.", _DENIES, WEBHOOK, "denies"),
    _cause("AdmissionPolicyDenies", "A ValidatingAdmissionPolicy refuses the pods.", _POLICY, POLICY, "denies"),
)
