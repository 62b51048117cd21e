"""What a pod's first process takes and since when it lives, as the kernel says from inside its container."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from scenariokit.kubectl import CommandError, Kube

MIB = 1 << 20
TICKS = 100
"""Clock ticks a second in /proc, on every Linux that Kubernetes runs on."""

# Built-in commands of the shell only, besides the pause: what looks must not take what it looks at.
FOLLOW = """
while read line < /proc/1/stat; do
  set -- ${line##*) }; start=${20}
  read up rest < /proc/uptime
  while read key value unit; do [ "$key" = VmHWM: ] && echo "$up $start $value"; done < /proc/1/status
  sleep 0.1
done 2>/dev/null
"""


@dataclass(frozen=True)
class Memory:
    """Resident bytes of a process: now, and at most since it began."""

    now: int
    peak: int


@dataclass(frozen=True)
class Life:
    """A process's begin on the clock of `time.perf_counter`, and its largest resident memory in bytes."""

    began: float
    peak: int


def began_and_peak(line: str, at: float) -> Life:
    """From a line of `FOLLOW` that came in at `at`: uptime in seconds, begin in ticks since boot, VmHWM in kB."""
    up, start, peak = line.split()
    return Life(at - (float(up) - int(start) / TICKS), int(peak) * 1024)


def merged(lives: list[Life]) -> Life:
    """What several looks at one process say: lines come in late, never early, and the peak only grows.

    Raises `ValueError` where there was no look.
    """
    return Life(min(life.began for life in lives), max(life.peak for life in lives))


def parse_status(text: str) -> Memory:
    """VmRSS and VmHWM of /proc/PID/status. Raises `ValueError` where they are missing."""
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    try:
        return Memory(_kilobytes(fields["VmRSS"]), _kilobytes(fields["VmHWM"]))
    except KeyError as error:
        raise ValueError(f"no {error.args[0]} in the status of the process") from None


async def memory(kube: Kube, namespace: str, pod: str) -> Memory:
    """What the first process of a pod takes. Raises `CommandError`."""
    return parse_status(await kube.must("exec", "-n", namespace, pod, "--", "cat", "/proc/1/status"))


class Missed(CommandError):
    """A container had ended before anybody could look at it."""


async def follow(kube: Kube, namespace: str, pod: str, container: str) -> Life:
    """Follow the first process of a container to its end. Raises `Missed` where it was gone before the look."""
    process = await asyncio.create_subprocess_exec(
        *("kubectl", "--kubeconfig", str(kube.kubeconfig), "exec", "-n", namespace, pod, "-c", container),
        *("--", "sh", "-c", FOLLOW),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    lives: list[Life] = []
    try:
        if process.stdout is not None:
            while line := await process.stdout.readline():
                lives.append(began_and_peak(line.decode(), time.perf_counter()))
    except asyncio.CancelledError:
        process.terminate()
        raise
    finally:
        await process.wait()
    if not lives:
        raise Missed(f"pod {pod} had ended before it could be looked at")
    return merged(lives)


def container_state(pod: dict[str, Any]) -> dict[str, Any]:
    """State of a pod's first container; empty before there is one."""
    statuses = pod.get("status", {}).get("containerStatuses") or [{}]
    return dict(statuses[0].get("state", {}))


def has_begun(pod: dict[str, Any]) -> bool:
    """Whether the container runs, or has run already."""
    return bool({"running", "terminated"} & container_state(pod).keys())


def _kilobytes(text: str) -> int:
    return int(text.split()[0]) * 1024
