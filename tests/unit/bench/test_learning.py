"""The learning bench: figures can be missed, streams are the same each time, the baseline is what it says."""

import random
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
from bench.cli import GROUPS, NAMES
from bench.learning import cost, interference, leak, persistence, staleness, transfer
from bench.learning.ceilings import InScope, Told
from bench.learning.figures import none, share
from bench.learning.incidents import Incident, incidents
from bench.learning.oncall import SCOPES, Mood
from bench.learning.plot import draw, moving
from bench.learning.retrieval import PastReports, text_of
from bench.learning.stream import PLACE, Happening, first, stream
from bench.learning.transfer import FAMILIES
from bench.row import Bound, Result, Row

from casebook.api.run import Trace

KNOWN = {one.name: one for one in incidents()}


def silent(_: str) -> None:
    """Nobody is told."""


def some(*names: str) -> list[Incident]:
    return [KNOWN[name] for name in names]


def results(rows: list[Row]) -> set[Result]:
    return {row.result for row in rows}


def test_a_share_and_a_count_can_be_missed() -> None:
    assert share("g", "w", [True] * 19 + [False], Bound(">=", 95)).result is Result.OK
    assert share("g", "w", [True] * 18 + [False] * 2, Bound(">=", 95)).result is Result.OVER
    assert none("g", "w", [], 5).result is Result.OK
    assert none("g", "w", ["here"], 5).result is Result.OVER
    assert none("g", "w", [], 0).result is share("g", "w", []).result is Result.MISSING


def test_every_figure_has_a_name_and_learning_means_all_of_them() -> None:
    assert GROUPS["learning"] <= NAMES.keys()
    assert len(GROUPS["learning"]) == 9


def test_a_correction_sticks_in_every_way_in_which_the_problem_comes_back() -> None:
    never_again, instead, _ = persistence.rows(some("image-tag-typo"), silent)
    assert {never_again.result, instead.result} == {Result.OK}
    assert never_again.note.startswith("8 of 8; ")


def test_what_is_stale_moves_nothing_and_what_is_fresh_does() -> None:
    assert results(staleness.rows(some("env-missing"), silent)) == {Result.OK}


def test_others_of_the_kind_are_named_like_it_and_strangers_are_not() -> None:
    for family in FAMILIES:
        assert family.mark in family.member("orders").split("-")
        for name in family.strangers("orders"):
            inside = name.startswith(f"{family.mark}-") if family.begins else name.endswith(f"-{family.mark}")
            assert not inside, name


def test_what_was_taught_on_three_applies_to_the_fourth() -> None:
    rows = transfer.rows(some("env-missing"), silent)
    assert results(rows) == {Result.OK}, [row.note for row in rows]


def test_five_hundred_other_memories_are_drawn_from_a_seed() -> None:
    run = KNOWN["env-missing"].trace.run
    one, same, other = (interference.others(run, random.Random(seed)) for seed in (1, 1, 2))
    assert one == same != other
    assert len({memory.name for memory in one}) == interference.OTHERS


def test_the_second_occurrence_takes_half_and_the_tenth_a_quarter() -> None:
    made = cost.course(KNOWN["env-missing"])
    assert made.percent(2, "observations") <= 50
    assert made.percent(10, "observations") <= 25
    assert len({tuple(one.found) for one in made.made.values()}) == 1


def test_a_byte_of_another_tenant_is_told_with_its_place() -> None:
    own = {"run first": "x cnry1 y"}
    clean = leak._rows("cnry1", {"run first": "nothing"}, own, [("guessed ids", "")])
    assert results(clean) == {Result.OK}
    held, got_in, _ = leak._rows("cnry1", {"run first": "a cnry1 b cnry1"}, own, [("guessed ids", "a trace")])
    assert (held.result, "run first: 10 bytes" in held.note) == (Result.OVER, True)
    assert (got_in.result, "guessed ids: a trace" in got_in.note) == (Result.OVER, True)
    assert Result.OVER in results(leak._rows("cnry1", {"a": "b"}, {"run first": "not planted"}, [("x", "")]))


