"""Resident memory of the roles that stay, as they are: VmRSS of the first process of each pod."""

import asyncio

from bench.installation import OPERATOR, pods_of
from bench.pods import MIB, memory
from bench.row import Bound, Floor, Row
from bench.session import Session
from bench.spread import Spread
from scenariokit.kubectl import Kube

ROLES = {"controller": 130.0, "gateway": 150.0}
"""The most that each may take, in MiB."""
LOOKS, PAUSE = 3, 5.0
IMPORTS = (
    "import casebook.cli.{}; print(next(s.split()[1] for s in open('/proc/self/status') if s.startswith('VmRSS:')))"
)


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """The controller and each gateway with nothing to do, beside their imports alone in the same container."""
    kube = session.kube
    rows = []
    for role, limit in ROLES.items():
        session.tell(f"looking at {role}")
        pods = await pods_of(kube, role)
        seen = []
        for _ in range(LOOKS):
            seen += await resident(kube, role)
            await asyncio.sleep(PAUSE)
        floor = Floor(Spread.of([await imports(kube, role, pods[0])]), "its imports alone")
        note = f"VmRSS of {', '.join(pods)}"
        bound = Bound("<", limit, judged="max")
        rows.append(Row("memory", f"{role}, idle", "MiB", Spread.of(seen), bound, floor, note))
    return rows


async def resident(kube: Kube, role: str) -> list[float]:
    """MiB of each pod of a role, now."""
    return [(await memory(kube, OPERATOR, pod)).now / MIB for pod in await pods_of(kube, role)]


async def imports(kube: Kube, role: str, pod: str) -> float:
    """MiB of an interpreter that has imported the role and does nothing."""
    out = await kube.must("exec", "-n", OPERATOR, pod, "--", "python", "-c", IMPORTS.format(role))
    return int(out) / 1024
