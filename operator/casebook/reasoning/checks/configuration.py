"""Endpoints that are configured wrongly: what callers cannot reach, and the setting that sends them there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from casebook.analysis import failures
from casebook.analysis.access import count, dig, listed, strings, text
from casebook.analysis.calls import EXTERNAL, Call, port_known
from casebook.analysis.changes import Edit, changed_after_creation, edited, edits, rewritten
from casebook.analysis.fields import applied
from casebook.analysis.services import ready_endpoints
from casebook.analysis.settings import COMMAND, Setting
from casebook.analysis.things import Ref, Thing
from casebook.analysis.workloads import Workload
from casebook.reasoning.checks.helpers import Trouble, changed, last_words, troubles
from casebook.reasoning.situation import Situation

ALIAS = "spec.externalName"
"""Key of the setting that a Service is which only names another host."""
UNREACHED = frozenset({failures.REFUSED, failures.TIMEOUT, failures.UNREACHABLE, failures.RESET})


@dataclass(frozen=True)
class Misled:
    """Workloads that fail to reach an endpoint which one setting gives them."""

    call: Call
    callers: tuple[Workload, ...]
    troubles: tuple[Trouble, ...]

    @property
    def setting(self) -> Setting:
        """The setting to mend: the port's where the port has its own."""
        port = self.call.port_setting
        return port if port and port.name != self.call.setting.name else self.call.setting

    @property
    def host_setting(self) -> Setting:
        """The setting that holds the host."""
        return self.call.setting


def misled(situation: Situation) -> Iterator[Misled]:
    """Configured endpoints about which errors go on, with everyone who is misled by the same setting."""
    found: dict[tuple[Ref, str, str], tuple[Call, list[Workload], list[Trouble]]] = {}
    for workload in situation.workloads:
        for one in (*troubles(situation, workload), *_last(situation, workload)):
            for peer in one.peers:
                if peer.call is None:
                    continue
                call = _exact(situation, workload, peer.endpoint.port, peer.call)
                key = (call.setting.origin, call.setting.key, call.endpoint.said())
                entry = found.setdefault(key, (call, [], []))
                if workload not in entry[1]:
                    entry[1].append(workload)
                entry[2].append(one)
    for call, callers, said in found.values():
        yield Misled(call, tuple(callers), tuple(said))


def _last(situation: Situation, workload: Workload) -> list[Trouble]:
    return [
        words
        for container in workload.containers
        if container.exit_code and not container.steady(situation.world.now)
        for words in last_words(situation, container)
    ]


def _exact(situation: Situation, workload: Workload, port: int, call: Call) -> Call:
    """Of several calls to one target the one whose port the error names."""
    same = [one for one in situation.graph.calls.get(workload.ref, []) if one.target == call.target]
    return next((one for one in same if port and one.endpoint.port == port), call)


def serves_elsewhere(situation: Situation, call: Call) -> list[int]:
    """Ports that the called Service serves, if the port of the call is not among them."""
    service = situation.world.things.get(call.target)
    if service is None or call.target.kind != "Service" or not call.endpoint.port:
        return []
    if port_known(service, call.endpoint.port) or _headless_listens(situation, service, call.endpoint.port):
        return []
    return sorted(count(item, "port") for item in listed(service.raw, "spec", "ports"))


def renumbered(situation: Situation, item: Misled) -> Edit | None:
    """The write that took away the port that callers ask for: within the time asked about, and after their setting."""
    if not serves_elsewhere(situation, item.call):
        return None
    service = situation.world.things[item.call.target]
    ports = rewritten(service, "spec", "ports")
    if ports is None or ports.at < situation.world.begin:
        return None
    given = [at for caller in item.callers if (at := changed_at(situation, item.setting, caller))]
    return None if any(at >= ports.at for at in given) else ports


def _headless_listens(situation: Situation, service: Thing, port: int) -> bool:
    """A headless Service leads straight to the pods: what they declare is served as well."""
    if dig(service.raw, "spec", "clusterIP") != "None":
        return False
    return any(
        count(item, "containerPort") == port
        for workload in situation.world.selected_by(service)
        for _, _, spec in workload.specs()
        for item in listed(spec, "ports")
    )


def well(situation: Situation, target: Ref) -> bool:
    """Whether a Service has ready endpoints."""
    service = situation.world.things.get(target)
    return service is not None and ready_endpoints(situation.world, service)[1] > 0


def is_outside(target: Ref) -> bool:
    """Whether a call leaves the cluster."""
    return target.kind == EXTERNAL


def alias(situation: Situation, target: Ref) -> Setting | None:
    """The field by which a Service names another host instead of leading to pods; None where it does not."""
    service = situation.world.things.get(target)
    host = text(service.raw, *ALIAS.split(".")) if service and target.kind == "Service" else ""
    return Setting("externalName", host, "", service.ref, ALIAS, service.source) if service and host else None


def written(situation: Situation, setting: Setting) -> Edit | None:
    """The newest write to a ConfigMap after its creation, by the manager that owns the key where that is known.

    Of a Service that names another host, the newest write of that name: where it was made anew, its creation.
    """
    thing = situation.world.things.get(setting.origin)
    if thing is not None and setting.key == ALIAS:
        return edited(thing, *ALIAS.split("."))
    if thing is None or setting.origin.kind != "ConfigMap":
        return None
    key = setting.key.split(":")[0]
    owners = [edit for edit in edits(thing) if dig(edit.fields, "f:data", f"f:{key}") is not None]
    later = changed_after_creation(thing)
    return next((edit for edit in owners if later and edit.at == later.at), None)


def changed_at(situation: Situation, setting: Setting, workload: Workload) -> datetime | None:
    """When a setting was last changed within the time asked about: its ConfigMap, or the revision that holds it."""
    if setting.origin.kind == "ConfigMap" or setting.key == ALIAS:
        edit = written(situation, setting)
        return edit.at if edit and edit.at >= situation.world.begin else None
    part = f"[{setting.container}].{setting.key}" if setting.name == COMMAND else f".env[{setting.name}]"
    rolled = changed(situation, workload, part)
    return rolled.at if rolled else None


def previous_value(thing: Thing, key: str) -> str:
    """The value that `kubectl apply` last set, where it differs from the present one; else empty."""
    before = strings(applied(thing), "data").get(key, "")
    return before if before != strings(thing.raw, "data").get(key, "") else ""
