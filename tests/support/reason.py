"""Runs the engine over built snapshots, for tests of causes and of the engine."""

from typing import Any

from casebook.analysis.snapshot import Snapshot
from casebook.api.enums import Standing, Verdict
from casebook.api.observation import Observation, Query
from casebook.api.report import Hypothesis, Report
from casebook.api.run import Run, Stop
from casebook.reasoning.engine import Done, conclude, cost, decide, weigh
from casebook.reasoning.incidents.recurring import ROUNDS
from casebook.reasoning.planning.plan import MAX_ROUNDS
from support.builders import observe

Root = tuple[str, str]
"""(object, cause)."""

STOP = Stop(reason="NothingLeft", message="a test")


def report(snapshot: Snapshot) -> Report:
    """What the engine concludes from a snapshot."""
    return conclude(snapshot, weigh(snapshot), STOP, cost(snapshot))


def look(asked: Run, answers: Snapshot) -> tuple[Snapshot, Stop]:
    """A whole run in which the world is that of a snapshot: what it saw, and why it stopped."""
    seen = Snapshot(asked)
    for round_ in range(MAX_ROUNDS + ROUNDS + 1):
        step = decide(seen, weigh(seen))
        if isinstance(step, Done):
            return seen, step.stop
        seen = seen.extended(_answered(answers, query, round_) for query in step.queries)
    raise AssertionError("the run does not end")


def _answered(answers: Snapshot, query: Query, round_: int) -> Observation:
    known = answers.answer(query)
    if known is None:
        return observe(query, {"items": []}, round_)
    return observe(query, known.data, round_, result=known.result, message=known.message)


def roots(found: Report) -> list[Root]:
    """(object, cause) of the root causes, most important first."""
    return [(item.object, item.cause) for item in found.root_causes]


def hypothesis(found: Report, cause: str, object_: str = "") -> Hypothesis | None:
    """The hypothesis with this code, on this object if one is given."""
    fitting = [item for item in found.hypotheses if item.cause == cause and object_ in ("", item.object)]
    return fitting[0] if fitting else None


def assert_root(snapshot: Snapshot, object_: str, cause: str, *facts: str) -> Report:
    """The report's only root cause is this one, every fact stands in it or its evidence, every citation resolves."""
    found = report(snapshot)
    assert found.verdict is Verdict.ROOT_CAUSE, found.summary
    assert roots(found) == [(object_, cause)], [(item.cause, item.confidence_percent) for item in found.hypotheses]
    said = found.root_causes[0].statement + " ".join(item.excerpt for item in found.evidence)
    for fact in facts:
        assert fact in said, (fact, said)
    assert found.citations() <= {item.id for item in found.evidence}
    assert found.next_steps
    return found


def assert_refuted(snapshot: Snapshot, object_: str, cause: str) -> Report:
    """The hypothesis was considered, and the report shows what refuted it."""
    found = report(snapshot)
    item = hypothesis(found, cause, object_)
    assert item is not None, [(one.object, one.cause) for one in found.hypotheses]
    assert item.verdict is Standing.REFUTED, item.terms
    assert item.evidence_against or any(one.outcome.value == "Failed" for one in item.predictions)
    assert (object_, cause) not in roots(found)
    return found


def assert_not_named(snapshot: Snapshot, cause: str) -> Report:
    """No root cause has this code."""
    found = report(snapshot)
    assert cause not in [code for _, code in roots(found)], found.summary
    return found


def evidence_of(found: Report, item: Hypothesis) -> list[Any]:
    """The evidence that speaks for a hypothesis."""
    return [one for one in found.evidence if one.id in item.evidence_for]
