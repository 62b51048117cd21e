"""The best small set of hypotheses: upstream beats downstream, rivals lose, the rest needs a fault of its own."""

from dataclasses import replace

import pytest

from casebook.analysis.signs import Sign
from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import Cite, Ref
from casebook.api.enums import Verdict
from casebook.api.observation import listing
from casebook.reasoning.board import CLEAR, Board, Part, Ranked
from casebook.reasoning.cause import UNTESTED, Prediction, failed
from casebook.reasoning.judging.covering import CONSEQUENCE, MAX_CHOSEN, RIVAL, THRESHOLD, choose
from casebook.reasoning.judging.scoring import assess
from casebook.reasoning.judging.verdict import NO_FAULT_PERCENT, no_fault, verdict
from casebook.reasoning.memories.word import Force, Word
from casebook.reasoning.planning.deciding import wanted
from casebook.reasoning.planning.plan import Done, Look, plan
from casebook.reasoning.situation import Situation
from support.builders import NS, log, run, snapshot
from support.memories import memory
from support.weighing import API, AUTH, WEB, at, candidate, cascade, cause, crashing, parts, ranked


def chosen(situation: Situation, *items: Ranked) -> list[str]:
    return [item.cause for item in choose(situation, items) if item.chosen]


def crash(situation: Situation, total: int, code: str, *names: str) -> Ranked:
    """A hypothesis on the first workload that harms all these."""
    refs = tuple(Ref("Deployment", NS, name) for name in names)
    return ranked(situation, refs[0], total, code, Sign.CRASH, harms=refs)


def crashes(*names: str, target: str = "") -> Situation:
    return Situation.of(snapshot(run("why?", target), crashing(*names)))


class TestThreshold:
    def test_below_it_nothing_is_chosen(self) -> None:
        found = cascade()
        assert chosen(found, ranked(found, AUTH, THRESHOLD - 1, "Weak")) == []
        assert chosen(found, ranked(found, AUTH, THRESHOLD, "Enough")) == ["Enough"]

    def test_it_is_60_percent(self) -> None:
        item = ranked(cascade(), AUTH, THRESHOLD, "Enough")
        assert (item.percent, at(THRESHOLD - 5, item).percent) == (60, 59)

    def test_a_refuted_one_is_never_chosen(self) -> None:
        bad = Prediction[None]("a", lambda *_: failed(Cite("o", "x")), 10, -200)
        found = assess(cascade(), cause("No", 0.99, bad), candidate(AUTH))
        assert choose(cascade(), [at(900, found)])[0].standing.value == "Refuted"

    def test_a_code_that_says_why_there_is_no_fault_is_no_root_cause(self) -> None:
        found = cascade()
        assert chosen(found, ranked(found, AUTH, 300, "Fine", fault=False)) == []


class TestUpstream:
    def test_it_beats_downstream_even_with_a_lower_score(self) -> None:
        found = cascade()
        up, down = ranked(found, AUTH, 150, "Up"), ranked(found, API, 300, "Down", Sign.PEER_ERRORS, Sign.VAGUE)
        assert down.explained < up.explained
        assert chosen(found, up, down) == ["Up"]

    def test_what_explains_more_than_its_upstream_stands_beside_it(self) -> None:
        found = cascade()
        up, down = ranked(found, AUTH, 150, "Up"), ranked(found, API, 300, "Down", Sign.PEER_ERRORS)
        less = frozenset(one for one in up.explained if one.entity != API)
        assert chosen(found, replace(up, explained=less), down) == ["Down", "Up"]

    def test_what_explains_just_the_same_is_a_consequence(self) -> None:
        found = cascade()
        up, down = ranked(found, AUTH, 150, "Up"), ranked(found, API, 300, "Down", Sign.PEER_ERRORS, Sign.VAGUE)
        assert chosen(found, replace(up, explained=down.explained), down) == ["Up"]

    def test_of_all_that_it_harms_one_downstream_is_enough(self) -> None:
        found = cascade()
        up = ranked(found, AUTH, 150, "Up")
        down = ranked(found, API, 300, "Down", Sign.PEER_ERRORS, Sign.VAGUE)
        apart = Ref("Deployment", NS, "nobody")
        assert apart not in found.graph.downstream(up.candidate.harms)
        assert down.explained <= up.explained
        both = replace(down, candidate=replace(down.candidate, harms=down.candidate.harms | {apart}))
        assert chosen(found, up, both) == ["Up"]

    def test_what_nothing_connects_follows_from_nothing(self) -> None:
        found = crashes("a", "b")
        one, other = crash(found, 300, "One", "a"), crash(found, 100, "Other", "b")
        same = replace(one, explained=other.explained)
        assert chosen(found, same, other) == ["One"]

    def test_in_a_circle_nothing_is_upstream(self) -> None:
        found = crashes("a", "b")
        assert chosen(found, crash(found, 300, "One", "a"), crash(found, 50, "Both", "a", "b")) == ["One", "Both"]


