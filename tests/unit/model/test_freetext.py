"""Faults in free text, which no rule names: left open with the right evidence, and found with a capable model."""

import pytest

from casebook.api.consultation import Consultation
from casebook.api.enums import Origin, Verdict
from casebook.model.answer import take
from casebook.model.prompt import build
from casebook.reasoning.engine import weigh
from support.freetext import CASES, Case
from support.openaiserver import hypotheses
from support.reason import report, roots


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_the_rules_leave_it_open_with_what_was_said_on_top(case: Case) -> None:
    found = report(case.snapshot())
    assert found.verdict is Verdict.INCONCLUSIVE, found.summary
    assert case.said in found.evidence[0].excerpt


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_capable_model_finds_it_and_the_engine_proves_it(case: Case) -> None:
    open_ = case.snapshot()
    prompt = build(open_.run, weigh(open_), report(open_), 6000)
    taken = take(hypotheses(case.hypothesis()), prompt)
    assert taken.refused == []
    found = report(open_.advised(Consultation(model="capable", proposals=taken.proposals)))
    assert roots(found) == [(case.object, "Other")]
    first = found.hypotheses[0]
    assert first.origin is Origin.MODEL
    cited = " ".join(one.excerpt for one in found.evidence if one.id in first.evidence_for)
    assert (case.event or case.said) in cited
    assert case.value in cited


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 8
