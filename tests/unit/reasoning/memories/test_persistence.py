"""A correction sticks: on every recorded incident, what was corrected is never reported again in its scope."""

import pytest

from casebook.api.enums import Verdict
from casebook.api.report import Report
from casebook.api.run import Trace
from casebook.gateway.accept import accept
from casebook.reasoning.replay import replay
from support.memories import correction_of, knowing
from support.reason import roots
from support.recorded import RECORDED, trace

BUDGET = 46 << 10


def corrected(kept: Trace, report: Report, **said: object) -> Report:
    """The same incident again, after a person's confirmed word on its report."""
    return replay(knowing(kept, correction_of(kept, report, **said)))


@pytest.mark.parametrize("name", RECORDED)
def test_the_corrected_cause_is_reported_and_the_wrong_one_never_again(name: str) -> None:
    kept = trace(name)
    before = replay(kept)
    after = corrected(kept, before, rootCause={"cause": "SomethingElse", "statement": "It was something else."})
    assert [cause for _, cause in roots(after)] == ["SomethingElse"], before.summary
    assert after.root_causes[0].confidence_percent == 60
    assert after.knowledge[0].effect.startswith("moved prior of SomethingElse on ")
    assert accept(after, BUDGET).verdict is Verdict.ROOT_CAUSE, "the gateway takes it"


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_ruled_out_is_kept_out_and_shown(name: str) -> None:
    kept = trace(name)
    before = replay(kept)
    if before.verdict is not Verdict.ROOT_CAUSE:
        assert before.root_causes == []
        return
    after = corrected(kept, before)
    assert roots(before)[0] not in roots(after)
    assert any(use.effect.startswith(f"ruled out {roots(before)[0][1]} on ") for use in after.knowledge)
    accept(after, BUDGET)


@pytest.mark.parametrize("name", RECORDED)
def test_a_remembered_cause_that_is_there_is_proven_by_its_own_predictions(name: str) -> None:
    kept = trace(name)
    before = replay(kept)
    if not before.root_causes:
        assert before.verdict is not Verdict.ROOT_CAUSE
        return
    first = before.root_causes[0]
    after = corrected(kept, before, rootCause={"cause": first.cause, "object": first.object})
    assert roots(after)[0] == (first.object, first.cause)
    assert after.root_causes[0].confidence_percent >= first.confidence_percent
    assert "unproven" not in after.root_causes[0].statement


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("terms", [("namespace",), ("alertname", "namespace")])
def test_a_broader_correction_of_what_a_narrower_memory_made_wrong_sticks_at_once(
    name: str, terms: tuple[str, ...]
) -> None:
    kept = trace(name)
    said = {"namespace": kept.run.namespace, "alertname": _alertname(kept)}
    wrong = correction_of(kept, replay(kept), id_="f1", rootCause={"cause": "SomethingElse"})
    misled = replay(knowing(kept, wrong))
    scope = {"matchLabels": {term: said[term] for term in terms if said[term]}}
    right = correction_of(kept, misled, id_="f2", used=[wrong], rootCause={"cause": "VendorDown"}, scope=scope)
    assert [cause for _, cause in roots(misled)] == ["SomethingElse"]
    after = replay(knowing(kept, wrong, right))
    assert [cause for _, cause in roots(after)] == ["VendorDown"]
    assert any(use.name == wrong.name and "supersedes" in use.effect for use in after.knowledge)


def _alertname(kept: Trace) -> str:
    alert = kept.run.spec.alert
    return alert.labels.get("alertname", "") if alert else ""
