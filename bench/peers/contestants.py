"""The peers: how each is run against a namespace, and how its output is read."""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bench.peers.findings import Finding
from bench.process import ROOT, in_background

SRE_AGENT = "k8s-sre-agent==0.1.0"
FOLDER = ROOT / "out" / "peers"
WAITING = frozenset({"ContainerCreating", "PodInitializing"})


class Contestant(Protocol):
    """A tool that is asked what is wrong in a namespace."""

    name: str

    async def ask(self, env: Mapping[str, str], namespace: str) -> list[Finding]:
        """Its findings in its own order. Raises `ProcessError` where it ends badly."""
        ...


class SreAgent:
    """k8s-sre-agent from PyPI without a model, in an environment of its own; it never enters ours."""

    name = "k8s-sre-agent"

    async def install(self) -> None:
        """Make the environment where it is not there yet."""
        if not self._program.exists():
            await in_background([sys.executable, "-m", "venv", str(FOLDER / self.name)])
            pip = str(FOLDER / self.name / "bin" / "pip")
            await in_background([pip, "install", "--quiet", "--disable-pip-version-check", SRE_AGENT])

    async def ask(self, env: Mapping[str, str], namespace: str) -> list[Finding]:
        """`k8s-sre-agent diagnose`."""
        command = [str(self._program), "diagnose", "-n", namespace, "-o", "json", "--llm", "none"]
        return sre_agent_findings((await in_background(command, env)).out)

    async def read(self, snapshot: Path) -> list[Finding]:
        """The same over a snapshot that was saved, without a cluster."""
        command = [str(self._program), "diagnose", "--from-snapshot", str(snapshot), "-o", "json", "--llm", "none"]
        return sre_agent_findings((await in_background(command)).out)

    @property
    def _program(self) -> Path:
        return FOLDER / self.name / "bin" / "k8s-sre-agent"


@dataclass(frozen=True)
class K8sGpt:
    """k8sgpt's analyzers without a model, where the binary is there."""

    program: str
    name: str = "k8sgpt"

    async def ask(self, env: Mapping[str, str], namespace: str) -> list[Finding]:
        """`k8sgpt analyze`."""
        command = [self.program, "analyze", "--namespace", namespace, "--output", "json"]
        return k8sgpt_findings((await in_background(command, env)).out)


class Baseline:
    """What `kubectl get pods` and `kubectl get events` show: pods that are not well, then warnings by how often."""

    name = "events and pod statuses"

    async def ask(self, env: Mapping[str, str], namespace: str) -> list[Finding]:
        """Both lists."""
        command = ["kubectl", "-n", namespace, "get", "pods,events", "-o", "json"]
        return baseline_findings(json.loads((await in_background(command, env)).out)["items"])


def contestants() -> tuple[Contestant, ...]:
    """All peers that can take part here."""
    program = shutil.which("k8sgpt")
    return (SreAgent(), Baseline(), *((K8sGpt(program),) if program else ()))


def sre_agent_findings(out: str) -> list[Finding]:
    """Findings of `diagnose -o json`, in its order: by severity."""
    found = []
    for item in json.loads(out)["findings"]:
        text = "\n".join([item["detector"], item["summary"], item["probable_cause"], *item["evidence"]])
        found.append(Finding(item["workload"], text))
    return found


def k8sgpt_findings(out: str) -> list[Finding]:
    """Findings of `analyze --output json`; what is said of a Pod counts for the workload that it names as parent."""
    found = []
    for item in json.loads(out).get("results") or []:
        text = "\n".join(str(error.get("Text", "")) for error in item.get("error") or [])
        name = f"{item['kind']}/{str(item['name']).rpartition('/')[2]}"
        found.append(Finding(item.get("parentObject") or name, f"{name}\n{text}"))
    return found


def baseline_findings(items: Iterable[dict[str, Any]]) -> list[Finding]:
    """Containers that wait or have ended badly, pods that do not run; then warnings, those seen most often first."""
    listed = list(items)
    pods = [item for item in listed if item["kind"] == "Pod"]
    warnings = [item for item in listed if item["kind"] == "Event" and item.get("type") == "Warning"]
    counts: Counter[tuple[str, str, str]] = Counter()
    for event in warnings:
        about = event["involvedObject"]
        counts[f"{about['kind']}/{about['name']}", event["reason"], event.get("message", "")] += event.get("count") or 1
    told = [Finding(name, f"{reason}: {message}") for (name, reason, message), _ in counts.most_common()]
    return [finding for pod in pods for finding in _unwell(pod)] + told


def _unwell(pod: dict[str, Any]) -> Iterable[Finding]:
    name, status = f"Pod/{pod['metadata']['name']}", pod.get("status", {})
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        waiting = container.get("state", {}).get("waiting") or {}
        ended = container.get("state", {}).get("terminated") or container.get("lastState", {}).get("terminated") or {}
        if waiting.get("reason", "") not in WAITING | {""} or ended.get("exitCode"):
            parts = [waiting.get("reason"), waiting.get("message"), ended.get("reason"), ended.get("message")]
            code = f"exit code {ended['exitCode']}" if "exitCode" in ended else ""
            yield Finding(name, ", ".join(str(part) for part in [*parts, code] if part))
    if status.get("phase") in {"Failed", "Pending", "Unknown"}:
        said = [condition.get("message", "") for condition in status.get("conditions", [])]
        parts = [status["phase"], status.get("reason", ""), status.get("message", ""), *said]
        yield Finding(name, ", ".join(part for part in parts if part))
