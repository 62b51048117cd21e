"""The floor in the cluster: a Job of the same image that does nothing but import what the agent imports."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bench.installation import Installation
from bench.pods import container_state, has_begun
from bench.watch import watching
from casebook.cluster.client import Client
from casebook.cluster.writer import Writer
from scenariokit.kubectl import CommandError, Kube

# Age of the process once it has imported, and its largest memory in kB, as the container's last words.
SCRIPT = """
import casebook.cli.agent
start = int(open('/proc/self/stat').read().rpartition(')')[2].split()[19]) / 100
age = float(open('/proc/uptime').read().split()[0]) - start
peak = next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM:'))
open('/dev/termination-log', 'w').write(f'{age} {peak}')
"""


@dataclass(frozen=True)
class EmptyJob:
    """Seconds from asking for the Job to its container running, and to its imports done; its peak in bytes."""

    seen_running: float
    import_seconds: float
    peak: int


def job(name: str, namespace: str, image: str, resources: dict[str, Any]) -> dict[str, Any]:
    """A Job whose pod is as an agent's, but for what it does."""
    security = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "agent",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-c", SCRIPT],
        "resources": resources,
        "securityContext": security,
    }
    pod = {
        "restartPolicy": "Never",
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    metadata = {"name": name, "namespace": namespace}
    spec = {"backoffLimit": 0, "template": {"metadata": {"labels": {"bench": name}}, "spec": pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def parse_words(words: str) -> tuple[float, int]:
    """Seconds and bytes from the last words of the container. Raises `CommandError` where it said something else."""
    try:
        age, peak = words.split()
        return float(age), int(peak) * 1024
    except ValueError:
        raise CommandError(f"the empty Job failed: {words[:300] or 'it said nothing'}") from None


async def run_empty_job(kube: Kube, client: Client, namespace: str, installed: Installation) -> EmptyJob:
    """Run one to its end. Raises `CommandError` where it fails."""
    name = f"floor-{uuid4().hex[:8]}"
    async with watching(kube, f"/api/v1/namespaces/{namespace}/pods?labelSelector=bench%3D{name}") as events:
        begin = time.perf_counter()
        await Writer(client, "casebook-bench").create(
            "jobs.batch", job(name, namespace, installed.image, installed.agent_resources)
        )
        running: float | None = None
        async for at, pod in events:
            if running is None and has_begun(pod):
                running = at - begin
            ended = container_state(pod).get("terminated")
            if running is not None and ended:
                seconds, peak = parse_words(ended.get("message", ""))
                return EmptyJob(running, seconds, peak)
    raise CommandError("the watch of the empty Job ended")
