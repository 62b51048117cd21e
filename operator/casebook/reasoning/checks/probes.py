"""Probes of containers: what they ask, what the kubelet says of them, where the container really listens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from casebook.analysis.access import count, dig, listed, mapping, text
from casebook.analysis.changes import Rollout
from casebook.analysis.events import Event
from casebook.analysis.things import Cite, shown
from casebook.analysis.workloads import Container
from casebook.reasoning.checks.helpers import Subject, changed_part, containers
from casebook.reasoning.situation import Situation

LIVENESS, READINESS, STARTUP = "Liveness", "Readiness", "Startup"
FIELDS = {LIVENESS: "livenessProbe", READINESS: "readinessProbe", STARTUP: "startupProbe"}
_STATUS = re.compile(r"statuscode: (\d{3})")
_LISTENS = re.compile(
    r"(?:listen\w*|serving|started|bound|running)\b[^\n]{0,60}?(?:port\s*[:=]?\s*|:)(\d{2,5})\b", re.IGNORECASE
)
_REFUSED = re.compile(r"connection refused", re.IGNORECASE)
_TIMEOUT = re.compile(r"timeout|deadline exceeded|timed out", re.IGNORECASE)
CLIENT_ERROR, SERVER_ERROR = 400, 500


@dataclass(frozen=True)
class Probe:
    """One failing probe of one container, with what the kubelet says of it."""

    subject: Subject
    kind: str
    spec: dict[str, Any]
    failures: tuple[Event, ...]

    @property
    def container(self) -> Container:
        """The container that it asks."""
        return self.subject.container

    @property
    def message(self) -> str:
        """The latest failure in the kubelet's words."""
        return self.failures[-1].message if self.failures else ""

    @property
    def status(self) -> int:
        """The HTTP status that the probe got, or 0."""
        found = _STATUS.search(self.message)
        return int(found[1]) if found else 0

    @property
    def refused(self) -> bool:
        """Whether nothing listens where it asks."""
        return bool(_REFUSED.search(self.message))

    @property
    def timed_out(self) -> bool:
        """Whether the answer came too late."""
        return bool(_TIMEOUT.search(self.message))

    @property
    def port(self) -> int:
        """The port that it asks, named ports resolved; 0 for a command or an unknown name."""
        return asked_port(self.container, self.spec)

    @property
    def asks(self) -> str:
        """What it asks, in words."""
        if "httpGet" in self.spec:
            scheme = text(self.spec, "httpGet", "scheme") or "HTTP"
            where = f"{text(self.spec, 'httpGet', 'path') or '/'} on port {text(self.spec, 'httpGet', 'port')}"
            return f"GET {where}{'' if scheme == 'HTTP' else f' over {scheme}'}"
        if "exec" in self.spec:
            return f"command {shown(dig(self.spec, 'exec', 'command'))}"
        return f"port {self.port}"

    def cite_spec(self) -> Cite:
        """A citation of the probe as the pod has it."""
        said = f"container {self.container.name}: {FIELDS[self.kind]} = {shown(self.spec)}"
        return self.container.pod.say(said)

    def rolled(self, situation: Situation) -> Rollout | None:
        """The newest rollout if it changed this probe."""
        return changed_part(situation, self.subject, f".{FIELDS[self.kind]}")

    def since(self) -> datetime | None:
        """When it was first seen to fail."""
        return min((event.first for event in self.failures if event.first), default=None)


def asked_port(container: Container, spec: dict[str, Any]) -> int:
    """The port that a probe asks, named ports resolved; 0 for a command or an unknown name."""
    asked = next((dig(spec, how, "port") for how in ("httpGet", "tcpSocket", "grpc") if how in spec), None)
    if isinstance(asked, str) and not asked.isdigit():
        named = [item for item in listed(container.spec, "ports") if text(item, "name") == asked]
        return count(named[0], "containerPort") if named else 0
    return int(asked) if isinstance(asked, int | str) and not isinstance(asked, bool) else 0


def probes(situation: Situation, kind: str) -> Iterator[Probe]:
    """Containers whose probe of a kind fails according to the kubelet, newest events last."""
    for workload, pod, container in containers(situation):
        spec = mapping(container.spec, FIELDS[kind])
        if container.init and not container.sidecar:
            continue
        events = [
            event
            for event in situation.world.about(pod.thing.ref)
            if event.reason == "Unhealthy" and event.message.startswith(kind)
        ]
        if spec and events:
            yield Probe(Subject(workload, container), kind, spec, tuple(events))


def kills(situation: Situation, container: Container) -> list[Event]:
    """Events of the kubelet killing the container for its probe."""
    return [
        event
        for event in situation.world.about(container.pod.ref)
        if event.reason == "Killing" and "probe" in event.message and container.name in event.message
    ]


def listens(situation: Situation, subject: Subject) -> dict[int, Cite]:
    """Ports on which the container is seen to serve: by its own log, or by another probe that holds."""
    found: dict[int, Cite] = {}
    for log in situation.world.logs_of(subject.workload):
        if log.pod != subject.container.pod.ref.name or log.container != subject.container.name:
            continue
        for entry in log.entries[:50]:
            said = _LISTENS.search(entry.message)
            if said:
                found.setdefault(int(said[1]), log.cite(entry))
    ready = Probe(subject, READINESS, mapping(subject.container.spec, FIELDS[READINESS]), ())
    if subject.container.ready and ready.port:
        found.setdefault(ready.port, ready.cite_spec())
    return found


def declared(container: Container) -> list[int]:
    """Ports that the container declares."""
    return [count(item, "containerPort") for item in listed(container.spec, "ports")]
