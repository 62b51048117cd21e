"""Scores, what a hypothesis explains, and the order of change and onset: each rule by itself."""

import math
from datetime import datetime, timedelta

import pytest

from casebook.analysis.signs import TRAVELS, Sign, Symptom
from casebook.analysis.things import Cite, Ref
from casebook.api.enums import Outcome
from casebook.reasoning.board import Board, Part, Ranked
from casebook.reasoning.cause import UNTESTED, Candidate, Prediction, failed, held
from casebook.reasoning.judging.covering import choose
from casebook.reasoning.judging.scoring import (
    CHANGED_AFTER_STATED,
    CHANGED_BEFORE,
    EXPLAINS_NOTHING,
    MOST_FOR_SYMPTOMS,
    OFF_PATH,
    PER_SYMPTOM,
    assess,
    explains,
    logit,
)
from casebook.reasoning.reporting.history import onset
from casebook.reasoning.situation import Situation
from support.builders import (
    NOW,
    NS,
    configmap,
    container,
    env,
    healthy,
    log,
    pod,
    replicaset,
    run,
    snapshot,
    template,
    waiting,
    workload,
)
from support.curves import STEPS, curves, level, metered
from support.shop import body, shop
from support.weighing import API, AUTH, REFUSED, WEB, candidate, cascade, cause, crashing, parts, ranked

YES = Prediction[None]("a", lambda *_: held(Cite("o", "x")), 120, -200)
NO = Prediction[None]("b", lambda *_: failed(), 80, -90)
UNKNOWN = Prediction[None]("c", lambda *_: UNTESTED, 300, -300)


def crashes(*names: str, target: str = "") -> Situation:
    return Situation.of(snapshot(run("why?", target), crashing(*names)))


def refs(*names: str) -> tuple[Ref, ...]:
    return tuple(Ref("Deployment", NS, name) for name in names)


def showing(*symptoms: Symptom) -> Situation:
    """The shop, where nothing but this deviates."""
    found = cascade()
    found.__dict__["symptoms"] = symptoms
    return found


def clock(hour: int, minute: int) -> datetime:
    return NOW.replace(hour=hour, minute=minute)


class TestSum:
    def test_the_prior_is_the_log_odds_of_the_base_rate(self) -> None:
        assert logit(0.5) == 0
        assert logit(0.1) == round(100 * math.log(0.1 / 0.9))

    def test_held_adds_failed_subtracts_untested_counts_nothing(self) -> None:
        found = assess(cascade(), cause("X", 0.1, YES, NO, UNKNOWN), candidate(AUTH))
        assert parts(found)[:3] == [logit(0.1), 120, -90]
        assert len([part for part in found.parts if part.name.startswith(("held", "failed"))]) == 2

    def test_what_needs_metrics_is_left_out_where_there_are_none(self) -> None:
        curve = Prediction[None]("d", lambda *_: held(), 70, -70, metered=True)
        without, seen = cascade(), snapshot(metered(run("why?")), shop())
        assert 70 not in parts(assess(without, cause("X", 0.1, curve), candidate(AUTH)))
        assert 70 in parts(assess(Situation.of(seen), cause("X", 0.1, curve), candidate(AUTH)))

    def test_a_code_that_says_why_there_is_no_fault_has_nothing_to_explain(self) -> None:
        off = candidate(Ref("Deployment", NS, "elsewhere"))
        assert parts(assess(cascade(), cause("Fine", 0.1, YES, fault=False), off)) == [logit(0.1), 120]


