"""DatabaseConnectionsExhausted: clients times pool is more than a database lets in."""

import re
from collections.abc import Iterator
from datetime import datetime

from casebook.analysis import failures
from casebook.analysis.access import strings
from casebook.analysis.settings import settings
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.checks.logged import EXPLAINS, SIGNS, Said, of_kind, quoted, says_so, spoken
from casebook.reasoning.situation import Situation

_UP = re.compile(r"Scaled up replica set \S+ from [1-9]\d* to \d+")


def _detect(situation: Situation) -> Iterator[Candidate[Said]]:
    told = list(spoken(situation, of_kind(failures.CONNECTIONS)))
    clients = [said for said in told if _servers(said)]
    if not clients:
        return
    taker = max(clients, key=lambda said: (_scaled(situation, said.workload) is not None, said.workload.desired))
    at = _scaled(situation, taker.workload)
    servers = {ref for said in clients for ref in _servers(said)}
    scaled = f", scaled to {taker.workload.desired} replicas at {timestamp(at)}" if at else ""
    yield Candidate(
        object=taker.workload.ref,
        statement=f"{situation.label(taker.workload.ref)}{scaled}, takes more connections than "
        f"{', '.join(situation.label(ref) for ref in sorted(servers))} lets in: {quoted(taker)}",
        harms=frozenset({*(said.workload.ref for said in told), *servers}),
        covers=SIGNS,
        about=taker,
        changed=at,
    )


def _servers(said: Said) -> set[Ref]:
    """What the workload is refused by; the server's own log names no peer."""
    return {peer.target for one in said.entries for peer in one.peers}


def _scaled(situation: Situation, workload: Workload) -> datetime | None:
    ups = [one for one in situation.world.about(workload.ref) if _UP.search(one.message)]
    at = ups[-1].last if ups else None
    return at if at and at >= situation.world.begin and workload.desired > 1 else None


def _scaled_lately(situation: Situation, found: Candidate[Said]) -> Finding:
    at = _scaled(situation, found.about.workload)
    thing = found.about.workload.thing
    return held(thing.cite("spec", "replicas", note=f"written at {timestamp(at)}")) if at else UNTESTED


def _pool_times_replicas(situation: Situation, found: Candidate[Said]) -> Finding:
    workload = found.about.workload
    pools = [one for one in settings(situation.world, workload) if "POOL" in one.name.upper() and one.value.isdigit()]
    if not pools:
        return UNTESTED
    total = workload.desired * int(pools[0].value)
    return held(pools[0].cite(), note=f"{workload.desired} replicas x {pools[0].value} = {total} connections")


def _steps(_: Situation, found: Candidate[Said]) -> list[str]:
    workload = found.about.workload
    labels = ",".join(f"{key}={value}" for key, value in strings(workload.template, "metadata", "labels").items())
    return [
        "Lower pool size or replicas of the client, raise the server's limit, or put a connection pooler between.",
        f"{command('scale', workload.ref)} --replicas={max(1, workload.desired // 2)}   # fewer clients at once",
        f"kubectl get pods -n {workload.ref.namespace} -l {labels}",
    ]


CAUSES = (
    Cause(
        code="DatabaseConnectionsExhausted",
        means="Clients together open more connections than the database lets in.",
        names="the workload that took them",
        explains=EXPLAINS,
        base_rate=0.03,
        detect=_detect,
        predictions=(
            says_so("clients are told that there are too many", 380),
            Prediction("the client was scaled up lately", _scaled_lately, 150, 0),
            Prediction("replicas times pool size is what it takes", _pool_times_replicas, 60, 0),
        ),
        steps=_steps,
    ),
)
