"""AdmissionWebhookDown, -TLS, -Denies and AdmissionPolicyDenies: admission refuses the pods of a workload."""

import re
from collections.abc import Callable, Iterator

from casebook.analysis.access import listed, text
from casebook.analysis.endpoints import cluster_name, mentions
from casebook.analysis.services import ready_endpoints
from casebook.analysis.things import RESOURCES, Ref, Thing
from casebook.api.observation import Query, listing
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import undo
from casebook.reasoning.checks.refusals import EXPLAINS, LACKING, SAYS_SO, Refusal, detector
from casebook.reasoning.situation import Situation

_TLS = r"(?:x509|certificate|tls:)"
_DOWN = re.compile(rf"failed calling webhook \"(?P<name>[^\"]+)\": (?P<what>(?![^\n]*{_TLS})[^\n]*)")
_BAD_TLS = re.compile(rf"failed calling webhook \"(?P<name>[^\"]+)\": (?P<what>[^\n]*{_TLS}[^\n]*)")
_DENIES = re.compile(r"admission webhook \"(?P<name>[^\"]+)\" denied the request:? ?(?P<what>[^\n]*)")
_POLICY = re.compile(
    r"ValidatingAdmissionPolicy '(?P<name>[^']+)'(?: with binding '[^']+')? denied request:? ?(?P<what>[^\n]*)"
)
_CLASS = re.compile(
    r"is forbidden: (?:pod rejected: )?(?P<what>RuntimeClass \"(?P<runtime>[^\"]+)\" not found"
    r"|no PriorityClass with name (?P<priority>\S+) was found)"
)
VALIDATING, MUTATING = "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"
POLICY = "ValidatingAdmissionPolicy"


def _configuration(situation: Situation, refusal: Refusal) -> Ref:
    """The configuration that holds the webhook; where none was read, the webhook's own name stands for it."""
    found = _holding(situation, refusal)
    return found.ref if found else Ref(VALIDATING, "", refusal.match["name"])


def _holding(situation: Situation, refusal: Refusal) -> Thing | None:
    for kind in (VALIDATING, MUTATING):
        for thing in situation.world.all(kind):
            if any(text(item, "name") == refusal.match["name"] for item in listed(thing.raw, "webhooks")):
                return thing
    return None


def _policy(_: Situation, refusal: Refusal) -> Ref:
    return Ref(POLICY, "", refusal.match["name"])


def _classless(situation: Situation) -> Iterator[Candidate[Refusal]]:
    """Pods that name a class which the cluster does not have: the template is to be mended, or the class to be made."""
    return detector(_CLASS, lambda _, refusal: refusal.workload.ref, _say_class)(situation)


def _say_class(situation: Situation, refusal: Refusal) -> str:
    field, kind = (
        ("runtimeClassName", "RuntimeClass") if refusal.match["runtime"] else ("priorityClassName", "PriorityClass")
    )
    name = refusal.match["runtime"] or refusal.match["priority"]
    return f"{situation.label(refusal.workload.ref)} names {kind} {name} ({field}), which does not exist"


def _policies(situation: Situation) -> Iterator[Candidate[Refusal]]:
    yield from detector(_POLICY, _policy, _say("denies"))(situation)
    yield from _classless(situation)


def _say(verb: str) -> Callable[[Situation, Refusal], str]:
    return lambda situation, refusal: (
        f"{refusal.match['name']} {verb} pods of {situation.label(refusal.workload.ref)}: {refusal.match['what'][:240]}"
    )


def _holds_it(situation: Situation, found: Candidate[Refusal]) -> Finding:
    thing = _holding(situation, found.about)
    return held(thing.say(f"holds webhook {found.about.match['name']}")) if thing else UNTESTED


def _configurations(_: Situation, __: Candidate[Refusal]) -> list[Query]:
    return [listing(RESOURCES[kind]) for kind in (VALIDATING, MUTATING)]


def _backend_down(situation: Situation, found: Candidate[Refusal]) -> Finding:
    """The message names the URL that was called: `https://<service>.<namespace>.svc:443/path`."""
    for endpoint in mentions(found.about.match["what"]):
        named = cluster_name(endpoint.host, found.about.workload.ref.namespace)
        service = situation.world.things.get(Ref("Service", *named)) if named else None
        if service is not None:
            slices, ready = ready_endpoints(situation.world, service)
            cites = [item.cite("endpoints") for item in slices[:1]] or [service.say("it has no endpoints")]
            return failed(*cites) if ready else held(*cites)
    return UNTESTED


def _webhook_steps(_: Situation, found: Candidate[Refusal]) -> list[str]:
    return [
        f"Bring the backend of webhook {found.about.match['name']} back; check its Service and its caBundle.",
        f"kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o yaml   # {found.object.name}",
        "If it cannot be brought back soon: failurePolicy Ignore lets creations pass unchecked; ask its owners.",
    ]


def _rule_steps(_: Situation, found: Candidate[Refusal]) -> list[str]:
    workload = found.about.workload
    if found.object == workload.ref:
        return ["Correct the class that the pod template names, or have the class made.", undo(workload)]
    return [f"Make the pod template fit what {found.object.name} asks for, or talk to those who own the rule."]


_HOLDS: Prediction[Refusal] = Prediction("a configuration holds the webhook", _holds_it, 30, 0, _configurations)
_BACKEND: Prediction[Refusal] = Prediction("its backend has no ready endpoints", _backend_down, 100, -150)


def _cause(code: str, means: str, words: "re.Pattern[str]", verb: str, *more: Prediction[Refusal]) -> Cause[Refusal]:
    return Cause(
        code=code,
        means=means,
        names="webhook configuration",
        explains=EXPLAINS,
        base_rate=0.01,
        detect=detector(words, _configuration, _say(verb)),
        predictions=(SAYS_SO, LACKING, *more),
        steps=_rule_steps if "Denies" in code else _webhook_steps,
    )


CAUSES = (
    _cause(
        "AdmissionWebhookDown", "An admission webhook does not answer.", _DOWN, "does not answer for", _HOLDS, _BACKEND
    ),
    _cause("AdmissionWebhookTLS", "The API server does not trust a webhook.", _BAD_TLS, "is not trusted for", _HOLDS),
    _cause("AdmissionWebhookDenies", "An admission webhook refuses the pods.", _DENIES, "denies", _HOLDS),
    Cause(
        code="AdmissionPolicyDenies",
        means="A rule of admission refuses the pods: a ValidatingAdmissionPolicy, or a class that is not there.",
        names="ValidatingAdmissionPolicy or its binding; workload, where it names a class",
        explains=EXPLAINS,
        base_rate=0.01,
        detect=_policies,
        predictions=(SAYS_SO, LACKING),
        steps=_rule_steps,
    ),
)
