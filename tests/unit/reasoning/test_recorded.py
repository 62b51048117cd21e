"""Recorded runs on a real cluster, replayed: the same cause as then, in any order, and no false one where evidence is withheld."""  # noqa: E501

import random

import pytest
from bench.replays import replayed
from bench.snapshots import snapshots

from casebook.api.enums import Verdict
from casebook.reasoning.replay import replay
from scenariokit.cli import SCENARIOS
from scenariokit.format import load_all
from support.recorded import HERE

SNAPSHOTS = {one.name: one for one in snapshots([HERE], load_all(SCENARIOS))}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_the_cause_is_found_again(name: str) -> None:
    found = replayed(SNAPSHOTS[name])
    assert found.judgement.right, (found.judgement, found.report.summary)
    assert found.report.citations() <= {item.id for item in found.report.evidence}


@pytest.mark.parametrize("name", list(SNAPSHOTS)[::4])
def test_the_order_of_observations_changes_no_byte(name: str) -> None:
    found = SNAPSHOTS[name].trace
    mixed = list(found.observations)
    random.Random(7).shuffle(mixed)
    assert replay(found.replace(observations=mixed)).wire() == replay(found).wire()


@pytest.mark.parametrize("withheld", ["logs", "events"])
@pytest.mark.parametrize("name", SNAPSHOTS)
def test_no_false_cause_where_evidence_is_withheld(name: str, withheld: str) -> None:
    found = replayed(SNAPSHOTS[name], withheld)
    assert not found.judgement.false_causes
    assert found.report.verdict in {found.expected, Verdict.INCONCLUSIVE}, "a fault that cannot be seen is not absent"
    assert found.report.limitations
