"""The board: what a person's word, skills and facts make of a hypothesis, and when one stands clear."""

from dataclasses import replace

import pytest

from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite, Ref
from casebook.api.enums import Outcome, Standing
from casebook.reasoning.board import CLEAR, TELLING, Board, Ranked, Test
from casebook.reasoning.cause import UNTESTED, Finding, Prediction, failed, held
from casebook.reasoning.memories.word import Force, Word
from casebook.reasoning.situation import Situation
from support.builders import NS, run, snapshot
from support.memories import memory
from support.weighing import crashing, ranked

A, B = (Ref("Deployment", NS, name) for name in ("a", "b"))


def crashes() -> Situation:
    return Situation.of(snapshot(run("why?"), crashing("a", "b")))


def item(total: int = 0, ref: Ref = A, code: str = "X", *, chosen: bool = False, fault: bool = True) -> Ranked:
    return replace(ranked(crashes(), ref, total, code, Sign.CRASH, fault=fault), chosen=chosen)


def told(weight: int, finding: Finding, *, against: int = -50) -> tuple[Test, ...]:
    return ((Prediction("p", lambda *_: finding, weight, against), finding),)


def worded(force: Force) -> Word:
    return Word(memory(), force, 50)


class TestWord:
    @pytest.mark.parametrize(
        ("force", "leads", "refuted"),
        [(Force.LEADS, True, False), (Force.RULES_OUT, False, True), (Force.CONTRADICTED, False, False)],
    )
    def test_it_leads_rules_out_or_is_contradicted(self, force: Force, leads: bool, refuted: bool) -> None:
        said = replace(item(), word=worded(force))
        assert (said.leads, said.refuted) == (leads, refuted)

    def test_where_nobody_said_anything_nothing_leads(self) -> None:
        assert not item().leads
        assert not item().refuted

    def test_the_board_by_facts_is_what_stood_before(self) -> None:
        found = crashes()
        said, before = item(900), item(10)
        assert Board(found, (said,), facts=(before,)).by_facts.ranked == (before,)
        plain = Board(found, (said,))
        assert plain.by_facts is plain


class TestProof:
    @pytest.mark.parametrize(
        ("weight", "finding", "proven"),
        [
            (TELLING, held(), True),
            (TELLING - 1, held(), False),
            (TELLING, failed(), False),
            (TELLING, UNTESTED, False),
        ],
    )
    def test_it_takes_one_prediction_that_tells_much_and_holds(
        self, weight: int, finding: Finding, proven: bool
    ) -> None:
        assert replace(item(), results=told(weight, finding)).is_proven is proven
        assert replace(item(), results=(*told(weight, finding), *told(10, failed()))).is_proven is proven

    def test_that_is_one_nat(self) -> None:
        assert TELLING == 100

    def test_skills_are_shown_and_may_refute_but_prove_nothing(self) -> None:
        practised = replace(item(), by_skills=told(TELLING, held(Cite("o", "x"))))
        assert len(practised.tests) == 1
        assert not practised.is_proven
        assert replace(item(), by_skills=told(10, failed(), against=-200)).refuted

    def test_one_decisive_failure_of_several_refutes(self) -> None:
        results = (*told(10, failed(), against=-200), *told(300, held()))
        assert replace(item(), results=results).refuted

    def test_what_was_cited_for_an_outcome_once(self) -> None:
        one, other = Cite("o", "x"), Cite("o", "y")
        found = replace(item(), results=(*told(1, held(one)), *told(1, held(one)), *told(1, failed(other))))
        assert found.cites(Outcome.HELD) == (one,)
        assert found.cites(Outcome.FAILED) == (other,)


class TestStanding:
    def test_what_the_report_stands_behind_is_supported(self) -> None:
        assert item(chosen=True).standing is Standing.SUPPORTED
        assert item().standing is Standing.OPEN
        assert replace(item(), word=worded(Force.RULES_OUT)).standing is Standing.REFUTED

    def test_only_faults_are_root_causes(self) -> None:
        fault, fine = item(300, chosen=True), item(300, chosen=True, fault=False)
        assert Board(crashes(), (fault, fine)).chosen == (fault,)


class TestClear:
    def board(self, *others: Ranked) -> Board:
        """Two root causes that explain all that deviates, and others beside them."""
        return Board(crashes(), (item(300, A, "One", chosen=True), item(250, B, "Two", chosen=True), *others))

    def test_all_that_deviates_is_explained_and_nothing_else_would_do(self) -> None:
        assert self.board().is_clear
        assert not Board(crashes(), (item(300, A, "One", chosen=True),)).is_clear
        assert not Board(crashes(), ()).is_clear
        assert not Board(Situation.of(snapshot(run("why?"), [])), (item(300),)).is_clear

    @pytest.mark.parametrize(("total", "clear"), [(250 - CLEAR, True), (251 - CLEAR, False)])
    def test_each_of_them_stands_above_each_of_the_others(self, total: int, clear: bool) -> None:
        assert self.board(item(total, code="Rival")).is_clear is clear
        assert self.board(item(-900, code="Weak"), item(total, code="Rival")).is_clear is clear

    def test_what_is_refuted_or_explains_nothing_is_no_rival(self) -> None:
        rival = item(290, code="Rival")
        assert not self.board(rival).is_clear
        assert self.board(replace(rival, word=worded(Force.RULES_OUT))).is_clear
        assert self.board(replace(rival, explained=frozenset())).is_clear
