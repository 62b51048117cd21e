"""Interference: what is right stays right after five hundred memories of other things."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bench.learning.figures import share
from bench.learning.incidents import Incident, incidents
from bench.measures.recorded import milliseconds
from bench.row import Bound, Floor, Row
from bench.session import Session, Tell
from bench.spread import Spread
from casebook.api.run import Recalled, Run
from casebook.knowledge.recall import recalled
from casebook.reasoning.registry import REGISTRY
from casebook.reasoning.replay import replay
from scenariokit.score import judge
from support.memories import WRITTEN, cause, concept, knowing, memory

GROUP = "interference"
OTHERS = 500
STATES = ("Confirmed",) * 8 + ("Proposed", "Retired")


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Judges every incident that is right without memories again, among memories of the same tenant."""
    return rows(incidents(), session.tell, session.options.seed)


def rows(found: Sequence[Incident], tell: Tell, seed: int) -> list[Row]:
    """The figures over these incidents."""
    rng = random.Random(seed)
    right = [one for one in found if _is_right(one)]
    stays: list[bool] = []
    alone, among = [], []
    wrong = []
    for one in right:
        tell(one.name)
        given, _ = recalled(others(one.trace.run, rng), one.trace.run)
        crowded = knowing(one.trace, *given)
        stays.append(judge(replay(crowded), one.snapshot.scenario, one.snapshot.places).right)
        wrong += [] if stays[-1] else [one.name]
        alone.append(milliseconds(replay, one.trace))
        among.append(milliseconds(replay, crowded))
    what = f"cases that were right and stay right among {OTHERS} other memories"
    floor = Floor(Spread.of(alone), "without memories")
    return [
        share(GROUP, what, stays, Bound(">=", 99), ", ".join(wrong)),
        Row(GROUP, "engine with them, time of a core", "ms", Spread.of(among), floor=floor),
    ]


def _is_right(one: Incident) -> bool:
    return judge(one.report, one.snapshot.scenario, one.snapshot.places).right


def others(run: Run, rng: random.Random) -> list[Recalled]:
    """Memories of every kind about other workloads, namespaces and alerts of the tenant, some of them not in force."""
    return [_other(run, rng, number) for number in range(OTHERS)]


def _other(run: Run, rng: random.Random, number: int) -> Recalled:
    spent = {"verifyBy": "2026-01-01T00:00:00Z"} if rng.random() < 0.05 else {}
    return memory(
        f"m{number}",
        claim=_claim(rng, number),
        scope=_elsewhere(rng, number),
        namespace=run.namespace,
        written_at=WRITTEN + timedelta(minutes=number),
        state=rng.choice(STATES),
        **spent,
    )


def _elsewhere(rng: random.Random, number: int) -> dict[str, Any]:
    """Where it applies: never to what was asked, or not known to."""
    name = f"svc-{rng.randrange(10_000)}"
    return rng.choice((
        _exactly("workload.name", name),
        _exactly("namespace", f"team-{number}"),
        _exactly("alertname", f"Alert{number}"),
        _exactly("cluster", f"eu-{number % 7}"),
        {"matchExpressions": [{"key": "workload.name", "operator": "Prefix", "values": [f"{name}-"]}]},
        {"matchExpressions": [{"key": "image", "operator": "Glob", "values": [f"*/{name}:*"]}]},
        _exactly("label:class", f"class-{number}"),
    ))  # fmt: skip


def _claim(rng: random.Random, number: int) -> dict[str, Any] | None:
    name = f"svc-{rng.randrange(10_000)}"
    code = rng.choice(sorted(REGISTRY))
    return rng.choice((
        cause(code, f"Deployment/{name}"),
        cause(code),
        cause(code, effect="RulesOut"),
        cause(f"Local{number}"),
        concept({"class": f"class-{number}"}, when=_exactly("workload.name", name)),
        {"noise": {"logTemplate": "*timeout*"}},
        {"noise": {"eventReason": rng.choice(("Failed", "BackOff", "Unhealthy", "Killing"))}},
        {"dependency": {"from": f"Deployment/{name}", "to": "Deployment/api"}},
        {"expectation": {"object": "Deployment/api", "field": "spec.replicas", "value": "77"}},
        None,
    ))  # fmt: skip


def _exactly(key: str, value: str) -> dict[str, Any]:
    return {"matchLabels": {key: value}}