class TestCoverage:
    def test_each_symptom_on_the_path_counts(self) -> None:
        found = assess(crashes("a", "b", "c"), cause(), candidate(refs("a")[0], Sign.CRASH, harms=refs("a", "b")))
        assert [part.centinats for part in found.parts if part.name.startswith("explains 2 of 3")] == [2 * PER_SYMPTOM]

    def test_many_count_no_more_than_a_few(self) -> None:
        names = ("a", "b", "c", "d", "e", "f")
        found = assess(crashes(*names), cause(), candidate(refs("a")[0], Sign.CRASH, harms=refs(*names)))
        assert len(found.explained) * PER_SYMPTOM > MOST_FOR_SYMPTOMS
        assert MOST_FOR_SYMPTOMS in parts(found)

    def test_where_nothing_deviates_nothing_needs_explaining(self) -> None:
        calm = Situation.of(snapshot(run("why?"), shop()))
        assert not calm.pressing
        assert parts(assess(calm, cause("X", 0.1, YES), candidate(AUTH))) == [logit(0.1), 120]

    def test_symptoms_off_the_path_count_nothing(self) -> None:
        asked = crashes("a", "b", target="Deployment/a")
        found = assess(asked, cause(), candidate(refs("a")[0], Sign.CRASH, harms=refs("a", "b")))
        assert [part.name for part in found.parts][-1] == "explains 1 of 1 symptoms on the path"
        assert parts(found)[-1] == PER_SYMPTOM

    def test_what_explains_nothing_on_the_path_is_unlikely(self) -> None:
        assert EXPLAINS_NOTHING in parts(assess(cascade(), cause(), candidate(Ref("Deployment", NS, "db"))))
        assert EXPLAINS_NOTHING <= -200

    def test_what_curves_show_of_one_fault_counts_as_one_symptom(self) -> None:
        late = level(0.05, 0.9, since=6)
        curved = curves(latency={"web": late, "api": late, "auth": late})
        found = assess(
            Situation.of(snapshot(metered(run(target="Deployment/web")), shop(), *curved)), cause(), candidate(AUTH)
        )
        assert len(found.explained) == 3
        assert [part.centinats for part in found.parts if part.name.startswith("explains 3 of 3")] == [PER_SYMPTOM]

    def test_what_lies_off_the_path_is_less_likely(self) -> None:
        off = candidate(Ref("Deployment", NS, "elsewhere"))
        assert OFF_PATH in parts(assess(cascade(), cause(), off))
        assert OFF_PATH not in parts(assess(cascade(), cause(), candidate(AUTH)))

    def test_where_nobody_asked_about_anything_nothing_lies_off_the_path(self) -> None:
        asked = crashes("a")
        assert not asked.focus
        assert OFF_PATH not in parts(assess(asked, cause(), candidate(Ref("Deployment", NS, "elsewhere"))))

    def test_what_is_named_or_harmed_lies_on_the_path_though_it_explains_nothing(self) -> None:
        elsewhere = Ref("NetworkPolicy", NS, "guard")
        for found in (candidate(WEB, harms=(elsewhere,)), candidate(elsewhere, harms=(WEB,))):
            assert not explains(cascade(), found)
            assert OFF_PATH not in parts(assess(cascade(), cause(), found))

    def test_what_is_mended_elsewhere_lies_on_the_path_by_its_harm(self) -> None:
        policy = candidate(Ref("NetworkPolicy", NS, "guard"), harms=(AUTH,))
        assert OFF_PATH not in parts(assess(cascade(), cause(), policy))


