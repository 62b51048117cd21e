"""ServicePortMismatch: a Service sends to a port, a named port or a protocol on which its pods do not listen."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.access import count, dig, listed, text
from casebook.analysis.changes import edited, rewritten
from casebook.analysis.services import target_ports
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite, Ref, Thing
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.configuration import UNREACHED, Misled, misled, renumbered, serves_elsewhere
from casebook.reasoning.checks.helpers import Subject, callers_logs_wanted, command, only, troubles
from casebook.reasoning.checks.probes import listens
from casebook.reasoning.situation import Situation

_BESIDE = timedelta(seconds=15)
"""What is applied together is made within so long."""


class Wrong(NamedTuple):
    """A port of a Service that leads nowhere."""

    service: Thing
    workload: Workload
    port: int
    target: object
    protocol: str
    sure: bool
    said: str
    callers: tuple[Misled, ...] = ()
    """Who asks for that port, where the Service serves it no more."""


def _detect(situation: Situation) -> Iterator[Candidate[Wrong]]:
    for service in situation.world.all("Service"):
        if text(service.raw, "spec", "type") == "ExternalName":
            continue
        for workload in situation.world.selected_by(service):
            for port, target, protocol in target_ports(service):
                wrong = _wrong(service, workload, port, target, protocol)
                if wrong and workload.live:
                    yield _candidate(situation, wrong)
    yield from _renumbered(situation)


def _renumbered(situation: Situation) -> Iterator[Candidate[Wrong]]:
    """Services whose ports were written lately, after the settings of those who ask for a port that is not served."""
    asking: dict[Ref, list[Misled]] = {}
    for item in misled(situation):
        if renumbered(situation, item):
            asking.setdefault(item.call.target, []).append(item)
    for ref, items in asking.items():
        service = situation.world.things[ref]
        behind = [one for one in situation.world.selected_by(service) if one.live]
        if behind:
            port = items[0].call.endpoint.port
            served = ", ".join(str(one) for one in serves_elsewhere(situation, items[0].call))
            said = f"serves port {served}, and no more {port}, which its callers ask for"
            yield _candidate(situation, Wrong(service, behind[0], port, port, "TCP", True, said, tuple(items)))


def _wrong(service: Thing, workload: Workload, port: int, target: object, protocol: str) -> Wrong | None:
    ports = [item for _, _, spec in workload.specs() for item in listed(spec, "ports")]
    if isinstance(target, str) and not target.isdigit():
        named = [item for item in ports if text(item, "name") == target]
        if not named:
            names = ", ".join(sorted(text(item, "name") for item in ports if text(item, "name"))) or "none"
            said = f"sends port {port} to target port {target!r}, a name that no container port has (names: {names})"
            return Wrong(service, workload, port, target, protocol, True, said)
        number = count(named[0], "containerPort")
    else:
        number = int(target) if isinstance(target, int | str) else port
    known = sorted({count(item, "containerPort") for item in ports})
    meant = known or [number]
    if dig(service.raw, "spec", "clusterIP") == "None" and port not in meant:
        served = ", ".join(map(str, meant))
        said = f"sends port {port} to its pods unchanged, as it is headless: they serve {served}, not {port}"
        return Wrong(service, workload, port, port, protocol, False, said)
    same = [item for item in ports if count(item, "containerPort") == number]
    if known and not same:
        said = f"sends port {port} to target port {number}, while the containers declare {', '.join(map(str, known))}"
        return Wrong(service, workload, port, number, protocol, False, said)
    if same and protocol not in {text(item, "protocol") or "TCP" for item in same}:
        spoken = text(same[0], "protocol") or "TCP"
        said = f"sends port {port} to protocol {protocol}, while container port {number} speaks {spoken}"
        return Wrong(service, workload, port, number, protocol, True, said)
    return None


def _candidate(situation: Situation, wrong: Wrong) -> Candidate[Wrong]:
    edit = rewritten(wrong.service, "spec", "ports")
    return Candidate(
        object=wrong.service.ref,
        statement=f"{situation.label(wrong.service.ref)} {wrong.said}",
        harms=only(wrong.service.ref),
        covers=frozenset({Sign.NO_ENDPOINTS, Sign.PEER_ERRORS} if wrong.callers else {Sign.NO_ENDPOINTS}),
        about=wrong,
        changed=edit.at if edit else _made_anew(wrong),
    )


def _made_anew(wrong: Wrong) -> datetime | None:
    """When the Service was made, where the workload behind it had long been there."""
    at, since = wrong.service.created, wrong.workload.thing.created
    return at if at and since and at - since > _BESIDE else None


def _offers_no_such_port(situation: Situation, found: Candidate[Wrong]) -> Finding:
    wrong = found.about
    if wrong.callers:
        return held(wrong.service.cite("spec", "ports"), wrong.callers[0].setting.cite())
    container = next((one for pod in wrong.workload.live for one in pod.containers if not one.init), None)
    served = listens(situation, Subject(wrong.workload, container)) if container else {}
    if wrong.target in served and not wrong.sure:
        return failed(served[int(str(wrong.target))], note="it does listen there")
    specs = wrong.workload.specs()
    ports = [wrong.workload.thing.cite(*wrong.workload.spec_path(key, index, "ports")) for key, index, _ in specs]
    return held(wrong.service.cite("spec", "ports"), *ports[:1], *list(served.values())[:1])


def _pods_are_well(_: Situation, found: Candidate[Wrong]) -> Finding:
    ready = [pod for pod in found.about.workload.live if pod.ready]
    return held(ready[0].cite_condition("Ready")) if ready else UNTESTED


def _callers_fail(situation: Situation, found: Candidate[Wrong]) -> Finding:
    """Refused or timed out says that nothing listens; any other answer says that something does."""
    reaching, unknown, cites = False, False, list[Cite]()
    callers = [item for item in situation.workloads if item.ref in situation.graph.downstream(found.harms)]
    for workload in callers:
        for one in troubles(situation, workload):
            if any(peer.target == found.object for peer in one.peers):
                if found.changed and failures.UNRESOLVED in one.entry.kinds:
                    # A name that was away for a moment is held to be unknown for some time.
                    unknown = True
                    continue
                cites.append(one.cite())
                reaching |= bool(one.entry.kinds & UNREACHED)
    if cites:
        return held(*cites[:2]) if reaching else failed(*cites[:2])
    read = [log for workload in callers for log in situation.world.logs_of(workload) if log.entries]
    if found.about.sure or unknown or not read:
        return UNTESTED
    return failed(*(log.summary() for log in read[:2]), note="callers log no failure")


def _changed_lately(situation: Situation, found: Candidate[Wrong]) -> Finding:
    if found.changed is None or found.changed < situation.world.begin:
        return UNTESTED
    edit = edited(found.about.service, "spec", "ports")
    if _made_anew(found.about) == found.changed:
        return held(found.about.service.say(f"made anew at {timestamp(found.changed)}, after its pods"))
    by = f" by {edit.manager}" if edit else ""
    return held(found.about.service.say(f"spec.ports written{by} at {timestamp(found.changed)}"))


def _steps(_: Situation, found: Candidate[Wrong]) -> list[str]:
    wrong = found.about
    if wrong.callers:
        return [
            f"Let Service {found.object.name} serve port {wrong.port} again, or give its callers the new one.",
            command("edit", found.object, "  # traffic follows at once"),
        ]
    return [
        f"Point port {wrong.port} of Service {found.object.name} to a port on which its pods listen.",
        command("edit", found.object, "  # traffic follows at once"),
        command("get", found.object, "-o yaml --show-managed-fields   # who wrote the ports"),
    ]


CAUSES = (
    Cause(
        code="ServicePortMismatch",
        means="A Service sends to a port, a named port or a protocol on which its pods do not listen, or lost a port.",
        names="Service",
        explains="callers that are refused or time out while the pods behind the Service are well",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            Prediction(
                "no container of its pods offers what it sends to, or it serves no port that is asked for",
                _offers_no_such_port,
                250,
                -300,
            ),
            Prediction("the pods behind it are well", _pods_are_well, 60, -60),
            Prediction("callers are refused or time out there", _callers_fail, 150, -200, callers_logs_wanted),
            Prediction("the ports were written lately", _changed_lately, 100, 0),
        ),
        steps=_steps,
    ),
)
