"""Recorded runs on a real cluster, replayed: the same cause as then, in any order, and no false one where evidence is withheld."""  # noqa: E501

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from casebook.api.observation import Observation, Result
from casebook.api.run import Trace
from casebook.reasoning.replay import replay
from support.recorded import RECORDED, roots, trace

SCENARIOS = Path(__file__).parents[2] / "cluster" / "scenarios"


def expected(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((SCENARIOS / name / "scenario.yaml").read_text())["expect"])


def fits(found: tuple[str, str], wanted: dict[str, Any], namespace: str) -> bool:
    objects = wanted["object"] if isinstance(wanted["object"], list) else [wanted["object"]]
    causes = wanted["cause"] if isinstance(wanted["cause"], list) else [wanted["cause"]]
    return found[0] in [item.replace("{ns}", namespace) for item in objects] and found[1] in causes


def place(found: Trace) -> str:
    target = found.run.spec.target
    return (target.namespace if target else "") or found.run.namespace


@pytest.mark.parametrize("name", RECORDED)
def test_the_cause_is_found_again(name: str) -> None:
    found, wanted = trace(name), expected(name)
    report = replay(found)
    assert report.verdict == wanted["verdict"], report.summary
    causes = wanted.get("causes", [])
    for cause in causes:
        assert any(fits(one, cause, place(found)) for one in roots(report)), (cause, roots(report))
    for one in roots(report):
        assert any(fits(one, cause, place(found)) for cause in [*causes, *wanted.get("allowed", [])]), one
    assert report.citations() <= {item.id for item in report.evidence}


@pytest.mark.parametrize("name", RECORDED[::4])
def test_the_order_of_observations_changes_no_byte(name: str) -> None:
    found = trace(name)
    mixed = list(found.observations)
    random.Random(7).shuffle(mixed)
    assert replay(found.replace(observations=mixed)).wire() == replay(found).wire()


@pytest.mark.parametrize("withheld", ["logs", "events"])
@pytest.mark.parametrize("name", RECORDED)
def test_no_false_cause_where_evidence_is_withheld(name: str, withheld: str) -> None:
    found, wanted = trace(name), expected(name)
    report = replay(found.replace(observations=[_without(item, withheld) for item in found.observations]))
    for one in roots(report):
        assert any(
            fits(one, cause, place(found)) for cause in [*wanted.get("causes", []), *wanted.get("allowed", [])]
        ), one
    assert report.limitations


def _without(item: Observation, withheld: str) -> Observation:
    hit = item.query.source == "logs" if withheld == "logs" else item.query.resource == "events"
    return item.replace(result=Result.DENIED, data=None, message="forbidden") if hit else item
