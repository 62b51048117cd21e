"""Sentences of a model in the report: cited, borne out and blaming nobody, or left out with a word on why."""

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import Consultation, Proposal, Quote, Sentence
from casebook.api.enums import Verdict
from casebook.api.observation import LOGS
from casebook.api.report import Report
from casebook.api.run import Trace
from casebook.reasoning.engine import ENGINE, unsure, weigh
from casebook.reasoning.replay import replay
from support import builders
from support.freetext import SAID, freetext, hypothesis
from support.reason import STOP, report


def quote(snapshot: Snapshot, excerpt: str = SAID, *, absent: bool = False) -> Quote:
    log = next(one for one in snapshot.observations if one.query.source == LOGS)
    return Quote(observation=log.id, excerpt=excerpt, absent=absent)


def said(text: str, *quotes: Quote, part: str = "answer", proposed: bool = False) -> Report:
    given = freetext()
    sentence = Sentence(says=text, quotes=list(quotes) or [quote(given)])
    proposals = [Proposal.model_validate(hypothesis())] if proposed else []
    return report(given.advised(Consultation(model="m", proposals=proposals, **{part: [sentence]})))


@pytest.mark.parametrize("part", ["answer", "account"])
def test_a_sentence_that_its_evidence_bears_out_is_told_with_it(part: str) -> None:
    found = said("The log says that tariff plan 'winter-26' is unknown.", part=part)
    (told,) = getattr(found, part)
    assert told.text == "The log says that tariff plan 'winter-26' is unknown."
    shown = {item.id: item.excerpt for item in found.evidence}
    assert [shown[one] for one in told.evidence] == [SAID]
    assert set(told.evidence) <= found.citations()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("The tariff plan is 'summer-25'.", "summer-25 does not stand in what it cites"),
        ("The image shop:2 runs there.", "shop:2 does not stand"),
        ("It failed 7 times.", "7 does not stand"),
        ("The plan is winter-2.", "winter-2 does not stand"),
        ("There were 26000 logins.", "26000 does not stand"),
        ("The service cart does it.", "cart does not stand"),
        ("There is no such tariff plan.", "cites no search in vain"),
        ("The plan winter-26 is the cause of it.", "who is to blame is for the tests to say"),
        ("Orders fail due to winter-26.", "who is to blame is for the tests to say"),
        ("All is as it should be.", "nothing in it can be checked"),
        ("Das ist ein Fehler im Katalog.", "nothing in it can be checked"),
        ("The plan winter-26 works.", "whether all is well is for the tests to say"),
    ],
)
def test_what_is_not_borne_out_is_left_out_and_said(text: str, why: str) -> None:
    found = said(text)
    assert found.answer == []
    assert why in found.limitations[0]
    assert found.limitations[0].startswith('model m: the sentence "')


@pytest.mark.parametrize("quotes", [[], [Quote(observation="o99", excerpt=SAID)]])
def test_a_sentence_without_a_citation_that_resolves_is_left_out(quotes: list[Quote]) -> None:
    sentence = Sentence(says="The plan is winter-26.", quotes=quotes)
    found = report(freetext().advised(Consultation(model="m", answer=[sentence])))
    assert found.answer == []
    assert "it cites nothing that was observed" in found.limitations[0]


def test_that_nothing_is_there_is_an_answer_where_it_was_looked_for() -> None:
    empty = quote(freetext(), '0 log entries with "login failed"', absent=True)
    assert said("There is no log of a failed login.", empty).answer
    assert not said("There is no log of a failed login.", empty.replace(absent=False)).answer


def test_a_cause_may_be_told_of_once_the_tests_have_named_it() -> None:
    text = "Orders fail because of web-config."
    seen = quote(freetext(), "ConfigMap/web-config: data.TARIFF_PLAN = winter-26")
    assert said(text, seen, proposed=True).answer
    assert not said(text, seen).answer


def test_sentences_change_nothing_but_themselves() -> None:
    found = said("The plan is winter-26.")
    assert found.answer
    plain = report(freetext())
    assert found.replace(answer=[], evidence=plain.evidence) == plain


def test_a_replay_tells_them_again() -> None:
    given = freetext()
    sentence = Sentence(says="The plan is winter-26.", quotes=[quote(given)])
    asked = given.advised(Consultation(model="m", answer=[sentence]))
    kept = Trace(
        engine=ENGINE, run=asked.run, stop=STOP, observations=list(asked.observations), consultation=asked.consultation
    )
    again = replay(Trace.model_validate_json(kept.model_dump_json(by_alias=True)))
    assert again.wire() == report(asked).wire()
    assert again.answer


def test_a_question_about_what_is_well_is_one_for_a_model_and_an_alert_is_not() -> None:
    well = builders.healthy("web")
    asks = builders.snapshot(builders.run("which image runs there?", "Deployment/web"), well)
    fires = builders.snapshot(builders.run("", "Deployment/web"), well)
    assert report(asks).verdict is report(fires).verdict is Verdict.NO_FAULT
    assert unsure(weigh(asks))
    assert not unsure(weigh(fires))
