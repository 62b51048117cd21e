"""Onset order in a report: which change brought a cause about, which are told, in which order, against the onset."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from casebook.analysis.change import Change
from casebook.analysis.fields import Field
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Ref
from casebook.api import report
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.reporting.evidence import Ledger
from casebook.reasoning.reporting.history import behind_it, changes, onset
from casebook.reasoning.situation import Situation
from support.builders import NOW, NS, run, snapshot
from support.shop import shop
from support.weighing import API, AUTH, WEB, ranked

FIELD = Field("spec.paused", None, True, is_old_known=False)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def change(seconds: float, ref: Ref = AUTH, what: str = "edited", *fields: Field, by: str = "") -> Change:
    return Change(ago(seconds), ref, what, by, fields)


def seen(*told: Change, symptoms: tuple[Symptom, ...] = (), target: str = "Deployment/web") -> Situation:
    """The shop with this line of time, and nothing else that deviates."""
    found = Situation.of(snapshot(run("why?", target), shop()))
    found.__dict__["timeline"] = sorted(told, key=lambda one: one.at)
    found.__dict__["symptoms"] = symptoms
    return found


def symptom(seconds: float | None, ref: Ref = AUTH) -> Symptom:
    return Symptom(ref, Sign.CRASH, "so", None if seconds is None else ago(seconds), ())


def cause(situation: Situation, ref: Ref = AUTH, *explained: Symptom, **times: datetime) -> Ranked:
    """A root cause that explains these symptoms."""
    found = ranked(situation, ref, 300, "X")
    made = replace(found.candidate, **times) if times else found.candidate
    return replace(found, candidate=made, explained=frozenset(explained), chosen=True)


def told(situation: Situation, *items: Ranked) -> list[report.Change]:
    ids = {item.object + item.cause: f"h{number}" for number, item in enumerate(items, 1)}
    return changes(Board(situation, items), Ledger(situation.world.snapshot, 900), ids)


class TestBehindIt:
    def test_of_its_object_at_the_time_that_it_names(self) -> None:
        found = seen(change(300), change(200), change(200, WEB), change(100))
        item = cause(found, changed=ago(200))
        assert behind_it(found, item) == change(200)

    @pytest.mark.parametrize(("seconds", "same"), [(5, True), (6, False)])
    def test_clocks_of_managers_and_controllers_differ_by_seconds(self, seconds: int, same: bool) -> None:
        found = seen(change(200 + seconds))
        assert (behind_it(found, cause(found, changed=ago(200))) is not None) is same
        found = seen(change(200 - seconds))
        assert (behind_it(found, cause(found, changed=ago(200))) is not None) is same

    def test_of_several_at_that_time_one_that_tells_fields_then_the_nearest(self) -> None:
        near, far = change(201, AUTH, "near"), change(203, AUTH, "far")
        fields = change(204, AUTH, "", FIELD)
        found = seen(near, far)
        assert behind_it(found, cause(found, changed=ago(200))) == near
        found = seen(near, far, fields)
        assert behind_it(found, cause(found, changed=ago(200))) == fields

    def test_where_it_names_no_time_the_last_before_what_it_explains(self) -> None:
        first, last, after = change(300, AUTH, "1"), change(250, AUTH, "2"), change(100, AUTH, "3")
        found = seen(first, last, after)
        item = cause(found, AUTH, symptom(200), symptom(150), symptom(None))
        assert behind_it(found, item) == last
        assert behind_it(found, cause(found, AUTH)) == after
        assert behind_it(seen(after), item) is None

    @pytest.mark.parametrize(("seconds", "is_early"), [(110, True), (109, False)])
    def test_as_far_as_clocks_may_differ(self, seconds: int, is_early: bool) -> None:
        found = seen(change(seconds))
        assert (behind_it(found, cause(found, AUTH, symptom(200))) is not None) is is_early

    def test_that_something_was_made_is_behind_nothing_unless_it_is_a_rule(self) -> None:
        found = seen(change(300, AUTH, "created"))
        assert behind_it(found, cause(found)) is None
        policy = Ref("NetworkPolicy", NS, "guard")
        found = seen(change(300, policy, "created"))
        assert behind_it(found, cause(found, policy)) == change(300, policy, "created")

    def test_nothing_changed(self) -> None:
        found = seen()
        assert behind_it(found, cause(found)) is None
        assert behind_it(found, cause(found, changed=ago(200))) is None


class TestOnset:
    def test_the_first_of_what_presses_or_of_what_the_causes_explain(self) -> None:
        early, late = symptom(300, API), symptom(200)
        found = seen(symptoms=(early, late, symptom(None)))
        assert onset(Board(found)) == ago(300)
        assert onset(Board(found, (cause(found, AUTH, late),))) == ago(200)

    @pytest.mark.parametrize(("seconds", "began"), [(250, 200), (200, 200), (199, 100), (50, None)])
    def test_what_went_on_before_the_change_does_not_tell_when_its_harm_began(
        self, seconds: int, began: int | None
    ) -> None:
        found = seen(change(seconds))
        item = cause(found, AUTH, symptom(200), symptom(100, WEB), changed=ago(seconds))
        assert onset(Board(found, (item,))) == (None if began is None else ago(began))

    def test_of_two_changes_the_first_bounds_it(self) -> None:
        found = seen(change(250), change(150, WEB))
        one = cause(found, AUTH, symptom(200), changed=ago(250))
        other = cause(found, WEB, symptom(100, WEB), changed=ago(150))
        assert onset(Board(found, (one, other))) == ago(200)


class TestTold:
    def test_before_the_onset_and_after_it(self) -> None:
        found = seen(change(300), change(200), change(199), symptoms=(symptom(200),))
        assert [(one.at, one.before_onset) for one in told(found)] == [
            (ago(300), True), (ago(200), True), (ago(199), False)
        ]  # fmt: skip
        assert [one.before_onset for one in told(seen(change(300)))] == [None]

    def test_what_lies_on_the_path_or_rests_on_what_was_asked_about(self) -> None:
        other = Ref("Deployment", NS, "unrelated")
        found = seen(change(300, WEB), change(290, API), change(280, other), target="Deployment/api")
        assert [one.object for one in told(found)] == ["Deployment/web", "Deployment/api"]
        assert "Deployment/unrelated" in [one.object for one in told(found, cause(found, other))]

    def test_the_one_behind_a_root_cause_names_it_and_its_fields(self) -> None:
        found = seen(change(300, AUTH, "", FIELD, by="kubectl-edit"), change(300, API, "", FIELD))
        mine = next(one for one in told(found, cause(found)) if one.object == "Deployment/auth")
        other = next(one for one in told(found, cause(found)) if one.object == "Deployment/api")
        assert (mine.root_cause, mine.by) == ("h1", "kubectl-edit")
        assert [(one.field, one.new, one.old, one.old_known) for one in mine.fields] == [
            ("spec.paused", "true", None, False)
        ]
        assert (other.root_cause, other.fields) == ("", [])

    def test_a_few_fields_and_no_setting_that_the_cause_does_not_speak_of(self) -> None:
        fields = [Field(f"spec.f{number}", 1, None, is_old_known=True) for number in range(6)]
        secret = Field("data.TEXT", "a", "b", is_old_known=True)
        found = seen(change(300, AUTH, "", secret, *fields))
        [one] = told(found, cause(found))
        assert [field.field for field in one.fields] == ["spec.f0", "spec.f1", "spec.f2", "spec.f3"]
        assert {(field.new, field.old) for field in one.fields} == {(None, "1")}

    def many(self, *more: Change, began: float | None = 1000) -> list[report.Change]:
        """What is told of a dozen edits half a minute apart, the last one at the onset, and some more."""
        edits = [change(1000 + 30 * number, API, f"{number}") for number in range(12)]
        return told(seen(*edits, *more, symptoms=() if began is None else (symptom(began),)))

    def test_of_too_many_those_before_the_onset_then_the_nearest_to_it(self) -> None:
        after, near, far = change(999, AUTH), change(1001, WEB), change(2000, WEB)
        assert [one.object for one in self.many()] == ["Deployment/api"] * 12
        assert "Deployment/auth" not in [one.object for one in self.many(after)]
        assert "Deployment/web" in [one.object for one in self.many(near)]
        assert "Deployment/web" not in [one.object for one in self.many(far)]

    def test_of_too_many_without_an_onset_the_last(self) -> None:
        assert "Deployment/web" in [one.object for one in self.many(change(1001, WEB), began=None)]
        assert "Deployment/web" not in [one.object for one in self.many(change(2000, WEB), began=None)]

    def test_oldest_first_then_by_object_and_words(self) -> None:
        found = seen(change(100, WEB), change(200, API, "b"), change(200, API, "a"), change(200, AUTH, "a"))
        assert [(one.object, one.what) for one in told(found)] == [
            ("Deployment/api", "a"), ("Deployment/api", "b"), ("Deployment/auth", "a"), ("Deployment/web", "edited")
        ]  # fmt: skip
