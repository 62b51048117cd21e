"""DNSFailing: names that exist do not resolve, for several callers or several names."""

from collections.abc import Iterator
from dataclasses import dataclass

from casebook.analysis import failures
from casebook.analysis.access import text, words
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref, Thing
from casebook.analysis.workloads import Workload
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held, tested
from casebook.reasoning.checks.configuration import alias, is_outside
from casebook.reasoning.checks.helpers import Trouble, changed, cite_rollout, undo
from casebook.reasoning.checks.logged import everything
from casebook.reasoning.checks.names import DNS, dns, server_down
from casebook.reasoning.situation import Situation


@dataclass(frozen=True)
class Deaf:
    """What does not resolve, and for whom."""

    callers: tuple[Workload, ...]
    names: tuple[Ref, ...]
    said: tuple[Trouble, ...]


def _detect(situation: Situation) -> Iterator[Candidate[Deaf]]:
    callers: list[Workload] = []
    names: dict[Ref, None] = {}
    said: list[Trouble] = []
    for workload in situation.workloads:
        for one in everything(situation, workload):
            if failures.UNRESOLVED in one.entry.kinds:
                said.append(one)
                callers += [workload] if workload not in callers else []
                names |= dict.fromkeys(peer.target for peer in one.peers)
    if said:
        policy = [one for one in callers if text(one.template, "spec", "dnsPolicy") in ("None", "Default")]
        own = policy[0] if len(callers) == len(policy) else None
        thing = own.ref if own else DNS
        why = _asks(own) if own else "the cluster's DNS does not answer"
        rolled = changed(situation, own, "dnsPolicy") if own else None
        yield Candidate(
            object=thing,
            statement=f"Names do not resolve for {', '.join(situation.label(one.ref) for one in callers[:4])}: {why}",
            harms=frozenset(one.ref for one in callers),
            covers=frozenset({Sign.PEER_ERRORS, Sign.VAGUE, Sign.ERRORS, Sign.CRASH, Sign.NOT_READY}),
            about=Deaf(tuple(callers), tuple(names), tuple(said)),
            changed=rolled.at if rolled else None,
        )


def _asks(workload: Workload) -> str:
    """Whom its pods ask instead of the cluster's DNS."""
    servers = ", ".join(words(workload.template, "spec", "dnsConfig", "nameservers"))
    asks = f" and it asks {servers}" if servers else ""
    return f"its dnsPolicy is {text(workload.template, 'spec', 'dnsPolicy')}{asks}"


def _existing_names_fail(situation: Situation, found: Candidate[Deaf]) -> Finding:
    """A Service that only names another host resolves as well as that host does."""
    inside = [name for name in found.about.names if not is_outside(name) and not alias(situation, name)]
    there = [name for name in inside if name in situation.world.things]
    if there:
        return held(situation.world.things[there[0]].say("it exists"), *(one.cite() for one in found.about.said[:2]))
    return failed(*(one.cite() for one in found.about.said[:1])) if inside else UNTESTED


def _policy_changed(situation: Situation, found: Candidate[Deaf]) -> Finding:
    """Names of the cluster resolve for pods that ask its own DNS: with another policy they ask the node's."""
    rolled = changed(situation, found.about.callers[0], "dnsPolicy") if found.object != DNS else None
    return held(cite_rollout(rolled, "dnsPolicy")) if rolled else UNTESTED


def _several(_: Situation, found: Candidate[Deaf]) -> Finding:
    many = len(found.about.callers) > 1 or len(found.about.names) > 1
    return held(*(one.cite() for one in found.about.said[:2])) if many else UNTESTED


def _server_down(situation: Situation, found: Candidate[Deaf]) -> Finding:
    thing: Thing | None = situation.world.things.get(found.object)
    if thing is None or thing.ref != DNS:
        return UNTESTED
    return tested(server_down(thing), thing.cite("spec", "replicas"), thing.cite("status", "availableReplicas"))


def _server(situation: Situation, _: Candidate[Deaf]) -> list[Query]:
    return dns(situation)


def _steps(_: Situation, found: Candidate[Deaf]) -> list[str]:
    if found.object != DNS:
        return [
            f"Set dnsPolicy of {found.object.kind} {found.object.name} to ClusterFirst.",
            undo(found.about.callers[0]),
        ]
    return [
        f"kubectl get pods -n {DNS.namespace} -l k8s-app=kube-dns",
        f"kubectl logs -n {DNS.namespace} -l k8s-app=kube-dns --tail=50",
        f"kubectl get configmap -n {DNS.namespace} coredns -o yaml",
    ]


CAUSES = (
    Cause(
        code="DNSFailing",
        means="Names that exist do not resolve.",
        names="Deployment/coredns, ConfigMap/coredns or pod dnsPolicy",
        explains="errors of everything that opens new connections",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("names of Services that exist do not resolve", _existing_names_fail, 300, -300),
            Prediction("the pod was told lately not to ask the cluster's DNS", _policy_changed, 150, 0),
            Prediction("several callers or names are concerned", _several, 80, 0),
            Prediction("the DNS server is down", _server_down, 200, -80, _server),
        ),
        steps=_steps,
    ),
)