class TestPastReports:
    """The baseline."""

    def test_the_nearest_by_words_and_of_equals_the_newest(self) -> None:
        past = PastReports()
        assert past.nearest("anything") is None
        past.keep("rollout of api hangs image not found", "ImageNotFound")
        past.keep("orders pile up too many open files", "FileDescriptorLeak")
        past.keep("rollout of api hangs image not found", "ProxyExpired")
        assert past.nearest("orders pile up since noon") == "FileDescriptorLeak"
        assert past.nearest("the image of api is not found") == "ProxyExpired"
        assert past.nearest("zzz") is None

    def test_a_rare_word_weighs_more(self) -> None:
        past = PastReports()
        past.keep("web fails quota", "QuotaExceeded")
        for _ in range(3):
            past.keep("web fails timeout", "DependencySlow")
        assert past.nearest("web fails quota timeout") == "QuotaExceeded"

    def test_a_report_is_searched_by_what_it_says(self) -> None:
        text = text_of(KNOWN["env-missing"].report, "KubePodCrashLooping")
        assert "KubePodCrashLooping" in text
        assert KNOWN["env-missing"].report.summary in text


def mood(**fields: Any) -> Mood:
    drawn: dict[str, Any] = {"acts": 0.5, "errs": 0.5, "confirms": 0.5, "scope": SCOPES[0], "wrong": 0.0}
    return Mood(**(drawn | fields))


@pytest.mark.parametrize(
    ("found", "drawn", "says"),
    [
        ("A", {"acts": 0.5}, "A"),
        ("A", {"acts": 0.9}, None),
        ("A", {"acts": 0.01}, "C"),
        ("B", {"acts": 0.5}, "A"),
        ("B", {"acts": 0.5, "errs": 0.05}, "C"),
        ("B", {"acts": 0.9}, None),
        ("", {"acts": 0.5}, "A"),
    ],
)
def test_the_person_corrects_as_people_do(found: str, drawn: dict[str, float], says: str | None) -> None:
    assert mood(**drawn).says(found, ["A"], ["A", "C"]) == says


def test_the_person_chooses_among_the_scopes_that_fit() -> None:
    known = {"alertname": "", "namespace": "prod", "workload.name": "int-orders"}
    assert mood().takes(known) == {"namespace": "prod", "workload.name": "int-orders"}
    assert mood(confirms=0.5).confirms_proposal(right=True)
    assert not mood(confirms=0.5).confirms_proposal(right=False)


def test_a_stream_is_the_same_each_time() -> None:
    one, again, other = (
        [(here.trace.run.name, here.truths, here.mood, here.known) for here in islice(stream(seed), 3)]
        for seed in (1, 1, 2)
    )
    assert one == again != other
    assert all(known["namespace"] == PLACE for *_, known in one)


def test_the_curve_is_drawn_from_the_last_answers_and_the_same_each_time(tmp_path) -> None:
    assert moving([True, False, True, True], window=2) == [100, 50, 50, 100]
    right = {name: [[True] * 5, [False] * 5] for name in ("no memory", "text of past reports", "Casebook")}
    for name in ("one.svg", "other.svg"):
        draw(tmp_path / name, right)
    drawn = (tmp_path / "one.svg").read_text()
    assert drawn == (tmp_path / "other.svg").read_text()
    assert all(name in drawn for name in right)


def test_at_best_a_right_word_helps_wherever_the_problem_comes_back_or_only_in_its_scope() -> None:
    unknown = next(here for here in stream(1) if here.family and first(here.report) not in here.truths)
    one = replace(unknown, mood=mood())
    elsewhere = replace(one, trace=asked_about(one, "somebody-else"))
    told, in_scope = Told(), InScope()
    assert [system(one) in one.truths for system in (told, in_scope)] == [False, False]
    assert [system(one) in one.truths for system in (told, in_scope)] == [True, True]
    assert [system(elsewhere) in one.truths for system in (told, in_scope)] == [True, False]


def test_at_best_a_wrong_word_is_not_believed() -> None:
    one = next(here for here in stream(1) if first(here.report) in here.truths)
    contradicted = replace(one, mood=mood(acts=0.01))
    for system in (Told(), InScope()):
        assert {system(contradicted) in one.truths for _ in range(2)} == {True}


def asked_about(one: Happening, name: str) -> Trace:
    spec, target = one.trace.run.spec, one.trace.run.spec.target
    assert target is not None
    named = spec.replace(target=target.replace(name=name))
    return one.trace.replace(run=one.trace.run.replace(spec=named))
