"""Saved investigations with the answers that are right for them: the scenarios that they were recorded in."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casebook.api.observation import KUBERNETES, Observation
from casebook.api.run import Trace
from casebook.cli import tracefile
from scenariokit.format import FormatError, Scenario
from scenariokit.run import placed
from scenariokit.score import Places
from scenariokit.variants import vary

NAME = re.compile(r"^(?P<id>.+?)(?:\.s(?P<seed>\d+)v(?P<number>\d+))?(?:-(?P<repeat>\d+))?\.json(?:\.gz)?$")
"""`svc-selector.json.gz`, `svc-selector-2.json.gz`, `svc-selector.s7v1-1.json.gz`, as `--traces` names them."""


@dataclass(frozen=True)
class Snapshot:
    """One saved investigation, `name` with its folder; `scenario` says what is right in the namespaces of the run."""

    name: str
    path: Path
    trace: Trace
    scenario: Scenario
    places: Places


def snapshots(folders: Iterable[Path], scenarios: Iterable[Scenario]) -> list[Snapshot]:
    """Every saved investigation in the folders, by name. Raises `FormatError` for one that belongs to no scenario."""
    known = {scenario.id: scenario for scenario in scenarios}
    files = sorted((path for folder in folders for path in folder.glob("*.json*")), key=lambda path: path.name)
    return [_snapshot(path, known) for path in files]


def _snapshot(path: Path, known: dict[str, Scenario]) -> Snapshot:
    scenario = _scenario(path, known)
    trace = tracefile.load(path)
    target = trace.run.spec.target
    main = (target.namespace if target else "") or trace.run.namespace
    names = {name: main if name == "main" else f"{main}-{name}" for name in scenario.namespaces}
    places = Places(names, dict(_owners(trace.observations)))
    return Snapshot(f"{path.parent.name}/{path.name.split('.json')[0]}", path, trace, placed(scenario, names), places)


def _scenario(path: Path, known: dict[str, Scenario]) -> Scenario:
    match = NAME.match(path.name)
    if match is None or match["id"] not in known:
        raise FormatError(f"{path}: no scenario of that name; a saved run is called ID-REPEAT.json.gz")
    scenario = known[match["id"]]
    return vary(scenario, int(match["seed"]), int(match["number"])) if match["number"] else scenario


def _owners(observations: Iterable[Observation]) -> Iterator[tuple[str, str]]:
    """Controllers of Pods and ReplicaSets, as far as the run saw them."""
    kinds = {"pods": "pod", "replicasets.apps": "replicaset"}
    for observation in observations:
        kind = kinds.get(observation.query.resource)
        if kind and observation.query.source == KUBERNETES:
            for item in _items(observation.data or {}):
                for owner in item["metadata"].get("ownerReferences", []):
                    if owner.get("controller"):
                        yield f"{kind}/{item['metadata']['name']}".lower(), f"{owner['kind']}/{owner['name']}"


def _items(data: Any) -> list[dict[str, Any]]:
    return [item for item in data.get("items", [data]) if "metadata" in item]
