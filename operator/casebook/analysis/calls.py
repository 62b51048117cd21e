"""Who calls whom: endpoints in configuration and in error messages, resolved to Services or outside hosts."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import count, listed, strings, text, words
from casebook.analysis.endpoints import DEFAULT_PORTS, Endpoint, cluster_name, mentions
from casebook.analysis.logs import Entry
from casebook.analysis.settings import COMMAND, Setting, settings
from casebook.analysis.things import Ref, Thing
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World

EXTERNAL = "External"
_HOST_KEY = re.compile(
    r"(?i)^(.*?)[_.-]?(host(?:name)?|addr(?:ess)?|server|servers|url|uri|endpoint|upstream|backend|broker|brokers|"
    r"dsn|target|service|base[_.-]?url|api|peer|name[_.-]?server)$"
)
_HOST_VALUE = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")
_FLAGGED = re.compile(
    r"(?:\s-h[ =]?|\s--host[ =]|\bnc (?:-\S+ )*|\btelnet |\bping (?:-\S+ )*)([a-z0-9][a-z0-9.-]*)(?:\s+(\d{2,5}))?"
)
_LOCAL = {"localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104
_SCHEME = re.compile(r"^([a-z][a-z0-9+]*)://")


class Call(NamedTuple):
    """One endpoint that a workload is configured to call, and what it stands for."""

    caller: Ref
    endpoint: Endpoint
    target: Ref
    setting: Setting
    port_setting: Setting | None = None

    @property
    def stem(self) -> str:
        """What the setting calls it: `DB` of `DB_HOST`; empty for a command line."""
        return "" if self.setting.name == COMMAND else _stem(self.setting.name)


def _stem(name: str) -> str:
    found = _HOST_KEY.match(name)
    return found[1] if found else ""


def resolve(world: World, endpoint: Endpoint, caller: Workload) -> Ref | None:
    """What a host means to a caller: a Service (there or not), an outside host, or None for itself and literals."""
    host = endpoint.host
    if host in _LOCAL or host.startswith("127."):
        return None
    if endpoint.is_ip:
        return _by_address(world, host)
    if host in _aliases(caller):
        return Ref(EXTERNAL, "", host)
    named = cluster_name(_without_pod(world, host, caller.ref.namespace), caller.ref.namespace)
    if named is None:
        return Ref(EXTERNAL, "", host)
    service = Ref("Service", *named)
    if host.count(".") == 1 and service not in world.things and not _is_namespace(world, named[0]):
        return Ref(EXTERNAL, "", host)
    return service


def _without_pod(world: World, host: str, namespace: str) -> str:
    """`db-0.db` names a pod of StatefulSet db behind the Service db: the rest is the Service's name."""
    pod, _, rest = host.partition(".")
    owner, _, ordinal = pod.rpartition("-")
    return rest if rest and ordinal.isdigit() and Ref("StatefulSet", namespace, owner) in world.things else host


def _is_namespace(world: World, name: str) -> bool:
    return name in world.snapshot.run.scene.namespaces or Ref("Namespace", "", name) in world.things


def _aliases(workload: Workload) -> set[str]:
    return {name for item in listed(workload.template, "spec", "hostAliases") for name in words(item, "hostnames")}


def _by_address(world: World, address: str) -> Ref | None:
    for service in world.all("Service"):
        if address in (text(service.raw, "spec", "clusterIP"), *words(service.raw, "spec", "clusterIPs")):
            return service.ref
    for pod in world.pods.values():
        if text(pod.thing.raw, "status", "podIP") == address:
            return world.top(pod.thing.ref)
    return None


def selects(service: Thing, workload: Workload) -> bool:
    """Whether a Service selects the workload's pods."""
    selector = strings(service.raw, "spec", "selector")
    labels = strings(workload.template, "metadata", "labels")
    return bool(selector) and service.ref.namespace == workload.ref.namespace and selector.items() <= labels.items()


