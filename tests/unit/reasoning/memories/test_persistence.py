"""A correction sticks: on every recorded incident, what was corrected is never reported again in its scope."""

import pytest

from casebook.api.enums import Verdict
from casebook.api.investigation import Feedback, Investigation, ObjectMeta
from casebook.api.report import Report
from casebook.api.run import Recalled, Trace
from casebook.gateway.accept import accept
from casebook.knowledge.corrections import correction
from casebook.reasoning.replay import replay
from support.memories import WRITTEN
from support.reason import roots
from support.recorded import RECORDED, trace

BUDGET = 46 << 10


def corrected(kept: Trace, report: Report, **said: object) -> Report:
    """The same incident again, after a person's confirmed word on its report."""
    metadata = ObjectMeta(name=kept.run.name, namespace=kept.run.namespace, uid=kept.run.uid)
    of = Investigation(metadata=metadata, spec=kept.run.spec).replace(status={"report": report.wire()})
    entry = Feedback.model_validate(
        {"id": "f1", "author": "alice", "standing": "Confirmed", "verdict": "Wrong", **said}
    )
    made = correction(of, entry, "casebook-system")
    assert made is not None
    memory = Recalled(name=made.name, namespace=made.namespace, version=1, written_at=WRITTEN, spec=made.spec)
    return replay(kept.replace(run=kept.run.replace(recalled=[memory])))


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
