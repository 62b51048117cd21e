"""Recorded failures as storms: told of its own cause it ends early with that, told of any other it does not."""

from functools import lru_cache

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import Ref
from casebook.analysis.world import World
from casebook.api.enums import Trigger, Verdict
from casebook.api.investigation import Alert
from casebook.api.meta import ObjectRef
from casebook.api.report import Report, entity
from casebook.api.run import MAX_INCIDENTS, Incident, IncidentCause, Run
from casebook.reasoning.engine import conclude, cost, weigh
from casebook.reasoning.replay import replay
from support.reason import look, roots
from support.recorded import RECORDED, trace

STRUCK = RECORDED[::3]


def asked(name: str) -> Run:
    """The recorded run, asked by nobody in words."""
    run = trace(name).run
    return run.replace(spec=run.spec.replace(trigger=Trigger.SIGNAL))


def world(name: str) -> Snapshot:
    """What was there."""
    held = trace(name)
    return Snapshot(held.run, tuple(held.observations))


def struck(name: str, run: Run, *incidents: Incident) -> Report:
    """The report of a whole run in the recorded world, told of these incidents."""
    seen, stop = look(run.replace(incidents=list(incidents)[:MAX_INCIDENTS]), world(name))
    return conclude(seen, weigh(seen), stop, cost(seen))


@lru_cache
def alone(name: str) -> Report:
    """The report of one that knows of no incident."""
    return struck(name, asked(name))


@lru_cache
def recorded(name: str) -> Report:
    """What was found then."""
    return replay(trace(name))


def incident(name: str, place: str = "") -> Incident:
    """What a recorded run found, as if it had been found in another place."""
    held = trace(name).run
    causes = [
        IncidentCause(entity=_moved(one.entity or "", place), cause=one.cause, since=None if place else one.since)
        for one in recorded(name).root_causes
    ]
    return Incident(namespace=held.namespace, name=f"of-{name}", finished_at=held.now, causes=causes)


def _moved(named: str, place: str) -> str:
    kind, own, name = named.split("/")
    return entity(kind, place if place and own else own, name)


def _entity(ref: Ref) -> str:
    return entity(ref.kind, ref.namespace, ref.name)


def _causes(of: Incident) -> set[tuple[str, str]]:
    return {(one.entity, one.cause) for one in of.causes}


def found(name: str, place: str) -> set[tuple[str, str]]:
    """What is wrong in a recording, as if it were in this place."""
    return _causes(incident(name, place)) if recorded(name).root_causes else set()


def place(name: str) -> str:
    run = trace(name).run
    return (run.spec.target.namespace if run.spec.target else "") or run.namespace


@pytest.mark.parametrize("name", STRUCK)
def test_told_of_its_own_cause_it_says_the_same_with_no_more_reads(name: str) -> None:
    whole = alone(name)
    if not whole.root_causes:
        assert whole.verdict is not Verdict.ROOT_CAUSE
        return
    again = joined(name)
    assert roots(again) == roots(whole)
    assert again.cost.observations <= whole.cost.observations
    assert again.citations() <= {one.id for one in again.evidence}


@lru_cache
def joined(name: str) -> Report:
    """The report of one that is told of its own cause."""
    return struck(name, asked(name), incident(name))


def test_most_of_them_end_early() -> None:
    """The others show nothing at what is asked about, or leave more than one explanation."""
    single = [name for name in STRUCK if len(alone(name).root_causes) == 1]
    early = [name for name in single if joined(name).explained_by]
    assert len(early) >= 0.8 * len(single)


@pytest.mark.parametrize("name", STRUCK)
def test_told_of_other_causes_it_is_joined_to_none(name: str) -> None:
    """They blame objects of the same names in the same namespace, many of them on the path of what is asked about."""
    there = {_entity(ref) for ref in World(world(name)).things}
    own = found(name, place(name))
    foreign = [incident(other, place(name)) for other in RECORDED if other != name and recorded(other).root_causes]
    near = [
        one for one in foreign if not (own and own <= _causes(one)) and {blamed for blamed, _ in _causes(one)} & there
    ]
    again = struck(name, asked(name), *near)
    assert again.explained_by is None
    assert roots(again) == roots(alone(name))


def test_the_others_are_near_enough_to_mislead() -> None:
    """Of all failures, most are told of several that blame what is really there."""
    entities = [{_entity(ref) for ref in World(world(name)).things} for name in STRUCK]
    blamed = [
        {named for other in RECORDED if recorded(other).root_causes for named, _ in found(other, place(name))}
        for name in STRUCK
    ]
    assert sum(len(there & blames) > 3 for there, blames in zip(entities, blamed, strict=True)) > len(STRUCK) / 2


class TestTwoFaults:
    """One namespace, two faults that have nothing to do with one another."""

    name = "two-faults"

    def halves(self) -> tuple[Incident, Incident]:
        whole = incident(self.name)
        web, worker = sorted(whole.causes, key=lambda cause: cause.entity)
        return whole.replace(name="one", causes=[web]), whole.replace(name="other", causes=[worker])

    def about(self, cause: IncidentCause) -> Run:
        """An alert about the object that a cause names."""
        kind, namespace, name = cause.entity.split("/")
        target = ObjectRef(kind=kind, namespace=namespace, name=name)
        run = asked(self.name)
        return run.replace(spec=run.spec.replace(question="", target=target, trigger=Trigger.ALERT, alert=Alert()))

    def test_one_of_them_does_not_explain_the_whole_namespace(self) -> None:
        for half in self.halves():
            again = struck(self.name, asked(self.name), half)
            assert again.explained_by is None
            assert len(again.root_causes) == 2

    def test_an_alert_of_the_one_is_never_joined_to_the_other(self) -> None:
        one, other = self.halves()
        for mine, foreign in ((one, other), (other, one)):
            again = struck(self.name, self.about(mine.causes[0]), foreign)
            assert again.explained_by is None
            assert (mine.causes[0].entity, mine.causes[0].cause) in [(c.entity, c.cause) for c in again.root_causes]

    def test_with_both_storms_at_once_each_alert_finds_its_own(self) -> None:
        one, other = self.halves()
        joined = {mine.name: struck(self.name, self.about(mine.causes[0]), one, other) for mine in (one, other)}
        for name, report in joined.items():
            assert report.explained_by in (None, name)
        assert any(report.explained_by for report in joined.values())
