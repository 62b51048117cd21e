"""ConfigNotReloaded: what a process read at its start was renewed since, and it still uses the old."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.access import text
from casebook.analysis.calls import port_known
from casebook.analysis.endpoints import Endpoint
from casebook.analysis.settings import Setting, is_kept
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Container, Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.certificates import EXPIRED, MISMATCH, secrets
from casebook.reasoning.checks.configuration import UNREACHED, written
from casebook.reasoning.checks.helpers import Trouble, command, only, troubles
from casebook.reasoning.situation import Situation

STARTING = timedelta(seconds=30)
"""By so much the time of a renewed certificate is guessed from what callers say; that of a write is recorded."""


class Stale(NamedTuple):
    """A workload that uses what its source no longer holds, who complains of it, and since when it is renewed.

    `setting` is the renewed value in a ConfigMap; a Secret is never read, so that for one there is none. A Service that
    was made anew has another address.
    """

    workload: Workload
    source: Ref
    callers: tuple[Workload, ...]
    said: tuple[Trouble, ...]
    since: datetime
    setting: Setting | None = None

    @property
    def is_exact(self) -> bool:
        """Whether `since` is recorded, and not guessed from what callers say."""
        return self.setting is not None or self.source.kind == "Service"


def _detect(situation: Situation) -> Iterator[Candidate[Stale]]:
    for workload in situation.workloads:
        for item in (
            *_certificates(situation, workload),
            *_addresses(situation, workload),
            *_lookups(situation, workload),
        ):
            yield Candidate(
                object=workload.ref,
                statement=_statement(situation, item),
                harms=only(workload.ref),
                covers=frozenset({Sign.PEER_ERRORS, Sign.VAGUE, Sign.CRASH}),
                about=item,
                since=None if item.is_exact else item.since,
            )


def _statement(situation: Situation, item: Stale) -> str:
    name, source = situation.label(item.workload.ref), situation.label(item.source)
    if item.source.kind == "Service":
        address = text(situation.world.things[item.source].raw, "spec", "clusterIP")
        return (
            f"{name} still calls {', '.join(sorted(_addressed(item.said[0])))}, which nothing has any more: {source} "
            f"was made anew at {timestamp(item.since)} with the address {address}"
        )
    if item.setting is None:
        return (
            f"{name} still shows the certificate that it read at its start; what its callers trust was renewed about "
            f"{timestamp(item.since)} ({source})"
        )
    return (
        f"{name} still uses what {source} held before {timestamp(item.since)}; since then it holds "
        f"{item.setting.key} = {item.setting.value[:80]}, which {_why_kept(item.setting)}"
    )


def _why_kept(setting: Setting) -> str:
    if setting.container:
        return "is read at the start only"
    return "a container sees when it starts: a file mounted by subPath is not renewed"


def _certificates(situation: Situation, workload: Workload) -> Iterator[Stale]:
    """Callers ceased to trust what it shows, though it is what it always was."""
    mounted = secrets(workload)
    found = _refusing(situation, workload) if mounted else []
    times = [one.entry.at for _, one in found if one.entry.at]
    if times:
        callers = tuple(dict.fromkeys(caller for caller, _ in found))
        yield Stale(workload, mounted[0], callers, tuple(one for _, one in found), min(times))


def _refusing(situation: Situation, workload: Workload) -> list[tuple[Workload, Trouble]]:
    mine = {service.ref for service in situation.world.services_of(workload)}
    return [
        (caller, one)
        for caller in situation.workloads
        if caller.ref != workload.ref
        for one in troubles(situation, caller)
        if failures.TLS in one.entry.kinds
        and MISMATCH.search(one.entry.said)
        and not EXPIRED.search(one.entry.said)
        and any(peer.target in mine for peer in one.peers)
    ]


def _addresses(situation: Situation, workload: Workload) -> Iterator[Stale]:
    """It calls an address that its settings do not name, and one of them was written after its start."""
    given = [call.endpoint for call in situation.graph.calls[workload.ref]]
    strange = tuple(one for one in troubles(situation, workload) if _strange(one, given))
    for call in situation.graph.calls[workload.ref] if strange else ():
        for setting in (call.setting, call.port_setting):
            edit = written(situation, setting) if setting and is_kept(workload, setting) else None
            if setting and edit and edit.at >= situation.world.begin:
                yield Stale(workload, setting.origin, (workload,), strange, edit.at, setting)
                return


def _lookups(situation: Situation, workload: Workload) -> Iterator[Stale]:
    """It calls an address of Services that nothing has, and one was made since its start that serves that port."""
    services = situation.world.all("Service")
    nets = {_net(text(service.raw, "spec", "clusterIP")) for service in services}
    lost = tuple(one for one in troubles(situation, workload) if _is_lost(situation, one, nets))
    starts = [one.running_since for one in workload.containers if one.running_since]
    ports = {endpoint.port for one in lost for endpoint in one.entry.peers}
    anew = [
        (service.created, service.ref)
        for service in services
        if service.created and starts and service.created > max(*starts, situation.world.begin)
        if service.ref.namespace == workload.ref.namespace and any(port_known(service, port) for port in ports)
    ]
    if lost and len(anew) == 1:
        yield Stale(workload, anew[0][1], (workload,), lost, anew[0][0])


def _is_lost(situation: Situation, one: Trouble, nets: set[str]) -> bool:
    """Whether an error of reaching names nothing but addresses from where Services have theirs, which none has."""
    named = one.entry.peers
    known = {text(service.raw, "spec", "clusterIP") for service in situation.world.all("Service")}
    known |= {text(pod.thing.raw, "status", "podIP") for pod in situation.world.pods.values()}
    return bool(one.entry.kinds & UNREACHED and named) and all(
        endpoint.is_ip and endpoint.host not in known and _net(endpoint.host) in nets for endpoint in named
    )


def _net(address: str) -> str:
    """The first 12 bits of an IPv4 address: the network of Services is that large by default, or smaller."""
    first, second = address.split(".")[:2] if address.count(".") == 3 else ("", "0")
    return f"{first}.{int(second) // 16}"


def _addressed(one: Trouble) -> set[str]:
    return {endpoint.host for endpoint in one.entry.peers}


def _strange(one: Trouble, given: list[Endpoint]) -> bool:
    """Whether an error of a call names only addresses that no setting names now."""
    named = [endpoint for endpoint in one.entry.peers if not endpoint.is_ip]
    if not named or not one.entry.kinds & failures.PEER_KINDS:
        return False
    return not any(
        endpoint.host == other.host and (not endpoint.port or not other.port or endpoint.port == other.port)
        for endpoint in named
        for other in given
    )


def _says_so(_: Situation, found: Candidate[Stale]) -> Finding:
    return held(*(one.cite() for one in found.about.said[:2]))


def _runs_since_before(_: Situation, found: Candidate[Stale]) -> Finding:
    """Whoever started after the change has read what is there now."""
    running = [one for one in found.about.workload.containers if one.running_since]
    renewed = found.about.since + (STARTING if found.about.is_exact else timedelta(0))
    late = [one for one in running if _after(one, renewed)]
    if late:
        return failed(late[0].cite_state(), note="it has started since, and read what is there now")
    return held(running[0].cite_state()) if running else UNTESTED


def _after(container: Container, moment: datetime) -> bool:
    return container.running_since is not None and container.running_since > moment - STARTING


def _worked_or_is_right_now(situation: Situation, found: Candidate[Stale]) -> Finding:
    """The same processes worked together before; or the source holds another value than the one in use."""
    item = found.about
    if item.setting is not None:
        return held(item.setting.cite(), item.said[0].cite())
    if item.source.kind == "Service":
        return held(situation.world.things[item.source].cite("spec", "clusterIP"), item.said[0].cite())
    starts = [one for caller in item.callers for one in caller.containers if one.running_since]
    fresh = [one for one in starts if _after(one, item.since)]
    if fresh:
        return failed(fresh[0].cite_state(), note="the caller began to call it only then")
    logs = [log for caller in item.callers for log in situation.world.logs_of(caller)]
    before = [entry for log in logs for entry in log.entries if entry.at and entry.at < item.since - STARTING]
    return held(starts[0].cite_state(), logs[0].cite(before[-1])) if starts and before else UNTESTED


def _steps(_: Situation, found: Candidate[Stale]) -> list[str]:
    return [
        command("rollout restart", found.object, "  # restarts its pods, which read it anew"),
        "Let it read again what changes, or restart it with every change (a checksum annotation on the pod template).",
    ]


CAUSES = (
    Cause(
        code="ConfigNotReloaded",
        means="The source was renewed, the process still uses what it read at its start.",
        names="workload",
        explains="errors that name what the settings no longer hold, or a certificate that nobody trusts any more",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("what it uses is refused, or leads nowhere", _says_so, 250, -300),
            Prediction("it has run since before the source was renewed", _runs_since_before, 200, -400),
            Prediction("it worked before, or the source is right now", _worked_or_is_right_now, 200, -250),
        ),
        steps=_steps,
    ),
)
