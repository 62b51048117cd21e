"""Service links: variables that the kubelet gives containers for the Services of their namespace, read as settings."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.access import count, listed, moment, text
from casebook.analysis.revisions import TEMPLATES
from casebook.analysis.settings import settings
from casebook.analysis.things import Cite, Ref, Thing
from casebook.analysis.workloads import Container, Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Finding, failed, held
from casebook.reasoning.checks.felt import MOMENT
from casebook.reasoning.checks.helpers import Trouble, command
from casebook.reasoning.checks.logged import everything
from casebook.reasoning.situation import Situation

_SWITCH = "enableServiceLinks"
_UNREADABLE = re.compile(
    r"(?i)invalid (?:literal|value|syntax|digit|integer|number|port)|number ?format|for input string|\bint(?:eger)?\b|"
    r"\bnumber\b|\bnumeric\b|\bpars(?:e|ing)|strconv|atoi|\bconvert|not a valid|bad[_ ]port|"
    r"(?:unknown|unsupported) (?:protocol )?scheme|too many colons"
)
"""How a program says that it cannot read a value."""
_CALLED = re.compile(r"(?i)\b(?:re)?connect(?:ing|ion|ed|s)?\b|\brequest\b|\bretr(?:y|ies|ying)\b|handshake|\bclosed\b")
"""How it says that it did read it, and called what it names."""


class Link(NamedTuple):
    """A variable that the kubelet gives a workload for a Service, and errors that quote its value as unreadable."""

    workload: Workload
    service: Thing
    name: str
    value: str
    said: tuple[Trouble, ...]

    @property
    def failing(self) -> list[Container]:
        """The containers that say so."""
        places = {(one.log.pod, one.log.container) for one in self.said}
        found = [container for pod in self.workload.pods for container in pod.containers]
        return [one for one in found if (one.pod.ref.name, one.name) in places]


def links(situation: Situation) -> Iterator[Link]:
    """Workloads that cannot read what the kubelet gives them for a Service."""
    for workload in situation.workloads:
        unread = [(one, quoted) for one in everything(situation, workload) if (quoted := _unread(one))]
        for service in situation.world.all("Service", workload.ref.namespace) if unread else ():
            for value, names in _variables(service):
                said = tuple(one for one, quoted in unread if re.search(rf"{re.escape(value)}(?!\d)", quoted))
                if said:
                    yield Link(workload, service, _named(names, said), value, said)


def _unread(one: Trouble) -> str:
    """What an error says that cannot read a value which looks like an address; empty for calls to the address."""
    kind, message = one.entry.exception
    said = f"{kind}: {message}" if kind else one.entry.said
    called = failures.kinds(said) & failures.PEER_KINDS or _CALLED.search(said)
    return said if "://" in said and _UNREADABLE.search(said) and not called else ""


def _variables(service: Thing) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Addresses of a Service as the kubelet writes them, each with the variables that hold it."""
    address, stem = text(service.raw, "spec", "clusterIP"), service.ref.name.upper().replace("-", "_")
    host = f"[{address}]" if ":" in address else address
    for position, item in enumerate(listed(service.raw, "spec", "ports") if address not in ("", "None") else ()):
        port, protocol = count(item, "port"), text(item, "protocol") or "TCP"
        first = (f"{stem}_PORT",) if position == 0 else ()
        yield f"{protocol.lower()}://{host}:{port}", (*first, f"{stem}_PORT_{port}_{protocol}")


def _named(names: tuple[str, ...], said: tuple[Trouble, ...]) -> str:
    """The variable that the errors name, else the shortest: a name that a program may well have for its own port."""
    words = " ".join(one.entry.said for one in said)
    return next((name for name in names if re.search(rf"\b{name}\b", words)), names[0])


def made_lately(situation: Situation, link: Link) -> datetime | None:
    """When its Service was made, if that lies in the time asked about."""
    at = link.service.created
    return at if at and at >= situation.world.begin else None