class TestExplains:
    def test_its_own_signs_where_it_harms_and_nowhere_else(self) -> None:
        first, other = refs("a", "b")
        found = explains(crashes("a", "b"), candidate(first, Sign.CRASH))
        assert {one.entity for one in found} == {first}
        assert not explains(crashes("a", "b"), candidate(first, Sign.PENDING))
        assert not explains(crashes("b"), candidate(first, Sign.CRASH, harms=(other, first)[1:]))

    def test_what_follows_from_any_harm_is_explained_without_being_named(self) -> None:
        service = Ref("Service", NS, "auth")
        assert Sign.NO_ENDPOINTS in {one.sign for one in explains(cascade(), candidate(service))}

    @pytest.mark.parametrize(
        "sign", [Sign.NO_ENDPOINTS, Sign.ROLLOUT, Sign.ALERT, Sign.SLOW, Sign.FAILING, Sign.UNEXPECTED]
    )
    def test_where_it_harms_these_signs_follow(self, sign: Sign) -> None:
        assert len(explains(showing(Symptom(AUTH, sign, "so", None, ())), candidate(AUTH))) == 1

    @pytest.mark.parametrize(("seconds", "explained"), [(90, 1), (91, 0)])
    def test_a_symptom_may_be_seen_a_little_before_its_cause(self, seconds: int, explained: int) -> None:
        seen = showing(Symptom(AUTH, Sign.CRASH, "so", NOW - timedelta(seconds=seconds), ()))
        assert len(explains(seen, candidate(AUTH, Sign.CRASH, since=NOW))) == explained

    @pytest.mark.parametrize(("seconds", "fresh"), [(1800, True), (1801, False)])
    def test_a_change_counts_for_half_an_hour(self, seconds: int, fresh: bool) -> None:
        seen = showing(Symptom(AUTH, Sign.CRASH, "so", NOW, ()))
        changed = candidate(AUTH, Sign.CRASH, changed=NOW - timedelta(seconds=seconds))
        assert (CHANGED_BEFORE in parts(assess(seen, cause(), changed))) is fresh

    @pytest.mark.parametrize("sign", sorted(set(Sign) - {Sign.BACKLOG} - TRAVELS))
    def test_only_a_backlog_grows_by_harm_to_whom_it_blames(self, sign: Sign) -> None:
        blamed = frozenset({API})
        assert explains(showing(Symptom(WEB, Sign.BACKLOG, "so", None, (), blamed)), candidate(API))
        assert not explains(showing(Symptom(WEB, sign, "so", None, (), blamed)), candidate(API))

    def test_what_callers_suffer_travels_to_them_and_to_theirs(self) -> None:
        assert {one.entity for one in explains(cascade(), candidate(AUTH))} >= {API, WEB}
        assert not explains(cascade(), candidate(WEB))

    def test_one_of_those_whom_it_blames_is_enough(self) -> None:
        nobody = Ref("Service", NS, "nobody")
        for peers, explained in (({API, nobody}, 1), ({nobody}, 0)):
            seen = showing(Symptom(WEB, Sign.PEER_ERRORS, "so", None, (), frozenset(peers)))
            assert len(explains(seen, candidate(AUTH))) == explained

    def test_signs_that_arise_where_they_are_seen_do_not_travel(self) -> None:
        made = body("api")
        top = workload("api", made)
        owner = replicaset(top, 1, made, age=600)
        pulls = pod(owner, made, waiting("app", "ImagePullBackOff"), name="api-p0")
        asked = Situation.of(snapshot(run("why?"), [*shop("api"), top, owner, pulls]))
        assert Sign.IMAGE in {one.sign for one in asked.symptoms}
        assert Sign.IMAGE not in {one.sign for one in explains(asked, candidate(AUTH))}

    def test_a_symptom_that_blames_another_is_not_explained(self) -> None:
        """Even where it stands on what is harmed: api reads these settings, and is refused by auth."""
        made = template(
            "api", container(env=env(AUTH_URL="http://auth:80"), envFrom=[{"configMapRef": {"name": "set"}}])
        )
        objects = [*shop("api"), *healthy("api", made), configmap("set", {"PACE": "1"})]
        asked = Situation.of(snapshot(run("why?"), objects, log("api-p0", [REFUSED] * 6)))
        settings = Ref("ConfigMap", NS, "set")
        assert API in asked.graph.downstream([settings])
        assert [one.entity for one in asked.symptoms] == [API]
        assert not explains(asked, candidate(settings))

    def test_who_takes_work_away_explains_what_waits_though_nothing_depends_on_it(self) -> None:
        taker = healthy("taker", template("taker", container(env=env(QUEUE_URL="http://queue:80"))))
        waits = [*[1.0] * (STEPS - 6), *[20.0 * step for step in range(1, 7)]]
        seen = snapshot(
            metered(run(target="Deployment/queue")), [*healthy("queue"), *taker], *curves(backlog={"queue": waits})
        )
        found = assess(Situation.of(seen), cause(), candidate(Ref("Deployment", NS, "taker")))
        assert [one.sign for one in found.explained] == [Sign.BACKLOG]
        assert OFF_PATH not in parts(found)
        other = assess(Situation.of(seen), cause(), candidate(Ref("Deployment", NS, "other")))
        assert not other.explained