class TestCover:
    def test_of_two_on_one_entity_the_better_wins_and_the_other_shows_why(self) -> None:
        found = cascade()
        better, worse = ranked(found, AUTH, 300, "Zeta"), ranked(found, AUTH, 200, "Alpha")
        weighed = choose(found, [worse, better])
        assert [item.cause for item in weighed] == ["Zeta", "Alpha"]
        assert [item.chosen for item in weighed] == [True, False]
        assert weighed[1].parts[-1] == Part("Deployment/auth (Zeta) explains the same better", RIVAL)
        assert RIVAL < 0

    def test_a_consequence_shows_of_what(self) -> None:
        found = cascade()
        down = ranked(found, API, 300, "Down", Sign.PEER_ERRORS, Sign.VAGUE)
        lost = choose(found, [ranked(found, AUTH, 150, "Up"), down])[1]
        assert lost.parts[-1] == Part("a consequence of Deployment/auth (Up)", CONSEQUENCE)
        assert CONSEQUENCE < 0

    def test_who_shares_no_symptom_lost_to_nobody(self) -> None:
        found = crashes("a", "b")
        weighed = choose(found, [crash(found, 300, "One", "a"), crash(found, 20, "Weak", "b")])
        assert parts(weighed[1]) == [20]

    def test_two_faults_that_share_nothing_are_two(self) -> None:
        found = crashes("a", "b")
        assert chosen(found, crash(found, 300, "One", "a"), crash(found, 200, "Two", "b")) == ["One", "Two"]

    def test_a_second_one_only_for_what_is_left(self) -> None:
        found = crashes("a", "b", target="Deployment/a")
        one, beside = crash(found, 300, "One", "a"), crash(found, 250, "Beside", "a", "b")
        assert chosen(found, one, replace(beside, candidate=one.candidate)) == ["One"]
        up, apart = ranked(cascade(), AUTH, 300, "Up"), ranked(cascade(), WEB, 250, "Apart", Sign.CRASH)
        assert chosen(cascade(), up, apart) == ["Up"]

    def test_what_explains_only_what_nobody_asked_about_is_not_wanted(self) -> None:
        found = crashes("a", "b", target="Deployment/a")
        assert chosen(found, crash(found, 300, "One", "a"), crash(found, 400, "Elsewhere", "b")) == ["One"]

    def test_what_explains_more_beats_what_scores_a_little_better(self) -> None:
        found = crashes("a", "b", "c")
        one, all_ = crash(found, 200, "One", "a"), crash(found, 100, "All", "a", "b", "c")
        assert chosen(found, one, all_) == ["All"]

    @pytest.mark.parametrize(("total", "first"), [(219, ["All"]), (221, ["One", "All"])])
    def test_each_symptom_more_is_worth_60(self, total: int, first: list[str]) -> None:
        found = crashes("a", "b", "c")
        one, all_ = crash(found, total, "One", "a"), crash(found, 100, "All", "a", "b", "c")
        assert chosen(found, one, all_) == first

    def test_there_are_no_more_than_a_few(self) -> None:
        names = [f"w{number}" for number in range(MAX_CHOSEN + 1)]
        found = crashes(*names)
        assert len(chosen(found, *(crash(found, 300, name, name) for name in names))) == MAX_CHOSEN

    def test_what_stands_comes_first_and_the_rest_by_its_sum(self) -> None:
        found = crashes("a", "b")
        weighed = choose(
            found, [crash(found, 10, "Less", "b"), crash(found, 30, "More", "b"), crash(found, 45, "One", "a")]
        )
        assert [item.cause for item in weighed] == ["One", "More", "Less"]
        loud = ranked(found, Ref("Deployment", NS, "a"), 900, "Fine", fault=False)
        assert [item.cause for item in choose(found, [loud, weighed[0]])] == ["One", "Fine"]


class TestWord:
    def led(self, item: Ranked) -> Ranked:
        return replace(item, word=Word(memory(), Force.LEADS, 10))

    def test_what_a_person_says_it_is_stands_alone(self) -> None:
        found = crashes("a", "b")
        said, likely = self.led(crash(found, -300, "Said", "a")), crash(found, 400, "Likely", "b")
        assert chosen(found, said, likely) == ["Said"]

    def test_of_many_words_a_few_lead(self) -> None:
        found = crashes("a")
        said = [self.led(crash(found, 100, f"Said{number}", "a")) for number in range(MAX_CHOSEN + 1)]
        assert len(chosen(found, *said)) == MAX_CHOSEN


