"""A problem that was there before: what told it is read first, and ends the run only where it tells the same again."""

import functools
from dataclasses import replace

import pytest

from casebook.analysis.world import World
from casebook.api.observation import LOGS, listing
from casebook.api.run import Precedent, Telling, Trace
from casebook.reasoning.board import Board
from casebook.reasoning.engine import weigh
from casebook.reasoning.incidents.recurring import settled
from casebook.reasoning.incidents.telling import STANDS
from casebook.reasoning.replay import replay, told
from support.memories import cause, correction_of, knowing, memory
from support.recorded import RECORDED, precedent, rerun, seen, trace

UNTOLD = frozenset(
    # No cause was found, it is not clear, or it does not reach what `telling.STANDS` asks for.
    """db-disk-full fd-leak feature-flag-bug opaque-crash pid-limit planned-scale-down recovered-blip scheduler-absent
    secret-wrong-value stale-restarts""".split()  # noqa: SIM905
)
SAMPLE = [name for name in RECORDED if name not in UNTOLD][::6]


def roots(found: Trace) -> list[tuple[str, str]]:
    return [(one.object, one.cause) for one in replay(found).root_causes]


@functools.cache
def known(name: str, times: int = 1) -> Precedent:
    made = precedent(trace(name), times)
    assert made is not None
    return made


def queries(found: Trace) -> set[str]:
    return {one.query.canonical() for one in found.observations}


@pytest.mark.parametrize("name", SAMPLE)
@pytest.mark.parametrize(("times", "percent"), [(1, 50), (9, 25)])
def test_it_is_told_again_for_a_share_of_the_cost(name: str, times: int, percent: int) -> None:
    first = trace(name)
    again = rerun(first, known(name, times))
    assert roots(again) == roots(first)
    assert 100 * len(again.observations) <= percent * len(first.observations)
    assert "tested first" in again.stop.message
    assert told(again) == Telling(is_short=True)


def test_where_a_quarter_does_not_tell_it_half_of_the_reads_may() -> None:
    first = trace("readiness-on-downstream")
    again = rerun(first, known("readiness-on-downstream", 9))
    assert roots(again) == roots(first)
    assert 25 * len(first.observations) < 100 * len(again.observations) <= 50 * len(first.observations)


@pytest.mark.parametrize("name", sorted(UNTOLD))
def test_what_is_not_clear_by_the_facts_is_no_precedent(name: str) -> None:
    assert precedent(trace(name)) is None


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("oom-limit-low", "memory-leak"),
        ("liveness-port", "readiness-path"),
        ("svc-targetport", "svc-selector"),
        ("env-missing", "env-shadow"),
        ("hostname-typo", "config-wrong-endpoint"),
    ],
)
def test_another_cause_is_found_the_full_way(name: str, other: str) -> None:
    recorded = trace(name)
    full, wrong = rerun(recorded), moved(known(other, 9), trace(other), recorded)
    misled = rerun(recorded, wrong)
    assert roots(misled) == roots(full) != []
    assert queries(full) <= queries(misled)
    assert replay(misled).root_causes == replay(full).root_causes


@pytest.mark.parametrize("times", [1, 9])
def test_a_second_fault_is_found_beside_the_one_that_was_there_before(times: int) -> None:
    recorded = trace("two-faults")
    again = rerun(recorded, moved(known("env-missing", times), trace("env-missing"), recorded))
    assert roots(again) == roots(recorded)
    assert len(roots(again)) == 2


def test_a_rival_as_likely_ends_nothing() -> None:
    again = rerun(trace("image-tag-typo"), known("image-tag-typo", 9))
    board = weigh(seen(again))
    assert settled(board.situation, board) is not None
    (found,) = board.chosen
    rival = replace(found, chosen=False, label="Deployment/rival")
    assert settled(board.situation, Board(board.situation, (*board.ranked, rival))) is None


def moved(made: Precedent, origin: Trace, to: Trace) -> Precedent:
    """The precedent as if it were of the other's namespace."""
    old, new = World(seen(origin)).home, World(seen(to)).home
    clues = [
        clue.replace(query=clue.query.replace(namespace=new)) if clue.query.namespace == old else clue
        for clue in made.told.clues
    ]
    return made.replace(told=made.told.replace(clues=clues))


def test_what_told_then_and_tells_no_more_ends_nothing() -> None:
    made = known("image-tag-typo", 9)
    more = made.replace(told=made.told.replace(held=[*made.told.held, "something that does not hold now"]))
    again = rerun(trace("image-tag-typo"), more)
    assert "tested first" not in again.stop.message
    assert queries(rerun(trace("image-tag-typo"))) <= queries(again)


def test_the_same_cause_of_another_object_ends_nothing() -> None:
    again = rerun(trace("image-tag-typo"), known("image-tag-typo", 9).replace(object="Deployment/web"))
    assert "tested first" not in again.stop.message


def test_the_word_of_a_person_is_no_fact() -> None:
    unproven = memory(claim=cause("DnsFailing", "Deployment/legacy"))
    recorded = trace("opaque-crash")
    led = recorded.replace(run=recorded.run.replace(recalled=[unproven]))
    assert roots(led) == [("Deployment/legacy", "DnsFailing")]
    assert told(led) == Telling()


def test_what_the_facts_alone_would_not_carry_is_no_precedent_by_a_persons_word() -> None:
    """A memory that is proven lifts its cause over what `telling.STANDS` asks for; that is its word, not the facts'."""
    recorded = trace("pid-limit")
    confirmed = memory(claim=cause("ThreadOrPidLimit", "Deployment/worker"))
    led = recorded.replace(run=recorded.run.replace(recalled=[confirmed]))
    assert replay(led).root_causes[0].confidence_percent >= STANDS > replay(recorded).root_causes[0].confidence_percent
    assert told(led) == Telling()


