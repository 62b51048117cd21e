"""Storms: what the cause of another investigation explains ends early, and independent faults are never joined."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import Cite
from casebook.api.enums import Origin, Outcome, Trigger, Verdict
from casebook.api.observation import Result
from casebook.api.report import Report
from casebook.api.run import Incident, IncidentCause, Run
from casebook.reasoning.cause import Finding, Prediction, failed, held
from casebook.reasoning.engine import conclude, cost, weigh
from casebook.reasoning.incidents.incident import check, explaining
from casebook.reasoning.replay import replay
from casebook.reasoning.situation import Situation
from support.builders import (
    NOW,
    NS,
    container,
    ended,
    log,
    pod,
    replicaset,
    run,
    running,
    snapshot,
    template,
    waiting,
    workload,
)
from support.memories import cause as claim
from support.memories import labelled, memory
from support.reason import look
from support.shop import REFUSED, body, shop, wrong_selector
from support.storms import AUTH, BAD, alert, incident, logs, storm, told, unpullable
from support.weighing import WEB


def stands_alone(asked: Run, *incidents: Incident, world: Snapshot | None = None) -> Report:
    """The report, which is the one of a run that knows of no incident, but for the reads that the check cost."""
    found, trace = told(asked, *incidents, world=world)
    alone, plain = look(asked, world or storm())
    whole = conclude(alone, weigh(alone), plain, cost(alone))
    assert found.explained_by is None
    assert [one.wire() for one in found.root_causes] == [one.wire() for one in whole.root_causes]
    assert len(trace.observations) <= len(alone.observations) + 2
    return found


class TestJoined:
    def test_it_ends_at_once_with_two_lines_and_its_own_check(self) -> None:
        found, trace = told(alert())
        assert found.verdict is Verdict.ROOT_CAUSE
        assert found.explained_by == "inv-head"
        assert [(one.entity, one.cause) for one in found.root_causes] == [(AUTH.entity, AUTH.cause)]
        assert trace.stop.reason == "Explained"
        first, second = found.summary.split("\n")
        assert first.startswith("Explained by investigation inv-head: Service/auth selects app: auht")
        assert "3 of its 3 predictions that were tested hold [e1 e2" in second
        assert found.citations() == {one.id for one in found.evidence}
        assert found.next_steps == [f"kubectl casebook show inv-head -n {NS}"]
        assert len(trace.observations) < len(look(alert(), storm())[0].observations)

    def test_the_logs_of_what_is_asked_about_are_the_first_of_the_check(self) -> None:
        board = weigh(snapshot(alert().replace(incidents=[incident()]), wrong_selector(300)))
        assert [query.name for query in check(board.situation, board)] == ["web-p0", "api-p0"]

    def test_the_target_of_the_incident_itself_may_ask_again(self) -> None:
        assert told(alert("api"))[0].explained_by == "inv-head"

    def test_another_namespace_is_named(self) -> None:
        elsewhere = incident().replace(namespace="team-b")
        assert told(alert(), elsewhere)[0].explained_by == "team-b/inv-head"

    def test_of_several_the_earliest_is_named(self) -> None:
        late, early, same = (
            incident(name=name, ended=ended) for name, ended in (("inv-a", 10), ("inv-b", 60), ("inv-c", 60))
        )
        assert told(alert(), late, same, early)[0].explained_by == "inv-b"
        assert told(alert(), early.replace(namespace="team-b"), same)[0].explained_by == "inv-c"

    def test_an_incident_of_two_causes_explains_who_is_harmed_by_one(self) -> None:
        other = IncidentCause(entity=f"Deployment/{NS}/till", cause="ImageNotFound")
        assert told(alert(), incident(other, AUTH))[0].explained_by == "inv-head"

    def test_it_replays_to_the_same_bytes_in_any_order(self) -> None:
        found, trace = told(alert())
        shuffled = random.Random(7).sample(trace.observations, len(trace.observations))
        assert replay(trace).wire() == replay(trace.replace(observations=shuffled)).wire() == found.wire()

    def test_a_blank_question_is_asked_by_nobody_and_an_alert_may_come_with_one(self) -> None:
        blank = alert().replace(spec=alert().spec.replace(trigger=Trigger.QUESTION, question="  "))
        assert told(blank)[0].explained_by == "inv-head"
        assert told(alert(question="web fails"))[0].explained_by == "inv-head"

    def test_an_incident_that_ended_as_the_cause_began(self) -> None:
        assert told(alert(), incident(ended=300))[0].explained_by == "inv-head"

    def test_a_log_that_is_not_there_any_more_is_an_answer(self) -> None:
        gone = [
            one.replace(result=Result.NOT_FOUND, data=None) if one.query.name == "api-p0" else one for one in logs()
        ]
        assert told(alert(), world=snapshot(run(), wrong_selector(300), *gone))[0].explained_by == "inv-head"


class TestApart:
    def test_a_cause_that_a_model_named(self) -> None:
        board = weigh(look(alert().replace(incidents=[incident()]), storm())[0])
        named = replace(board.chosen[0], origin=Origin.MODEL)
        assert explaining(replace(board, ranked=(named, *board.ranked[1:]))) is None

    def test_one_of_two_causes_that_does_not_hold(self) -> None:
        board = weigh(look(alert().replace(incidents=[incident()]), storm())[0])
        doubtful = replace(board.chosen[0], results=())
        assert explaining(replace(board, ranked=(board.chosen[0], *board.ranked))) == incident()
        assert explaining(replace(board, ranked=(doubtful, *board.ranked))) is None

    @pytest.mark.parametrize(("seconds", "joined"), [(115, True), (114, False)])
    def test_a_cause_that_began_after_the_trouble_but_for_what_clocks_differ(self, seconds: int, joined: bool) -> None:
        """The first of them errs 205 seconds ago."""
        old = [log("api-p0", [REFUSED] * 6, step=40), log("web-p0", [BAD] * 6, step=40)]
        late = incident(AUTH.replace(since=NOW - timedelta(seconds=seconds)))
        found, _ = told(alert(), late, world=snapshot(run(), wrong_selector(300), *old))
        assert bool(found.explained_by) is joined

    @pytest.mark.parametrize(("seconds", "joined"), [(60, True), (59, False)])
    def test_a_cause_without_a_change_that_is_seen_since_after_the_incident_ended(
        self, seconds: int, joined: bool
    ) -> None:
        board = weigh(look(alert().replace(incidents=[incident(ended=60)]), storm())[0])
        (cause,) = board.chosen
        unchanged = replace(cause.candidate, changed=None, since=NOW - timedelta(seconds=seconds))
        items = (replace(cause, candidate=unchanged), *(one for one in board.ranked if not one.chosen))
        assert bool(explaining(replace(board, ranked=items))) is joined

    def test_a_check_that_was_not_made_yet(self) -> None:
        asked = alert().replace(incidents=[incident()])
        whole = weigh(snapshot(asked, wrong_selector(300), *logs()))
        assert explaining(whole) == incident()
        part = Situation.of(snapshot(asked, wrong_selector(300), logs()[1]))
        part.__dict__["symptoms"] = whole.situation.symptoms
        assert explaining(replace(whole, situation=part)) is None

    @pytest.mark.parametrize(
        ("sign", "joined"), [(Sign.NOT_READY, True), (Sign.CRASH, False), (Sign.VAGUE, False), (Sign.JOB_FAILED, False)]
    )
    def test_signs_that_blame_nobody_may_be_of_a_fault_right_there(self, sign: Sign, joined: bool) -> None:
        seen, _ = look(alert().replace(incidents=[incident()]), storm())
        board = weigh(seen)
        (cause,) = board.chosen
        own = Symptom(WEB, sign, "exit code 1", NOW, ())
        apart = tuple(one for one in board.situation.symptoms if one.entity != WEB)
        shown = Situation.of(seen)
        shown.__dict__["symptoms"] = (*apart, own)
        items = (replace(cause, explained=cause.explained | {own}), *(one for one in board.ranked if not one.chosen))
        assert bool(explaining(replace(board, situation=shown, ranked=items))) is joined

    def test_the_check_is_a_few_reads(self) -> None:
        parts = [container(f"c{number}") for number in range(12)]
        body = template("web", *parts)
        owner = replicaset(workload("web", body), 1, body, age=400)
        large = pod(owner, body, *(running(one["name"]) for one in parts), name="web-p0")
        rest = [one for one in wrong_selector(300) if one["metadata"]["name"] != "web-p0"]
        board = weigh(snapshot(alert().replace(incidents=[incident()]), [*rest, large]))
        assert len(check(board.situation, board)) == 10

    def test_a_fault_of_its_own_besides_the_incident(self) -> None:
        """Two faults: what is asked about suffers from the incident, and cannot pull its image either."""
        world = snapshot(run(), [*wrong_selector(300), *unpullable("web")], *logs())
        causes = [one.cause for one in stands_alone(alert(), world=world).root_causes]
        assert "ImageNotFound" in causes

    @pytest.mark.parametrize("besides", [(), (BAD,)])
    def test_a_fault_of_its_own_that_only_its_log_shows(self, besides: tuple[str, ...]) -> None:
        """Alone, and beside errors that come of the incident."""
        own = '{"level":"ERROR","msg":"invalid value \\"tru\\" for FEATURE_CACHE: not a boolean"}'
        world = snapshot(run(), wrong_selector(300), logs()[0], log("web-p0", [own, *besides] * 3, step=10))
        assert "VAGUE" in [one.sign.name for one in weigh(world).situation.pressing]
        stands_alone(alert(), world=world)
        answer = '{"level":"ERROR","msg":"GET /cart 502"}'
        served = snapshot(run(), wrong_selector(300), logs()[0], log("web-p0", [answer, *besides] * 3, step=10))
        assert bool(told(alert(), world=served)[0].explained_by) is bool(besides)

    def test_a_crash_that_blames_nobody(self) -> None:
        """It could come of what it depends on, or of a fault right there: nobody can tell yet."""
        again = waiting("app", "CrashLoopBackOff", "back-off", restarts=4, last=ended(1, lived=3))
        fallen = [one for one in wrong_selector(300) if one["metadata"]["name"] != "web-p0"]
        owner = next(one for one in fallen if one["kind"] == "ReplicaSet" and one["metadata"]["name"].startswith("web"))
        crashing = pod(owner, body("web"), again, name="web-p0", age=240)
        world = snapshot(run(), [*fallen, crashing], logs()[0])
        stands_alone(alert(), world=world)
        blaming = log("web-p0", [REFUSED.replace("auth", "api")] * 6, step=10, previous=True)
        assert told(alert(), world=snapshot(run(), [*fallen, crashing], logs()[0], blaming))[0].explained_by

    def test_a_neighbour_that_does_not_depend_on_it(self) -> None:
        world = snapshot(run(), [*wrong_selector(300), *unpullable("till")], *logs())
        found = stands_alone(alert("till"), world=world)
        assert [one.object for one in found.root_causes] == ["Deployment/till"]

    def test_what_it_depends_on_is_not_harmed_by_it(self) -> None:
        """Harm travels from auth to api, never back: db, which api calls as well, has a fault of its own."""
        world = snapshot(run(), [*wrong_selector(300), *unpullable("db")], *logs())
        stands_alone(alert("db"), world=world)

    def test_an_alert_from_before_the_cause(self) -> None:
        stands_alone(alert(fired=900))

    def test_symptoms_from_before_the_cause_as_the_incident_has_it(self) -> None:
        old = [log("api-p0", [REFUSED] * 6, step=40), log("web-p0", [BAD] * 6, step=40)]
        late = incident(AUTH.replace(since=NOW - timedelta(seconds=40)))
        stands_alone(alert(), late, world=snapshot(run(), wrong_selector(300), *old))

    def test_a_cause_that_is_mended(self) -> None:
        stands_alone(alert(), world=snapshot(run(), shop(), *logs()))

    def test_a_cause_that_came_again_after_the_incident(self) -> None:
        """Mended and broken anew: what was found before speaks of another fault."""
        stands_alone(alert(), incident(AUTH.replace(since=NOW - timedelta(hours=1)), ended=600))

    def test_another_cause_on_the_same_object(self) -> None:
        stands_alone(alert(), incident(AUTH.replace(cause="ServicePortMismatch")))

    def test_its_object_with_another_cause_and_its_cause_on_another_object(self) -> None:
        other = AUTH.replace(entity=f"Service/{NS}/db")
        stands_alone(alert(), incident(AUTH.replace(cause="ServicePortMismatch"), other))

    @pytest.mark.parametrize("entity", [f"Service/{NS}/db", "Service/elsewhere/auth", f"Deployment/{NS}/auth"])
    def test_the_same_cause_on_another_object(self, entity: str) -> None:
        stands_alone(alert(), incident(AUTH.replace(entity=entity)))

    @pytest.mark.parametrize(("weight", "finding"), [(30, failed(Cite("o", "x"))), (90, held(Cite("o", "x")))])
    def test_predictions_that_do_not_hold_or_tell_little(self, weight: int, finding: Finding) -> None:
        """The cause is chosen still, but the quick check does not bear it out by itself."""
        board = weigh(look(alert().replace(incidents=[incident()]), storm())[0])
        assert explaining(board) == incident()
        weak = Prediction("p", lambda *_: finding, weight, -30)
        kept = [pair for pair in board.chosen[0].results if finding.outcome is Outcome.FAILED]
        doubtful = replace(board.chosen[0], results=(*kept, (weak, finding)))
        assert explaining(replace(board, ranked=(doubtful, *board.ranked[1:]))) is None

    def test_what_shows_nothing_is_explained_by_nothing(self) -> None:
        stands_alone(alert(), world=snapshot(run(), wrong_selector(300), logs()[0]))

    def test_a_check_that_was_refused(self) -> None:
        hidden = [one.replace(result=Result.DENIED, data=None) if one.query.name == "api-p0" else one for one in logs()]
        stands_alone(alert(), world=snapshot(run(), wrong_selector(300), *hidden))

    def test_a_person_who_asks_in_words_gets_the_whole_answer(self) -> None:
        assert stands_alone(run("why does web fail?", "Deployment/web")).next_steps

    def test_nothing_is_joined_where_nothing_is_named(self) -> None:
        stands_alone(alert().replace(spec=alert().spec.replace(target=None, alert=None)))

    def test_a_cause_that_a_person_ruled_out(self) -> None:
        said = memory("no", claim=claim(AUTH.cause, "Service/auth", "RulesOut"), scope=labelled(namespace=NS))
        found, _ = told(alert().replace(recalled=[said]))
        assert found.explained_by is None
        assert AUTH.cause not in [one.cause for one in found.root_causes]

    def test_two_incidents_at_once_each_keep_their_own(self) -> None:
        """Two storms: neither alone explains who is harmed by both."""
        world = snapshot(run(), [*wrong_selector(300), *unpullable("till")], *logs())
        till = IncidentCause(entity=f"Deployment/{NS}/till", cause="ImageNotFound")
        one, other = incident(name="inv-auth"), incident(till, name="inv-till")
        assert told(alert("web"), one, other, world=world)[0].explained_by == "inv-auth"
        assert told(alert("till"), one, other, world=world)[0].explained_by == "inv-till"