class TestOrder:
    def test_as_likely_ones_are_told_by_object_then_cause_then_words(self) -> None:
        found = crashes("a", "b")
        items = [crash(found, 10, code, name) for name in ("b", "a") for code in ("Y", "X")]
        items += [replace(items[3], candidate=replace(items[3].candidate, statement="Another"))]
        weighed = choose(found, items)
        assert [(item.object, item.cause, item.statement) for item in weighed] == [
            ("Deployment/a", "X", "Another"),
            ("Deployment/a", "X", "a did it"),
            ("Deployment/a", "Y", "a did it"),
            ("Deployment/b", "X", "b did it"),
            ("Deployment/b", "Y", "b did it"),
        ]

    def test_of_two_that_would_do_the_same_one_is_chosen(self) -> None:
        found = crashes("a", "b")
        pairs = [crash(found, 300, code, *names) for names in (("b", "a"), ("a", "b")) for code in ("Y", "X")]
        for items in (pairs, pairs[::-1]):
            [one] = [item for item in choose(found, items) if item.chosen]
            assert (one.object, one.cause) == ("Deployment/a", "X")

    def test_where_nothing_deviates_on_the_path_what_is_explained_elsewhere_counts(self) -> None:
        found = crashes("a", "b")
        found.__dict__["pressing"] = ()
        assert chosen(found, crash(found, 300, "One", "a"), crash(found, 200, "Two", "b")) == ["One", "Two"]


class TestStop:
    def seen(self, *names: str) -> Situation:
        """Workloads that crash, of which all was looked at that is looked at without a hypothesis."""
        logs = [log(f"{name}-p0", ["boom"], container=name, previous=old) for name in names for old in (False, True)]
        return Situation.of(snapshot(run("why?"), crashing(*names), *logs))

    def test_a_leader_that_leaves_symptoms_unexplained_is_not_clear(self) -> None:
        found = self.seen("a", "b")
        step = plan(found, Board(found, choose(found, [crash(found, 300, "One", "a")])))
        assert isinstance(step, Done)
        assert step.stop.reason == "NothingLeft"

    def wanting(self, item: Ranked, **weights: int) -> Ranked:
        """The same with an untested prediction for each name, which wants the pods of a namespace of that name."""
        wishes = [
            Prediction[None](name, lambda *_: UNTESTED, weight, 0, lambda *_, name=name: [listing("pods", name)])
            for name, weight in weights.items()
        ]
        return replace(item, results=(*item.results, *((wish, UNTESTED) for wish in wishes)))

    def test_what_tells_most_is_asked_first(self) -> None:
        found = self.seen("a")
        item = self.wanting(crash(found, 30, "One", "a"), little=50, much=300)
        assert [query.namespace for query in wanted(found, item)] == ["much", "little"]

    def test_nothing_is_asked_for_what_is_refuted(self) -> None:
        found = self.seen("a")
        bad = Prediction[None]("no", lambda *_: failed(), 10, -200)
        refuted = assess(found, cause("No", 0.1, bad), candidate(Ref("Deployment", NS, "a"), Sign.CRASH))
        items = [self.wanting(refuted, theirs=100), self.wanting(crash(found, 30, "One", "a"), mine=100)]
        step = plan(found, Board(found, choose(found, items)))
        assert isinstance(step, Look)
        assert [query.namespace for query in step.queries] == ["mine"]

    @pytest.mark.parametrize(("rival", "reason"), [(220, "Clear"), (221, "NothingLeft")])
    def test_a_leader_stands_clear_by_a_margin(self, rival: int, reason: str) -> None:
        found = self.seen("a")
        weighed = choose(found, [crash(found, 300, "One", "a"), crash(found, rival, "Two", "a")])
        assert weighed[0].centinats - weighed[1].centinats == CLEAR + 220 - rival
        step = plan(found, Board(found, weighed))
        assert isinstance(step, Done)
        assert step.stop.reason == reason


class TestNoFault:
    @pytest.mark.parametrize(("total", "found"), [(THRESHOLD, True), (THRESHOLD - 10, False)])
    def test_it_takes_60_percent(self, total: int, found: bool) -> None:
        calm = Situation.of(snapshot(run("why?"), []))
        item = ranked(calm, AUTH, total, "Fine", fault=False)
        assert (item.percent >= NO_FAULT_PERCENT) is found
        assert (no_fault(Board(calm, (item,))) is not None) is found

    def test_it_must_account_for_all_that_deviates(self) -> None:
        found = crashes("a", "b")
        some, all_ = (
            replace(crash(found, 300, "Fine", *names), cause_entry=cause("Fine", fault=False)) for names in ("a", "ab")
        )
        assert no_fault(Board(found, (some,))) is None
        assert no_fault(Board(found, (some, all_))) is all_

    def test_it_must_have_been_possible_to_see_more(self) -> None:
        whole = snapshot(run("why?"), crashing("a"))
        blind = Snapshot(whole.run, tuple(one for one in whole.observations if one.query.resource != "events"))
        for seen, said in ((whole, Verdict.NO_FAULT), (blind, Verdict.INCONCLUSIVE)):
            found = Situation.of(seen)
            fine = replace(crash(found, 300, "Fine", "a"), cause_entry=cause("Fine", fault=False))
            assert verdict(Board(found, (fine,))) is said

    def test_a_refuted_one_accounts_for_nothing(self) -> None:
        bad = Prediction[None]("a", lambda *_: failed(Cite("o", "x")), 10, -200)
        calm = Situation.of(snapshot(run("why?"), []))
        item = at(900, assess(calm, cause("Fine", 0.5, bad, fault=False), candidate(AUTH)))
        assert no_fault(Board(calm, (item,))) is None