def test_a_cause_that_is_ruled_out_ends_nothing() -> None:
    recorded = trace("image-tag-typo")
    ruled = memory(claim=cause("ImageNotFound", "Deployment/api", "RulesOut"))
    denied = recorded.replace(run=recorded.run.replace(recalled=[ruled]))
    again = rerun(denied, known("image-tag-typo", 9))
    assert "tested first" not in again.stop.message
    assert ("Deployment/api", "ImageNotFound") not in roots(again)


SAID = {"cause": "ProxyExpired", "statement": "The proxy's certificate ran out."}


@pytest.mark.parametrize("name", SAMPLE)
def test_what_people_said_it_was_is_told_again_for_a_share_of_the_cost(name: str) -> None:
    first = trace(name)
    word = correction_of(first, replay(first), rootCause=SAID)
    again = rerun(knowing(first, word), known(name).replace(truth="ProxyExpired"))
    assert [code for _, code in roots(again)] == ["ProxyExpired"]
    assert 100 * len(again.observations) <= 50 * len(first.observations)
    assert "people say that it was ProxyExpired" in again.stop.message
    assert told(again) == Telling(is_short=True)


@pytest.mark.parametrize(
    ("words", "truth"),
    [
        pytest.param([], "ProxyExpired", id="nobody says so any more"),
        pytest.param([SAID], "SomethingElse", id="people say something else by now"),
        pytest.param([SAID], "ProxyExpired on Deployment/other", id="of another object"),
        pytest.param([{"cause": "DNSFailing"}], "DNSFailing", id="facts could test it"),
    ],
)
def test_what_people_said_ends_nothing_unless_it_leads_and_nothing_could_test_it(
    words: list[dict[str, str]], truth: str
) -> None:
    first = trace("image-tag-typo")
    taught = knowing(first, *(correction_of(first, replay(first), rootCause=word) for word in words))
    again = rerun(taught, known("image-tag-typo", 9).replace(truth=truth))
    assert queries(rerun(taught)) <= queries(again)


def about(recorded: Trace, name: str) -> Trace:
    """The same where another Deployment is asked about."""
    target = recorded.run.spec.target
    assert target is not None
    spec = recorded.run.spec.replace(target=target.replace(name=name))
    return recorded.replace(run=recorded.run.replace(spec=spec))


@pytest.mark.parametrize("said", [None, "ProxyExpired", "ProxyExpired on Deployment/api"])
@pytest.mark.parametrize("caller", ["gateway", "web"])
def test_what_fails_beneath_is_told_again_where_its_caller_is_asked_about(caller: str, said: str | None) -> None:
    first, again = about(trace("bad-deploy-exception"), "api"), about(trace("bad-deploy-exception"), caller)
    made = precedent(first)
    assert made is not None
    word = correction_of(first, replay(first), rootCause=SAID | {"object": "Deployment/api"})
    again = knowing(again, word) if said else again
    short = rerun(again, made.replace(elsewhere=True, truth=said or ""))
    assert roots(short) == roots(rerun(again)) == [("Deployment/api", "ProxyExpired" if said else made.cause)]
    assert 100 * len(short.observations) <= 50 * len(first.observations)
    assert any(one.query.source == LOGS and one.query.name.startswith(caller) for one in short.observations)


def test_what_fails_beside_ends_nothing_where_what_is_asked_about_shows_none_of_it() -> None:
    made = precedent(about(trace("bad-deploy-exception"), "api"))
    assert made is not None
    asked = about(trace("bad-deploy-exception"), "gateway")
    silent = [one for one in asked.observations if not (one.query.source == LOGS and "gateway" in one.query.name)]
    quiet = asked.replace(observations=silent)
    assert "tested first" in rerun(quiet, made).stop.message
    assert "tested first" not in rerun(quiet, made.replace(elsewhere=True)).stop.message


def test_another_problem_is_not_taken_for_the_one_that_people_spoke_of() -> None:
    recorded = trace("oom-limit-low")
    taught = knowing(recorded, correction_of(recorded, replay(recorded), rootCause=SAID))
    other = moved(known("memory-leak", 9), trace("memory-leak"), recorded)
    again = rerun(taught, other.replace(truth="ProxyExpired"))
    assert queries(rerun(taught)) <= queries(again)


def test_logs_are_read_of_the_pods_that_are_there_now() -> None:
    made = known("env-missing", 9)
    clues = [
        clue.replace(query=clue.query.replace(name="worker-5d4f-gone0")) if clue.query.source == LOGS else clue
        for clue in made.told.clues
    ]
    assert clues != made.told.clues
    again = rerun(trace("env-missing"), made.replace(told=made.told.replace(clues=clues)))
    assert "tested first" in again.stop.message
    assert roots(again) == roots(trace("env-missing"))


def test_workloads_are_listed_whose_logs_told_it() -> None:
    """Its clues hold a log and not the list of Deployments, without which nobody would know whose pods are whose."""
    made = known("readiness-on-downstream", 9)
    assert "deployments.apps" not in [clue.query.resource for clue in made.told.clues]
    again = rerun(trace("readiness-on-downstream"), made)
    read = [one.query.name for one in again.observations if one.round == 1]
    assert len([name for name in read if name.startswith(("api-", "web-"))]) == 2


def test_the_report_of_the_short_way_says_what_was_not_read() -> None:
    again = rerun(trace("image-tag-typo"), known("image-tag-typo", 3))
    report = replay(again)
    assert "found 3 times before (inv-1)" in report.stopped
    assert "the rest was not read" in report.stopped
    assert not any(one.query == listing("limitranges", again.run.namespace) for one in again.observations)
