"""Poison: what stands in logs, events, objects, reports or proposals has no influence before a person confirms it."""

import pytest
from bench.learning import poison
from bench.learning.incidents import Incident, conclusion, incidents

from casebook.api.enums import State
from casebook.knowledge.generalising import proposals
from casebook.knowledge.known import Known
from casebook.knowledge.recall import as_confirmed, recalled
from casebook.reasoning.replay import replay
from support.memories import knowing

KNOWN = {one.name: one for one in incidents()}
SAMPLE = ("image-tag-typo", "db-down-cascade", "recovered-blip")


@pytest.fixture(params=SAMPLE)
def incident(request: pytest.FixtureRequest) -> Incident:
    return KNOWN[request.param]


@pytest.mark.parametrize("channel", poison.CHANNELS)
def test_what_is_seen_is_evidence_and_never_knowledge(incident: Incident, channel: str) -> None:
    planted = poison.CHANNELS[channel](incident.trace)
    assert planted != incident.trace
    report = replay(planted)
    assert conclusion(report) == conclusion(incident.report)
    assert report.knowledge == []
    assert poison.PLANTED not in {item.cause for item in report.hypotheses}


def test_a_proposal_is_not_even_recalled_and_one_that_were_would_have_no_force(incident: Incident) -> None:
    """Two lines of defence, each of which holds alone."""
    burst = [poison.planted(incident, number) for number in range(poison.BURST)]
    assert recalled(burst, incident.trace.run) == ([], 0)
    assert Known.of(burst, incident.trace.run.now).memories == ()
    assert replay(knowing(incident.trace, *burst)).wire() == incident.report.wire()
    confirmed = as_confirmed(burst[0])
    assert conclusion(replay(knowing(incident.trace, confirmed))) != conclusion(incident.report)


@pytest.mark.parametrize("author", ["", "person"])
@pytest.mark.parametrize("state", [State.PROPOSED, State.REJECTED, State.RETIRED])
def test_a_burst_of_near_duplicates_makes_no_memory(incident: Incident, state: State, author: str) -> None:
    burst = [
        poison.planted(
            incident, number, state, author and f"{author}-{number}", scope={"matchLabels": {"node": f"n-{number}"}}
        )
        for number in range(5)
    ]
    assert proposals(burst) == []


def test_what_the_system_proposed_is_no_word_of_a_person(incident: Incident) -> None:
    """Confirmed or not: only corrections of people are generalised, so that a proposal never feeds on proposals."""
    made = [
        poison.planted(incident, number, State.CONFIRMED, scope={"matchLabels": {"workload.name": f"int-{number}"}})
        for number in range(5)
    ]
    assert proposals(made) == []
    said = [poison.planted(incident, number, State.CONFIRMED, "alice", scope=one.spec.scope.wire())
            for number, one in enumerate(made)]  # fmt: skip
    assert len(proposals(said)) == 1


@pytest.mark.parametrize("number", range(4))
def test_no_memory_changes_another_by_saying_so(incident: Incident, number: int) -> None:
    way, bad = poison.orders(incident)[number]
    good = poison.what_people_confirmed(incident)
    alone = replay(knowing(incident.trace, good))
    assert conclusion(alone) != conclusion(incident.report), "the good one acts"
    assert conclusion(replay(knowing(incident.trace, good, bad))) == conclusion(alone), way


@pytest.mark.parametrize("way", poison.FORGERIES)
def test_a_forged_report_is_refused(way: str) -> None:
    assert not poison.FORGERIES[way](KNOWN["image-tag-typo"])