def stated(situation: Situation, link: Link) -> str:
    """What happens, in one sentence."""
    made = f", made at {timestamp(link.service.created)}" if link.service.created else ""
    return (
        f"{situation.label(link.workload.ref)} takes {link.name} for a setting of its own, but the kubelet gives it "
        f"{link.name}={link.value} for {situation.label(link.service.ref)}{made}"
    )


def is_given(situation: Situation, link: Link) -> Finding:
    """The kubelet gives nothing where links are switched off, nor a variable that the template gives."""
    workload = link.workload
    pod = situation.world.pods.get(Ref("Pod", workload.ref.namespace, link.said[0].log.pod))
    if pod is not None and pod.thing.spec(_SWITCH) is False:
        return failed(pod.thing.cite("spec", _SWITCH))
    own = _own(situation, link)
    if own is not None:
        return failed(own, note="the template gives it")
    return held(link.service.cite("spec", "clusterIP", note=f"which the kubelet writes into {link.name}"))


def _own(situation: Situation, link: Link) -> Cite | None:
    containers = {one.log.container for one in link.said}
    for setting in settings(situation.world, link.workload):
        if (setting.name == link.name and setting.container in containers) or link.value in setting.value:
            return setting.cite()
    for key, index, spec in link.workload.specs():
        for position, item in enumerate(listed(spec, "env")):
            if text(item, "name") == link.name and text(spec, "name") in containers:
                return link.workload.thing.cite(*link.workload.spec_path(key, index, "env", position))
    return None


def made_since(situation: Situation, link: Link) -> Finding:
    """A container keeps the variables that it started with: only one that started since can have this one."""
    made = link.service.created
    starts = [at for one in link.failing if (at := one.running_since or moment(one.ended, "startedAt"))]
    if made is None or not starts:
        return UNTESTED
    if max(starts) < made - MOMENT:
        return failed(link.failing[0].cite_state(), note="it started before the Service was made")
    other = _well_since(link, made)
    if other is not None:
        return failed(other.cite_state(), note="it started since as well, and does not fail")
    before = [one for one in _well(link) if one.running_since and one.running_since < made]
    if before:
        return held(link.service.cite("metadata", "creationTimestamp"), before[0].cite_state())
    created = link.workload.thing.created
    is_older = created is not None and created < made - MOMENT
    lately = made_lately(situation, link)
    return held(link.service.cite("metadata", "creationTimestamp")) if is_older and lately else UNTESTED


def _well(link: Link) -> list[Container]:
    """Containers like those that fail which do not, if those that do are not ready: it is seen of both, then."""
    names = {one.name for one in link.failing}
    down = all(not one.ready for one in link.failing)
    return [one for one in link.workload.containers if one.name in names and one.ready] if down else []


def _well_since(link: Link, made: datetime) -> Container | None:
    """One of the same revision as those that fail which has the variable too."""
    revisions = {pod.thing.ref: pod.revision for pod in link.workload.pods}
    mine = {revisions[one.pod.ref] for one in link.failing}
    since = [one for one in _well(link) if one.running_since and one.running_since > made + MOMENT]
    return next((one for one in since if revisions[one.pod.ref] in mine), None)


def unlink(link: Link) -> list[str]:
    """What a person would do."""
    workload, service = link.workload.ref, link.service.ref
    renamed = f"Or give Service {service.name} another name: its name is what the variable is called after."
    if workload.kind in ("Job", "Pod"):
        return [f"Make {workload.kind} {workload.name} again with {_SWITCH}: false in the spec of its pod.", renamed]
    patch: dict[str, object] = {"spec": {_SWITCH: False}}
    for step in reversed(TEMPLATES.get(workload.kind, ("spec", "template"))):
        patch = {step: patch}
    said = json.dumps(patch, separators=(",", ":"))
    return [
        f"{command('patch', workload)} -p '{said}'   # no variables for Services; restarts its pods",
        f"{command('set env', workload)} {link.name}=<value>   # or: what the template gives goes before it",
        renamed,
    ]
