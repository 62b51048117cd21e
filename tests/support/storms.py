"""One fault behind many alerts: the shop whose auth nothing answers for, and what others found of it."""

from datetime import timedelta
from typing import Any

from casebook.analysis.snapshot import Snapshot
from casebook.api.report import Report
from casebook.api.run import Incident, IncidentCause, Run, Trace
from casebook.reasoning.engine import ENGINE, conclude, cost, weigh
from support.builders import (
    NOW,
    NS,
    Raw,
    container,
    endpoints,
    event,
    log,
    pod,
    replicaset,
    run,
    service,
    snapshot,
    template,
    waiting,
    workload,
)
from support.reason import look
from support.shop import REFUSED, wrong_selector

BAD = '{"level":"ERROR","msg":"GET http://api:80/x failed: HTTP 502 Bad Gateway"}'
AUTH = IncidentCause(entity=f"Service/{NS}/auth", cause="ServiceSelectorMismatch", since=NOW - timedelta(minutes=5))


def incident(*causes: IncidentCause, name: str = "inv-head", ended: float = 20) -> Incident:
    """What another investigation found, and so many seconds ago had done with it."""
    return Incident(namespace=NS, name=name, finished_at=NOW - timedelta(seconds=ended), causes=list(causes or (AUTH,)))


def alert(target: str = "web", *, fired: float = 30, **more: Any) -> Run:
    """An alert about one Deployment that fires since so many seconds."""
    return run(
        target=f"Deployment/{target}",
        alert={"alertname": "Errors", "deployment": target},
        starts_at=NOW - timedelta(seconds=fired),
        **{"trigger": "Alert", **more},
    )


def logs() -> list[Any]:
    return [log("api-p0", [REFUSED] * 6, step=10), log("web-p0", [BAD] * 6, step=10)]


def storm() -> Snapshot:
    """Since five minutes nothing answers for auth: api fails by it, and web by api."""
    return snapshot(run(), wrong_selector(300), *logs())


def told(asked: Run, *incidents: Incident, world: Snapshot | None = None) -> tuple[Report, Trace]:
    """The report of a whole run that was told of these incidents, with its trace."""
    asked = asked.replace(incidents=list(incidents or (incident(),)))
    seen, stop = look(asked, world or storm())
    found = conclude(seen, weigh(seen), stop, cost(seen))
    return found, Trace(engine=ENGINE, run=asked, stop=stop, observations=list(seen.observations))


def unpullable(name: str) -> list[Raw]:
    """A workload whose new revision asks for an image that is not there, since a minute."""
    old, new = template(name, container(image=f"reg/{name}:1")), template(name, container(image=f"reg/{name}:2"))
    top = workload(name, new)
    first, second = replicaset(top, 1, old, age=7000), replicaset(top, 2, new, age=60)
    said = f'failed to resolve reference "reg/{name}:2": reg/{name}:2: not found'
    stuck = pod(second, new, waiting("app", "ImagePullBackOff", f"Back-off: {said}"), name=f"{name}-new", age=60)
    told_ = event(stuck, "Failed", f"Failed to pull image: {said}")
    return [top, first, second, stuck, told_, service(f"{name}2"), endpoints(f"{name}2", 0)]
