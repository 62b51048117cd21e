"""What others have just found and what was found before, of one question: neither hides what the other would find."""

from datetime import timedelta

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.world import World
from casebook.api.report import Report
from casebook.api.run import Incident, IncidentCause, Precedent, Telling, Trace
from casebook.reasoning.engine import weigh
from casebook.reasoning.incidents.incident import may_explain
from casebook.reasoning.incidents.recurring import settled
from casebook.reasoning.planning.survey import survey
from casebook.reasoning.replay import replay
from casebook.reasoning.replay import told as told_by
from support.builders import NOW, NS, run, snapshot
from support.reason import roots
from support.recorded import precedent
from support.shop import shop, wrong_selector
from support.storms import AUTH, alert, incident, logs, storm, told, unpullable

OTHER = incident(IncidentCause(entity=f"Deployment/{NS}/till", cause="ImageNotFound"), name="inv-till")
AGAIN = incident(AUTH.replace(since=NOW - timedelta(hours=1)), ended=600)
"""The occurrence before this one, which was mended then: the cause of now began after its end."""


def before(world: Snapshot, times: int = 9) -> Precedent:
    """What a whole run about web in this world is to the next one."""
    made = precedent(told(alert(), OTHER, world=world)[1], times)
    assert made is not None
    return made


def again(world: Snapshot, known: Precedent, *incidents: Incident) -> tuple[Report, Trace]:
    """A run about web that knows of an earlier case, and of these incidents."""
    return told(alert().replace(precedents=[known]), *incidents, world=world)


def own() -> Snapshot:
    """Web cannot pull its image, and nothing else is wrong."""
    return snapshot(run(), [*shop("web"), *unpullable("web")])


def both() -> Snapshot:
    """Web cannot pull its image, and nothing answers for auth."""
    kept = [one for one in wrong_selector(300) if not one["metadata"]["name"].startswith("web")]
    return snapshot(run(), [*kept, *unpullable("web")], *logs())


def is_short(trace: Trace) -> bool:
    return "tested first" in trace.stop.message


class TestExplained:
    """An incident that explains it is told, though its cause is known from earlier cases as well."""

    @pytest.mark.parametrize("times", [1, 9])
    def test_the_incident_comes_first(self, times: int) -> None:
        found, trace = again(storm(), before(storm(), times), incident())
        assert (found.explained_by, trace.stop.reason) == ("inv-head", "Explained")
        assert replay(trace).wire() == found.wire()

    def test_it_ends_only_when_all_was_surveyed(self) -> None:
        _, trace = again(storm(), before(storm()), incident())
        made = {one.query.canonical() for one in trace.observations}
        world = World(Snapshot(trace.run, tuple(trace.observations)))
        assert {query.canonical() for query in survey(world)} <= made

    def test_what_was_told_before_is_looked_at_as_well(self) -> None:
        known = before(own())
        _, trace = again(storm(), known, incident())
        made = {one.query.canonical() for one in trace.observations}
        assert {clue.query.canonical() for clue in known.told.clues if not clue.workload} <= made

    def test_it_is_no_precedent_of_its_own(self) -> None:
        assert told_by(told(alert())[1]) == Telling(is_short=True)


class TestRecurring:
    """The short way is open where no incident is behind it."""

    def test_an_incident_elsewhere_costs_nothing(self) -> None:
        plain, short = again(own(), before(own()), OTHER)
        assert is_short(short)
        assert roots(plain) == [("Deployment/web", "ImageNotFound")]
        assert len(short.observations) <= len(told(alert(), OTHER, world=own())[1].observations) // 4

    def test_the_occurrence_before_explains_nothing_and_is_a_precedent(self) -> None:
        found, trace = again(storm(), before(storm()), AGAIN)
        assert (found.explained_by, is_short(trace)) == (None, True)
        assert roots(found) == [("Service/auth", AUTH.cause)]
        assert len(trace.observations) <= len(told(alert(), AGAIN)[1].observations) // 2

    def test_it_is_not_enough_while_an_incident_may_explain_it(self) -> None:
        """The same few reads are enough for one that was told of no incident that could be behind them."""
        short = again(storm(), before(storm()), AGAIN)[1]
        open_ = short.run.replace(incidents=[incident()])
        for given, enough in ((short.run, True), (open_, False)):
            board = weigh(Snapshot(given, tuple(short.observations)))
            assert may_explain(board) is not enough
            assert (settled(board.situation, board) is not None) is enough


class TestTwoFaults:
    """One fault is of the incident, the other was there before."""

    @pytest.mark.parametrize("known", [own(), storm()], ids=["own", "auth"])
    def test_both_are_found(self, known: Snapshot) -> None:
        whole, _ = told(alert(), OTHER, world=both())
        found, trace = again(both(), before(known), incident())
        assert ("Deployment/web", "ImageNotFound") in roots(whole)
        assert roots(found) == roots(whole)
        assert found.explained_by is None
        assert told_by(trace).is_short is is_short(trace)
