"""A cause that somebody names and no detector suggested: it is on the board, and nothing is taken for tested."""

import pytest

from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Cite, Ref
from casebook.api.enums import Origin, Outcome
from casebook.reasoning.board import Ranked
from casebook.reasoning.judging.scoring import logit
from casebook.reasoning.judging.unsuspected import Suspicion, put_forward
from casebook.reasoning.registry import REGISTRY
from casebook.reasoning.situation import Situation
from support.builders import NS, run, snapshot
from support.shop import shop
from support.weighing import API, AUTH, WEB, cascade, crashing

KNOWN = REGISTRY["DNSFailing"]


def named(code: str, ref: Ref = AUTH, situation: Situation | None = None) -> Ranked:
    suspicion = Suspicion(code, "It was the proxy.", "said by alice", Origin.MEMORY)
    return put_forward(situation or cascade(), suspicion, ref)


def shown(found: Ranked) -> tuple[Outcome, tuple[Cite, ...]]:
    """What became of the one prediction that can be looked at."""
    told, *_ = found.results
    assert told[0].says == "something deviates where it would show"
    return told[1].outcome, told[1].cites


def test_it_says_who_named_it_and_what() -> None:
    found = named("ProxyExpired")
    assert (found.origin, found.cause, found.statement) == (Origin.MEMORY, "ProxyExpired", "It was the proxy.")
    assert list(found.cause_entry.steps(cascade(), found.candidate)) == ["Look at Deployment/auth: said by alice."]
    assert list(found.cause_entry.detect(cascade())) == []


@pytest.mark.parametrize(("code", "rate"), [("ProxyExpired", 0.01), (KNOWN.code, KNOWN.base_rate)])
def test_it_begins_with_what_is_known_of_the_cause_or_as_a_rare_one(code: str, rate: float) -> None:
    assert named(code).parts[0].centinats == logit(rate)


def test_a_cause_of_the_registry_keeps_its_meaning_and_its_predictions_untested() -> None:
    found = named(KNOWN.code)
    entry = found.cause_entry
    assert (entry.means, entry.names, entry.explains) == (KNOWN.means, KNOWN.names, KNOWN.explains)
    _, *predictions = found.results
    assert [(one.says, one.held, one.failed) for one, _ in predictions] == [
        (one.says, one.held, one.failed) for one in KNOWN.predictions
    ]
    assert {finding.outcome for _, finding in predictions} == {Outcome.UNTESTED}
    assert not found.is_proven


def test_another_one_means_what_is_said_of_it_and_predicts_nothing() -> None:
    found = named("ProxyExpired")
    assert (found.cause_entry.means, found.cause_entry.fault) == ("It was the proxy.", True)
    assert (found.cause_entry.names, found.cause_entry.explains) == ("", "")
    assert len(found.results) == 1


def test_a_reason_why_there_is_no_fault_stays_one() -> None:
    assert not named("PlannedChange").cause_entry.fault
    assert named("ScaledToZero").cause_entry.fault


def test_it_harms_what_it_is_on_and_who_needs_that() -> None:
    service = Ref("Service", NS, "auth")
    assert named("ProxyExpired", service).candidate.harms >= {service, API}
    assert named("ProxyExpired", WEB).candidate.harms >= {WEB}
    assert API not in named("ProxyExpired", WEB).candidate.harms


def test_whatever_deviates_there_comes_of_it() -> None:
    seen = Situation.of(snapshot(run("why?"), crashing("a")))
    assert {one.sign for one in named("ProxyExpired", Ref("Deployment", NS, "a"), seen).explained} >= {Sign.CRASH}


def test_that_something_deviates_is_cited_and_weighs_nothing() -> None:
    found = named("ProxyExpired")
    outcome, cites = shown(found)
    assert outcome is Outcome.HELD
    assert 0 < len(cites) <= 4
    assert (found.results[0][0].held, found.results[0][0].failed) == (0, 0)


def test_where_nothing_deviates_nothing_is_said_to_hold() -> None:
    calm = Situation.of(snapshot(run("why?", "Deployment/web"), shop()))
    assert shown(named("ProxyExpired", situation=calm)) == (Outcome.UNTESTED, ())


def test_what_it_reaches_is_cited_before_the_rest_and_each_symptom_once() -> None:
    seen = cascade()
    seen.__dict__["symptoms"] = tuple(
        Symptom(ref, Sign.CRASH, "so", None, (Cite(ref.name, "1"), Cite(ref.name, "2"))) for ref in (API, AUTH, WEB)
    )
    _, cites = shown(named("ProxyExpired", WEB, seen))
    assert [one.observation for one in cites] == ["web", "api", "auth"]


def test_four_symptoms_are_shown_at_most() -> None:
    names = [f"w{number}" for number in range(6)]
    seen = Situation.of(snapshot(run("why?"), crashing(*names)))
    assert len(shown(named("ProxyExpired", Ref("Deployment", NS, "w0"), seen))[1]) == 4
