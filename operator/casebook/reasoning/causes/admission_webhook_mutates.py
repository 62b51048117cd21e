"""AdmissionWebhookMutates: pods are not what their template says, because a webhook changed them on creation."""

from collections.abc import Iterator
from typing import Any

from casebook.analysis.access import listed, mapping, text, words
from casebook.analysis.selectors import matches
from casebook.analysis.signs import Sign
from casebook.analysis.things import RESOURCES, Ref, Thing, shown
from casebook.analysis.workloads import Pod
from casebook.api.observation import Query, listing
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command, containers, only
from casebook.reasoning.checks.mutated import Altered, altered
from casebook.reasoning.situation import Situation

KIND = "MutatingWebhookConfiguration"


def _detect(situation: Situation) -> Iterator[Candidate[Altered]]:
    for workload, pod, container in containers(situation):
        if container.ready and not container.restarts:
            continue
        for item in altered(situation, workload, pod, container):
            by = _selecting(situation, pod)
            yield Candidate(
                object=by[0].ref if by else workload.ref,
                statement=f"Pods of {situation.label(workload.ref)} are made with {item.field} {shown(item.found)}, "
                f"while their template says {_wanted(item)}: {_who(situation, by)} changes them on creation",
                harms=only(workload.ref),
                covers=frozenset({Sign.KILLED, Sign.CRASH, Sign.NOT_READY, Sign.IMAGE, Sign.CREATE}),
                about=item,
                since=pod.thing.created,
            )


def _wanted(item: Altered) -> str:
    return "nothing of it" if item.wanted is None else shown(item.wanted)


def _who(situation: Situation, by: list[Thing]) -> str:
    return " or ".join(situation.label(thing.ref) for thing in by[:3]) or "an admission webhook"


def _selecting(situation: Situation, pod: Pod) -> list[Thing]:
    """Configurations with a webhook that is called when this pod is created, newest first."""
    namespace = situation.world.things.get(Ref("Namespace", "", pod.thing.ref.namespace))
    labels = {"kubernetes.io/metadata.name": pod.thing.ref.namespace} | (namespace.labels if namespace else {})
    found = [
        thing
        for thing in situation.world.all(KIND)
        if any(_calls(hook, labels, pod.thing.labels) for hook in listed(thing.raw, "webhooks"))
    ]
    return sorted(found, key=lambda thing: (-(thing.created.timestamp() if thing.created else 0.0), thing.ref))


def _calls(hook: dict[str, Any], namespace: dict[str, str], pod: dict[str, str]) -> bool:
    pods = any(
        {"pods", "*", "*/*"} & set(words(rule, "resources")) and {"CREATE", "*"} & set(words(rule, "operations"))
        for rule in listed(hook, "rules")
    )
    return (
        pods
        and matches(mapping(hook, "namespaceSelector"), namespace)
        and matches(mapping(hook, "objectSelector"), pod)
    )


def _differs(_: Situation, found: Candidate[Altered]) -> Finding:
    item = found.about
    pod = item.subject.container.pod.say(f"container {item.subject.container.name}: {item.field} = {shown(item.found)}")
    return held(pod, item.owner.say(f"its template says {item.field} = {_wanted(item)}"))


def _is_called(situation: Situation, found: Candidate[Altered]) -> Finding:
    resource = RESOURCES[KIND]
    pod = situation.world.pods[found.about.subject.container.pod.ref]
    by = _selecting(situation, pod)
    if by:
        return held(*(thing.cite("webhooks", 0, "rules") for thing in by[:2]))
    listed_ = situation.world.listed(resource, "")
    if listed_ is None or not situation.world.complete(resource, ""):
        return UNTESTED
    return failed(found.about.subject.container.pod.say("no mutating webhook is called for it"))


def _configurations(_: Situation, __: Candidate[Altered]) -> list[Query]:
    return [listing(RESOURCES[KIND])]


def _dies_of_it(_: Situation, found: Candidate[Altered]) -> Finding:
    container = found.about.subject.container
    if found.about.path[-1] == "memory" and container.ended:
        killed = text(container.ended, "reason") == "OOMKilled"
        return held(container.cite_ended()) if killed else failed(container.cite_ended())
    return UNTESTED


def _steps(_: Situation, found: Candidate[Altered]) -> list[str]:
    return [
        f"Correct what sets {found.about.field} on creation, or exempt the workload; then delete its pods.",
        f"kubectl get {RESOURCES[KIND].split('.')[0]} -o yaml   # {found.object.name}",
        command("get", found.about.subject.container.pod.ref, "-o yaml   # what the pod was made with"),
    ]


CAUSES = (
    Cause(
        code="AdmissionWebhookMutates",
        means="A mutating webhook changes pods on creation into something that cannot work.",
        names="webhook configuration",
        explains="pods that fail with settings which their template does not have",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("the pod is not what its template says", _differs, 400, -300),
            Prediction("a mutating webhook is called for it", _is_called, 250, -350, _configurations),
            Prediction("it fails by what was changed", _dies_of_it, 200, -200),
        ),
        steps=_steps,
    ),
)
