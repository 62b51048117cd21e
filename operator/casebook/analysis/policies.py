"""NetworkPolicies, as a network plugin that enforces them evaluates them."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from casebook.analysis.access import dig, listed, mapping, number, strings, text, words
from casebook.analysis.selectors import matches
from casebook.analysis.things import Ref, Thing
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World

INGRESS, EGRESS = "Ingress", "Egress"
_SIDES = {INGRESS: ("ingress", "from"), EGRESS: ("egress", "to")}
DNS_PORT = 53


class Party(NamedTuple):
    """One end of a connection: labels of its pods, of their namespace, and their addresses."""

    namespace: str
    labels: dict[str, str]
    namespace_labels: dict[str, str]
    addresses: tuple[str, ...]


def party(world: World, workload: Workload) -> Party:
    """A workload as an end of connections."""
    place = workload.ref.namespace
    known = world.things.get(Ref("Namespace", "", place))
    labels = {"kubernetes.io/metadata.name": place} | (known.labels if known else {})
    addresses = tuple(found for pod in workload.live if (found := text(pod.thing.raw, "status", "podIP")))
    return Party(place, strings(workload.template, "metadata", "labels"), labels, addresses)


def selecting(world: World, one: Party, side: str) -> list[Thing]:
    """The policies that guard a party in one direction."""
    return [
        policy
        for policy in world.all("NetworkPolicy", one.namespace)
        if side in _types(policy) and matches(mapping(policy.raw, "spec", "podSelector"), one.labels)
    ]


def closing(world: World, caller: Party, called: Party, ports: frozenset[int | str]) -> list[tuple[str, Thing]]:
    """The policies, by direction, that together leave no way from caller to called on any of the ports."""
    found = list[tuple[str, Thing]]()
    for side, guarded, other in ((INGRESS, called, caller), (EGRESS, caller, called)):
        guards = selecting(world, guarded, side)
        if guards and not any(_allows(policy, side, other, ports) for policy in guards):
            found += [(side, policy) for policy in guards]
    return found


def keeps_from_names(world: World, caller: Party) -> list[Thing]:
    """The policies that leave a caller no way to ask any DNS server."""
    guards = selecting(world, caller, EGRESS)
    open_ = any(
        not listed(rule, "ports") or _on(rule, frozenset({DNS_PORT}))
        for policy in guards
        for rule in listed(policy.raw, "spec", "egress")
    )
    return [] if open_ else guards


def _types(policy: Thing) -> set[str]:
    named = set(words(policy.raw, "spec", "policyTypes"))
    return named or ({INGRESS, EGRESS} if dig(policy.raw, "spec", "egress") is not None else {INGRESS})


def _allows(policy: Thing, side: str, other: Party, ports: frozenset[int | str]) -> bool:
    rules, peers = _SIDES[side]
    return any(
        (not listed(rule, "ports") or _on(rule, ports)) and _admits(policy, listed(rule, peers), other)
        for rule in listed(policy.raw, "spec", rules)
    )


def _on(rule: dict[str, Any], ports: frozenset[int | str]) -> bool:
    for item in listed(rule, "ports"):
        given = dig(item, "port")
        last = number(item, "endPort")
        if given is None or given in ports:
            return True
        if isinstance(given, int) and last and any(isinstance(one, int) and given <= one <= last for one in ports):
            return True
    return False


def _admits(policy: Thing, peers: list[dict[str, Any]], other: Party) -> bool:
    return not peers or any(_is(policy, peer, other) for peer in peers)


def _is(policy: Thing, peer: dict[str, Any], other: Party) -> bool:
    if "ipBlock" in peer:
        return any(_inside(peer, address) for address in other.addresses)
    if "namespaceSelector" in peer:
        if not matches(mapping(peer, "namespaceSelector"), other.namespace_labels):
            return False
    elif other.namespace != policy.ref.namespace:
        return False
    return "podSelector" not in peer or matches(mapping(peer, "podSelector"), other.labels)


def _inside(peer: dict[str, Any], address: str) -> bool:
    blocks, holes = list(_blocks([text(peer, "ipBlock", "cidr")])), list(_blocks(words(peer, "ipBlock", "except")))
    try:
        one = ip_address(address)
    except ValueError:
        return False
    return any(one in block for block in blocks) and not any(one in hole for hole in holes)


def _blocks(said: list[str]) -> Iterator[Any]:
    for one in said:
        try:
            yield ip_network(one, strict=False)
        except ValueError:
            continue