def dated(situation: Situation, found: Candidate[None]) -> list[Symptom]:
    """What it explains of the symptoms whose begin is known."""
    return [one for one in explains(situation, found) if one.since]


class TestOnset:
    """In the cascade callers fail since ten seconds before noon."""

    ONSET = NOW - timedelta(seconds=10)

    def two(self, target: str = "") -> Situation:
        """a crashes since ten minutes, b since a hundred seconds."""
        return Situation.of(snapshot(run("why?", target), [*crashing("a"), *crashing("b", age=100)]))

    def test_it_is_the_earliest_symptom_on_the_path(self) -> None:
        assert self.two().onset == NOW - timedelta(seconds=600)
        assert self.two("Deployment/b").onset == NOW - timedelta(seconds=100)

    def test_the_report_dates_what_its_root_causes_explain(self) -> None:
        two = self.two()
        assert onset(Board(two)) == NOW - timedelta(seconds=600)
        later = ranked(two, *refs("b"), 300, "Later", Sign.CRASH)
        assert onset(Board(two, choose(two, [later]))) == NOW - timedelta(seconds=100)

    def test_a_cause_explains_nothing_that_began_before_it(self) -> None:
        assert not dated(cascade(), candidate(AUTH, since=self.ONSET + timedelta(seconds=120)))
        assert not dated(cascade(), candidate(AUTH, changed=self.ONSET + timedelta(seconds=120)))

    def test_times_of_different_clocks_may_differ_a_little(self) -> None:
        assert len(dated(cascade(), candidate(AUTH, changed=self.ONSET + timedelta(seconds=60)))) == 2

    def test_the_change_tells_when_it_began_where_one_is_known(self) -> None:
        late, early = self.ONSET + timedelta(seconds=120), self.ONSET - timedelta(seconds=120)
        assert not dated(cascade(), candidate(AUTH, changed=late, since=early))
        assert dated(cascade(), candidate(AUTH, changed=early, since=late))

    def test_a_change_just_before_counts_for_it(self) -> None:
        assert CHANGED_BEFORE in parts(assess(cascade(), cause(), candidate(AUTH, changed=clock(11, 55))))
        assert CHANGED_BEFORE not in parts(assess(cascade(), cause(), candidate(AUTH)))
        assert CHANGED_BEFORE > 0

    def test_a_change_long_before_counts_nothing(self) -> None:
        found = assess(cascade(), cause(), candidate(AUTH, changed=clock(11, 25)))
        assert parts(found) == [logit(0.1), 3 * PER_SYMPTOM]

    def test_a_change_after_the_symptoms_explains_none_of_them(self) -> None:
        found = assess(crashes("a"), cause(), candidate(*refs("a"), Sign.CRASH, changed=clock(11, 55)))
        assert parts(found) == [logit(0.1), EXPLAINS_NOTHING]

    @pytest.mark.parametrize(
        ("question", "changed", "after"),
        [
            ("web fails since 11:20", clock(11, 45), True),
            ("web fails since 11:40", clock(11, 45), False),
            ("web fails since 10:20", clock(10, 35), False),
            ("web fails since 10:20", clock(10, 45), True),
            ("web fails, why?", clock(11, 45), False),
            ("web failed in the last hour", clock(11, 45), False),
            ("web fails since 11:20", clock(11, 30), False),
            ("web fails since 11:20", clock(11, 30) + timedelta(seconds=1), True),
            ("web fails since 10:20", clock(10, 40), False),
            ("web fails since 10:20", clock(10, 40) + timedelta(seconds=1), True),
        ],
    )
    def test_a_change_after_what_a_person_says_counts_against_it(
        self, question: str, changed: datetime, after: bool
    ) -> None:
        """People name times too early: by ten minutes, or by a fifth of how long ago it is."""
        found = assess(cascade(question=question), cause(), candidate(AUTH, changed=changed))
        assert (CHANGED_AFTER_STATED in parts(found)) is after
        assert CHANGED_AFTER_STATED < 0

    @pytest.mark.parametrize(("minute", "after"), [(45, True), (31, False), (29, False)])
    def test_a_change_after_the_alert_began_to_fire_counts_against_it(self, minute: int, after: bool) -> None:
        fires = cascade(alert={"alertname": "Down"}, starts_at=clock(11, 30))
        found = assess(fires, cause(), candidate(AUTH, changed=clock(11, minute)))
        assert (CHANGED_AFTER_STATED in parts(found)) is after

    @pytest.mark.parametrize(("seconds", "after"), [(90, False), (91, True)])
    def test_an_alert_is_trusted_to_the_second_but_for_what_clocks_differ(self, seconds: int, after: bool) -> None:
        fires = cascade(alert={"alertname": "Down"}, starts_at=clock(11, 30))
        found = assess(fires, cause(), candidate(AUTH, changed=clock(11, 30) + timedelta(seconds=seconds)))
        assert (CHANGED_AFTER_STATED in parts(found)) is after

    def test_of_two_who_say_when_the_first_bounds_it(self) -> None:
        fires = cascade(question="web fails since 11:00", alert={"alertname": "Down"}, starts_at=clock(11, 50))
        assert CHANGED_AFTER_STATED in parts(assess(fires, cause(), candidate(AUTH, changed=clock(11, 20))))

    def test_of_what_is_said_and_seen_the_earliest_counts(self) -> None:
        fires = cascade(question="web fails since 11:00", alert={"alertname": "Down"}, starts_at=clock(11, 50))
        assert CHANGED_BEFORE in parts(assess(fires, cause(), candidate(AUTH, changed=clock(10, 50))))
        both = showing(
            *(Symptom(AUTH, sign, "so", at, ()) for sign, at in ((Sign.CRASH, clock(11, 0)), (Sign.VAGUE, NOW)))
        )
        crash = candidate(AUTH, Sign.CRASH, Sign.VAGUE, changed=clock(10, 50))
        told = [
            part.centinats for part in assess(both, cause(), crash).parts if part.name.startswith("a change came just")
        ]
        assert told == [CHANGED_BEFORE]

    def test_just_before_the_alert_is_just_before_though_logs_reach_back_less(self) -> None:
        fires = cascade(alert={"alertname": "Down"}, starts_at=clock(11, 0))
        assert CHANGED_BEFORE in parts(assess(fires, cause(), candidate(AUTH, changed=clock(10, 50))))


class TestCalibration:
    def test_the_percentage_is_the_logistic_of_the_sum_and_never_100(self) -> None:
        base = assess(cascade(), cause(), candidate(AUTH))
        for total, percent in ((0, 50), (40, 60), (83, 70), (100, 73), (-200, 12), (5000, 99), (-5000, 0)):
            item = Ranked(base.cause_entry, base.candidate, (), (Part("x", total),), frozenset(), "x")
            assert item.percent == percent

    @pytest.mark.parametrize(("weight", "refuted"), [(-200, True), (-199, False)])
    def test_what_takes_two_nats_when_it_fails_refutes(self, weight: int, refuted: bool) -> None:
        prediction = Prediction[None]("a", lambda *_: failed(Cite("o", "x")), 10, weight)
        found = assess(cascade(), cause("X", 0.1, prediction), candidate(AUTH))
        assert found.refuted is refuted
        assert found.standing.value == ("Refuted" if refuted else "Open")

    def test_what_held_or_was_not_tested_refutes_nothing(self) -> None:
        found = assess(cascade(), cause("X", 0.1, YES, UNKNOWN), candidate(AUTH))
        assert [finding.outcome for _, finding in found.results] == [Outcome.HELD, Outcome.UNTESTED]
        assert not found.refuted
