"""Persistence: the cause that a person called wrong is never reported again in the scope of the correction."""

from collections.abc import Callable, Sequence

from bench.learning.figures import share
from bench.learning.incidents import Incident, conclusion, incidents
from bench.retelling import retold
from bench.row import Bound, Row
from bench.session import Session, Tell
from bench.withholding import without
from casebook.api.enums import ClaimEffect, Standing
from casebook.api.report import Report
from casebook.api.run import Recalled, Trace
from casebook.knowledge.conflicts import claim_of
from casebook.reasoning.replay import replay
from support.memories import correction_of, knowing
from support.reason import roots
from support.recorded import rerun

GROUP = "persistence"
SAID = {"cause": "SomethingElse", "statement": "It was something else."}
AGAIN: dict[str, Callable[[Trace], Trace]] = {
    "as it was": lambda trace: trace,
    "logs in German": lambda trace: retold(trace, "de", "json"),
    "without events": lambda trace: without(trace, "events"),
}
"""The same problem as it may look the next time."""


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Corrects every incident in two ways and lets it happen again in several."""
    return rows(incidents(), session.tell)


def rows(found: Sequence[Incident], tell: Tell) -> list[Row]:
    """The figures over these incidents."""
    again: list[bool] = []
    instead: list[bool] = []
    for one in found:
        tell(one.name)
        for memory in corrections(one):
            reports = [replay(knowing(change(one.trace), memory)) for change in AGAIN.values()]
            reports += _after_the_precedent(one, memory)
            again += [roots(one.report)[0] not in roots(report) for report in reports if one.report.root_causes]
            instead += [_obeys(memory, report) for report in reports]
    contradicted = [_stays(one, hypothesis.cause, hypothesis.object) for one in found
                    for hypothesis in one.report.hypotheses if hypothesis.verdict is Standing.REFUTED]  # fmt: skip
    ways = f"{len(AGAIN)} ways, and where its precedent is tested first"
    return [
        share(GROUP, "reports that do not name the cause which was called wrong", again, Bound(">=", 100), ways),
        share(GROUP, "reports that say what the person said", instead, Bound(">=", 100)),
        share(GROUP, "corrections that a failed prediction contradicts: the facts stay, and it is said", contradicted),
    ]


def corrections(one: Incident) -> list[Recalled]:
    """The report's cause is wrong, once with what it was instead and once without."""
    found = [correction_of(one.trace, one.report, rootCause=SAID)]
    return [*found, correction_of(one.trace, one.report)] if one.report.root_causes else found


def _after_the_precedent(one: Incident, memory: Recalled) -> list[Report]:
    """The wrong cause was found nine times before, so it would be tested first."""
    return [replay(rerun(knowing(one.trace, memory), one.precedent.replace(times=9)))] if one.precedent else []


def _obeys(memory: Recalled, report: Report) -> bool:
    """Whether the report names the cause that a person named, or leaves out the one that they ruled out."""
    claim = claim_of(memory)
    named = claim.cause in {cause for _, cause in roots(report)}
    return named if claim.effect is ClaimEffect.CONFIRMS else (claim.object, claim.cause) not in roots(report)


def _stays(one: Incident, cause: str, object_: str) -> bool:
    wrong = correction_of(one.trace, one.report, rootCause={"cause": cause, "object": object_})
    report = replay(knowing(one.trace, wrong))
    told = any(use.effect.startswith("facts contradict memory") for use in report.knowledge)
    return told and conclusion(report) == conclusion(one.report)