def calls(world: World, workload: Workload) -> list[Call]:
    """Endpoints that a workload is configured to call, its own Services left out."""
    found: dict[tuple[Endpoint, Ref, Ref, str], Call] = {}
    given = settings(world, workload)
    for setting in given:
        for endpoint, port_setting in _endpoints(setting, given):
            target = resolve(world, endpoint, workload)
            if target is None or not _plausible(world, setting, endpoint, target):
                continue
            service = world.things.get(target)
            if service is not None and target.kind == "Service" and selects(service, workload):
                continue
            key = (endpoint, target, setting.origin, setting.key)
            found.setdefault(key, Call(workload.ref, endpoint, target, setting, port_setting))
    return list(found.values())


def _plausible(world: World, setting: Setting, endpoint: Endpoint, target: Ref) -> bool:
    """A bare word counts as a host only where a Service has that name, or the setting is plainly about a host."""
    if target in world.things or "." in endpoint.host or "://" in setting.value:
        return True
    return bool(endpoint.port) or bool(_HOST_KEY.match(setting.name))


def _endpoints(setting: Setting, given: list[Setting]) -> Iterator[tuple[Endpoint, Setting | None]]:
    named = mentions(setting.value)
    for endpoint in named:
        if endpoint.port:
            yield endpoint, setting
        else:
            yield from _with_port(endpoint, setting, given)
    if setting.name == COMMAND:
        for host, port in _FLAGGED.findall(f" {setting.value}"):
            yield Endpoint(host, int(port or 0)), setting if port else None
    elif not named and _HOST_KEY.match(setting.name) and _HOST_VALUE.match(setting.value):
        yield from _with_port(Endpoint(setting.value.lower(), 0), setting, given)


def _with_port(endpoint: Endpoint, setting: Setting, given: list[Setting]) -> Iterator[tuple[Endpoint, Setting | None]]:
    scheme = _SCHEME.match(setting.value)
    if scheme:
        yield Endpoint(endpoint.host, DEFAULT_PORTS.get(scheme[1], 0)), setting
        return
    stem = _stem(setting.name).rstrip("_.-").lower()
    for other in given:
        found = re.fullmatch(r"(?i)(.*?)[_.-]?port", other.name)
        near = other.container == setting.container and other.value.isdigit()
        if found and near and found[1].lower() == stem:
            yield Endpoint(endpoint.host, int(other.value)), other
            return
    yield endpoint, None


class Peer(NamedTuple):
    """A peer that an error speaks of."""

    target: Ref
    endpoint: Endpoint
    call: Call | None


def peers(world: World, workload: Workload, entry: Entry, known: list[Call]) -> list[Peer]:
    """What an error entry blames: hosts and addresses that it names, else a configured endpoint by its name."""
    found: dict[Ref, Peer] = {}
    for endpoint in entry.peers:
        if Ref("Pod", workload.ref.namespace, endpoint.host) in world.things:
            # Loggers add the host that they run on, which is the pod.
            continue
        target = resolve(world, endpoint, workload)
        thing = world.things.get(target) if target else None
        if target is None or (thing is not None and target.kind == "Service" and selects(thing, workload)):
            continue
        if target == workload.ref or (thing is None and target.kind == "Service" and not _called(target, known, entry)):
            continue
        found.setdefault(target, Peer(target, endpoint, _call_to(target, known)))
    if not found:
        for call in known:
            if _named(entry, call):
                found.setdefault(call.target, Peer(call.target, call.endpoint, call))
    return list(found.values())


def _called(target: Ref, known: list[Call], entry: Entry) -> bool:
    return _call_to(target, known) is not None or "unresolved" in entry.kinds


def _call_to(target: Ref, known: list[Call]) -> Call | None:
    return next((call for call in known if call.target == target), None)


def _named(entry: Entry, call: Call) -> bool:
    names = {call.endpoint.host, call.endpoint.host.split(".")[0], call.stem.strip("_.-").lower()} - {
        "",
        "www",
        "api_base",
    }
    said = entry.said.lower()
    return any(re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w-])", said) for name in names if len(name) > 1)


def port_known(service: Thing, port: int) -> bool:
    """Whether a Service serves this port."""
    return any(count(item, "port") == port for item in listed(service.raw, "spec", "ports"))
