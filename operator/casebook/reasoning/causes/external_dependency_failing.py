"""ExternalDependencyFailing: something outside the cluster refuses, is slow, or answers with errors."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from casebook.analysis import failures
from casebook.analysis.access import dig, text
from casebook.analysis.calls import EXTERNAL, Peer
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.configuration import alias, changed_at
from casebook.reasoning.checks.helpers import ALIASES, Trouble, aliased, changed, cite_rollout, troubles
from casebook.reasoning.checks.names import Lost, dns, lost, resolver_well, untouched
from casebook.reasoning.situation import Situation

FAILS = failures.PEER_KINDS - {failures.UNRESOLVED, failures.AUTH}
FAILS_TOO = FAILS | {failures.UNRESOLVED}


@dataclass(frozen=True)
class Outage:
    """A host outside and what its callers say of it."""

    host: str
    callers: tuple[Workload, ...]
    said: tuple[tuple[Trouble, Peer], ...]
    lost: Lost | None = None
    """That its name resolved before, for one of them."""
    gone: bool = False
    """Whether it does no more although nothing here was changed, and other names resolve."""

    @property
    def targets(self) -> frozenset[Ref]:
        """What they call: the host, or a Service that leads there."""
        return frozenset(peer.target for _, peer in self.said)


def _detect(situation: Situation) -> Iterator[Candidate[Outage]]:
    found: dict[str, tuple[list[Workload], list[tuple[Trouble, Peer]]]] = {}
    for workload in situation.workloads:
        for one in troubles(situation, workload):
            for peer in one.peers:
                host = _outside(situation, peer)
                if host and one.entry.kinds & FAILS_TOO:
                    callers, said = found.setdefault(host, ([], []))
                    said.append((one, peer))
                    if workload not in callers:
                        callers.append(workload)
    for host, (callers, said) in sorted(found.items()):
        yield _candidate(situation, _looked_up(situation, Outage(host, tuple(callers), tuple(said))))


def _looked_up(situation: Situation, item: Outage) -> Outage:
    said = [one for one, _ in item.said]
    name = lost(situation, said, {item.host, *(peer.endpoint.host for _, peer in item.said)})
    if name is None:
        return item
    gone = untouched(situation, name, item.targets) and resolver_well(situation, name, said, item.targets)
    return replace(item, lost=name, gone=gone and not any(one.entry.kinds & FAILS for one in said))


def _outside(situation: Situation, peer: Peer) -> str:
    """The host that the callers use, if it leads out of the cluster: by its name, or through a Service without pods."""
    if peer.target.kind == EXTERNAL:
        return peer.target.name
    service = situation.world.things.get(peer.target)
    if service is None or peer.target.kind != "Service":
        return ""
    named = text(service.raw, "spec", "type") == "ExternalName"
    by_hand = not dig(service.raw, "spec", "selector")
    return (peer.call.endpoint.host if peer.call else peer.target.name) if named or by_hand else ""


def _candidate(situation: Situation, item: Outage) -> Candidate[Outage]:
    first, _ = item.said[0]
    kind, message = first.entry.exception
    said = (f"{kind}: {message}" if kind else first.entry.message)[:160]
    since = min((one.entry.at for one, _ in item.said if one.entry.at), default=None)
    callers = ", ".join(situation.label(one.ref) for one in item.callers[:3])
    fails = f"{item.host}, outside the cluster, fails for {callers}"
    if item.gone and item.lost:
        before = "it did until" if item.lost.good else "no error said so since"
        fails = f"The name {item.host}, of a host outside the cluster, resolves no more for {callers}; "
        fails += f"{before} {timestamp(item.lost.until)}"
    return Candidate(
        object=Ref(EXTERNAL, "", item.host),
        statement=f"{fails}: {said}",
        harms=item.targets,
        covers=frozenset({Sign.NO_ENDPOINTS}),
        about=item,
        since=since,
    )


def _callers_name_it(_: Situation, found: Candidate[Outage]) -> Finding:
    return held(*(one.cite() for one, _ in found.about.said[:2]))


def _only_it(situation: Situation, found: Candidate[Outage]) -> Finding:
    """If calls to other places fail as well, the caller or its network is the likelier cause."""
    mine = found.about.targets
    others = [
        one
        for caller in found.about.callers
        for one in troubles(situation, caller)
        if one.peers and not mine & {peer.target for peer in one.peers}
    ]
    if others:
        return failed(*(one.cite() for one in others[:2]))
    return held(found.about.said[0][0].log.summary(), note="no other peer is blamed")


def _not_reconfigured(situation: Situation, found: Candidate[Outage]) -> Finding:
    for caller in found.about.callers:
        rolled = changed(situation, caller, ALIASES)
        if rolled and found.object.name in aliased(rolled):
            return failed(cite_rollout(rolled, ALIASES), note="the address was changed lately")
    for one, peer in found.about.said:
        named = alias(situation, peer.target)
        at = changed_at(situation, named, found.about.callers[0]) if named else None
        if named and at and not _worked_since(found.about, at):
            return failed(named.cite(), one.cite(), note="the address was changed lately")
        if peer.call is None:
            continue
        for caller in found.about.callers:
            at = changed_at(situation, peer.call.setting, caller)
            if at and caller.ref == peer.call.caller and not _worked_since(found.about, at):
                return failed(peer.call.setting.cite(), one.cite(), note="the address was changed lately")
    return UNTESTED


def _worked_since(item: Outage, changed: datetime) -> bool:
    return item.lost is not None and item.lost.worked_since(changed)


def _resolves(_: Situation, found: Candidate[Outage]) -> Finding:
    unresolved = [one for one, _ in found.about.said if failures.UNRESOLVED in one.entry.kinds]
    answering = [one for one, _ in found.about.said if one.entry.kinds & FAILS]
    if answering:
        return held(*(one.cite() for one in answering[:1]))
    if found.about.gone:
        return UNTESTED
    return failed(*(one.cite() for one in unresolved[:1])) if unresolved else UNTESTED


def _resolved_before(_: Situation, found: Candidate[Outage]) -> Finding:
    """A container that found it before does not find it any more, while other names resolve."""
    name = found.about.lost
    return held(*name.cites(), found.about.said[0][0].cite()) if name and found.about.gone else UNTESTED


def _server(situation: Situation, found: Candidate[Outage]) -> list[Query]:
    return dns(situation) if found.about.lost else []


def _steps(_: Situation, found: Candidate[Outage]) -> list[str]:
    host = found.object.name
    asked = f"Look it up outside the cluster and in a pod (nslookup {host}): is its record, or its domain, still there?"
    return [
        f"Ask those who run {host}, and look at their status page; nothing in the cluster needs mending.",
        *([asked] if found.about.gone else []),
        "Where it can be done without: switch the feature off, or answer from a fallback.",
    ]


CAUSES = (
    Cause(
        code="ExternalDependencyFailing",
        means="Something outside the cluster refuses, is slow, or answers with errors.",
        names="External/<host>",
        explains="errors of everything that calls it, whatever was changed in the cluster",
        base_rate=0.05,
        detect=_detect,
        predictions=(
            Prediction("callers name it in their errors", _callers_name_it, 250, -300),
            Prediction("calls to other places do not fail", _only_it, 100, -120),
            Prediction("its address was not changed lately", _not_reconfigured, 0, -200),
            Prediction("its name resolves", _resolves, 40, -80),
            Prediction(
                "its name resolved before, and nothing was changed here since", _resolved_before, 120, 0, _server
            ),
        ),
        steps=_steps,
    ),
)
