"""What told a cause, rule by rule: which reads are left of a run, and when nothing is to be remembered of it."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from casebook.analysis.signs import Sign
from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import Cite, Ref
from casebook.api.observation import Query, curve, earlier_logs, listing, pod_logs
from casebook.api.run import MAX_CLUES, MAX_HELD, Clue, Telling
from casebook.reasoning.board import TELLING, Board, Ranked, Test
from casebook.reasoning.cause import UNTESTED, Finding, Prediction, failed, held
from casebook.reasoning.incidents.telling import STANDS, stands, telling, telling_of
from casebook.reasoning.memories.word import Force, Word
from casebook.reasoning.situation import Situation
from support.builders import NOW, NS, observe, run, snapshot
from support.memories import memory
from support.weighing import at, crashing, ranked

SEEN = snapshot(run("why?"), crashing("a"))
PODS, EVENTS, MAPS = (listing(name, NS) for name in ("pods", "events", "configmaps"))
LOG = pod_logs(NS, "a-p0", "a")


def predicted(weight: int = TELLING, finding: Finding | None = None, says: str = "p") -> Test:
    found = held() if finding is None else finding
    return Prediction(says, lambda *_: found, weight, -50), found


def item(*tests: Test, total: int = 300) -> Ranked:
    """A root cause that explains all that deviates."""
    found = ranked(Situation.of(SEEN), Ref("Deployment", NS, "a"), total, "X", Sign.CRASH)
    return replace(found, chosen=True, results=tests or (predicted(),))


def board(*items: Ranked) -> Board:
    return Board(Situation.of(SEEN), items or (item(),))


def seen(*queries: Query, sizes: Iterable[int] = ()) -> Snapshot:
    """A run that made these reads besides its survey, each of so many bytes."""
    made = [observe(query, {"items": []}, 1) for query in queries]
    sized = [one.replace(bytes=size) for one, size in zip(made, sizes, strict=False)]
    return SEEN.extended([*sized, *made[len(sized) :]])


def sized(of: Snapshot, **sizes: int) -> Snapshot:
    """The same where lists have these sizes."""
    return Snapshot(
        of.run, tuple(one.replace(bytes=sizes.get(one.query.resource, one.bytes)) for one in of.observations)
    )


def needing(*wanted: Query, found: Board | None = None) -> Callable[[Snapshot], Board]:
    """An engine that comes to the board where it has all these reads, else to nothing."""
    return lambda of: (found or board()) if all(of.answer(query) for query in wanted) else board_of_nothing()


def either(*enough: Query, found: Board | None = None) -> Callable[[Snapshot], Board]:
    """An engine to which any of these is enough."""
    return lambda of: (found or board()) if any(of.answer(query) for query in enough) else board_of_nothing()


def board_of_nothing() -> Board:
    return Board(Situation.of(SEEN), ())


def reads(told: Telling) -> list[Query]:
    return [clue.query for clue in told.clues]


class TestStands:
    @pytest.mark.parametrize(("percent", "enough"), [(75, True), (74, False)])
    def test_three_quarters_by_the_facts_are_enough(self, percent: int, enough: bool) -> None:
        assert STANDS == 75
        said = replace(item(total=900), word=Word(memory(), Force.LEADS, percent))
        assert stands(said) is enough

    @pytest.mark.parametrize(("total", "enough"), [(110, True), (107, False)])
    def test_where_nobody_spoke_its_own_sum_counts(self, total: int, enough: bool) -> None:
        assert at(110, item()).percent == 75
        assert stands(at(total, item())) is enough

    def test_only_what_is_proven_stands(self) -> None:
        assert stands(item(predicted()))
        assert not stands(item(predicted(TELLING - 1)))

    def test_what_tells_much_and_held_is_what_told_it(self) -> None:
        found = item(
            predicted(TELLING, says="told"), predicted(TELLING - 1, says="little"),
            predicted(TELLING, failed(), "failed"), predicted(TELLING, UNTESTED, "open"),
        )  # fmt: skip
        assert telling_of(found) == {"told"}


class TestWhatIsLeft:
    def test_only_what_is_needed_and_the_predictions_in_order(self) -> None:
        found = board(item(predicted(says="b"), predicted(says="a")))
        told = telling(SEEN, found, needing(PODS, EVENTS, found=found))
        assert told.held == ["a", "b"]
        assert sorted(query.resource for query in reads(told)) == ["events", "pods"]

    def test_the_largest_is_tried_to_be_left_out_first(self) -> None:
        for sizes, kept in (({"pods": 9, "events": 5}, EVENTS), ({"pods": 5, "events": 9}, PODS)):
            assert reads(telling(sized(SEEN, **sizes), board(), either(PODS, EVENTS))) == [kept]

    def test_of_two_as_large_always_the_same(self) -> None:
        last = max((PODS, EVENTS), key=lambda query: SEEN.asked[query.canonical()].id)
        back = Snapshot(SEEN.run, tuple(reversed(SEEN.observations)))
        for of in (SEEN, back):
            assert reads(telling(of, board(), either(PODS, EVENTS))) == [last]

    def test_what_nothing_can_be_seen_without_comes_before_what_nobody_cites(self) -> None:
        assert reads(telling(sized(SEEN, pods=900), board(), either(PODS, MAPS))) == [PODS]

    def test_so_does_what_is_cited(self) -> None:
        of = seen(LOG, sizes=[900])
        cited = of.asked[LOG.canonical()].id
        found = board(item(predicted(finding=held(Cite(cited, "boom")))))
        assert reads(telling(of, found, either(LOG, MAPS, found=found))) == [LOG]

    def test_where_that_is_not_enough_all_is_there_to_choose_from(self) -> None:
        assert reads(telling(SEEN, board(), needing(MAPS))) == [MAPS]

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(replace(item(), label="Deployment/b"), id="another object"),
            pytest.param(replace(item(), cause_entry=replace(item().cause_entry, code="Y")), id="another cause"),
            pytest.param(item(predicted(says="q")), id="told by something else"),
        ],
    )
    def test_fewer_reads_have_to_come_to_the_same(self, other: Ranked) -> None:
        def weigh(of: Snapshot) -> Board:
            return board() if of.answer(PODS) else board(other)

        assert reads(telling(SEEN, board(), weigh)) == [PODS]

    def test_and_as_clearly(self) -> None:
        def weigh(of: Snapshot) -> Board:
            return board() if of.answer(PODS) else board(at(90, item()))

        assert reads(telling(SEEN, board(), weigh)) == [PODS]


class TestNothing:
    @pytest.mark.parametrize(
        "found",
        [
            pytest.param(board_of_nothing(), id="no cause"),
            pytest.param(board(at(100, item())), id="not likely enough"),
            pytest.param(board(item(predicted(10))), id="not proven"),
            pytest.param(board(item(), at(100, item())), id="one of two not likely enough"),
            pytest.param(board(item(), replace(item(), chosen=False)), id="a rival as likely"),
        ],
    )
    def test_where_the_causes_are_not_clear(self, found: Board) -> None:
        assert telling(SEEN, found, needing(PODS, found=found)) == Telling()

    def test_where_it_took_more_than_one_look(self) -> None:
        again = SEEN.extended([observe(PODS, {"items": []}, 3)])
        assert telling(again, board(), needing(PODS)) == Telling()

    def test_where_nothing_at_all_was_needed(self) -> None:
        assert telling(SEEN, board(), needing()) == Telling()

    @pytest.mark.parametrize(("number", "kept"), [(MAX_CLUES, MAX_CLUES), (MAX_CLUES + 1, 0)])
    def test_where_it_takes_too_many_reads(self, number: int, kept: int) -> None:
        many = [pod_logs(NS, f"p{one}", "a") for one in range(number)]
        assert len(telling(seen(*many), board(), needing(*many)).clues) == kept

    @pytest.mark.parametrize(("number", "kept"), [(MAX_HELD, MAX_HELD), (MAX_HELD + 1, 0)])
    def test_where_it_takes_too_many_predictions(self, number: int, kept: int) -> None:
        found = board(item(*(predicted(says=f"p{one}") for one in range(number))))
        assert len(telling(SEEN, found, needing(PODS, found=found)).held) == kept

    def test_where_a_read_means_nothing_another_time(self) -> None:
        for query in (earlier_logs(NS, "a-p0", "a", 60, 100), curve("up", NOW, NOW)):
            assert telling(seen(query), board(), needing(PODS, query)) == Telling()


def test_a_log_is_remembered_by_whose_it_was() -> None:
    told = telling(seen(LOG), board(), needing(LOG, PODS))
    assert Clue(query=PODS) in told.clues
    assert [clue.workload for clue in told.clues if clue.query == LOG] == ["Deployment/a"]
