"""Who starts next: fair between tenants, severe and old first within one. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop

from casebook.api.enums import Severity

RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One Investigation that waits for a slot."""

    uid: str
    tenant: str
    severity: Severity
    created: datetime

    @property
    def order(self) -> tuple[int, datetime, str]:
        """Its place among its own tenant's."""
        return RANK[self.severity], self.created, self.uid


@dataclass(frozen=True)
class Limits:
    """How many may run at a time, in the cluster and of one tenant."""

    total: int
    per_tenant: int


def admit(waiting: Iterable[Waiting], running: Mapping[str, int], limits: Limits) -> list[str]:
    """UIDs that may start now, in the order of starting, given how many of each tenant run.

    Each free slot goes to the tenant that has fewest running. Severity orders the work of one tenant and breaks ties
    between tenants; it never lets one tenant overtake another by calling everything critical.
    """
    lanes: dict[str, list[tuple[tuple[int, datetime, str], str]]] = defaultdict(list)
    for one in waiting:
        lanes[one.tenant].append((one.order, one.uid))
    for lane in lanes.values():
        heapify(lane)
    count = dict(running)
    free = limits.total - sum(count.values())
    admitted: list[str] = []
    while free > 0:
        open_lanes = [t for t, lane in lanes.items() if lane and count.get(t, 0) < limits.per_tenant]
        if not open_lanes:
            break
        tenant = min(open_lanes, key=lambda t: (count.get(t, 0), lanes[t][0][0]))
        admitted.append(heappop(lanes[tenant])[1])
        count[tenant] = count.get(tenant, 0) + 1
        free -= 1
    return admitted
