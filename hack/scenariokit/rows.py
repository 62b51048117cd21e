"""One row of results.jsonl."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from casebook.api.enums import Verdict
from casebook.api.report import Report
from scenariokit.format import Scenario
from scenariokit.score import Judgement, Scored

Outcome = Literal["right", "wrong", "failed", "skipped"]


class Ranked(BaseModel):
    """A hypothesis of the report, as ranked."""

    object: str
    cause: str
    verdict: str
    percent: int


class Row(BaseModel):
    """What became of one run of one scenario.

    `failed`: the scenario could not be set up, its symptoms did not show, or the investigation gave no report.
    `seconds` is from the question to the report, `total_seconds` the whole run with setup and without clean-up.
    """

    id: str
    variant: int = Field(default=0, description="Which variant, from 1; 0 is the scenario as it was written.")
    repeat: int = Field(default=1, description="Which repetition, from 1.")
    via: str
    outcome: Outcome
    reason: str = Field(default="", description="Why it was skipped or failed.")
    started: datetime
    namespaces: dict[str, str] = Field(default_factory=dict, description="Logical name to namespace.")
    expected_verdict: Verdict
    expected_causes: list[str] = Field(default_factory=list, description="object or object, then code or code.")
    verdict: Verdict | None = None
    object: str = Field(default="", description="Object of the first root cause, or of the first hypothesis.")
    cause: str = Field(default="", description="Its code.")
    ac1: bool = Field(default=False, description="Every expected cause reported, and the first one is expected.")
    ac3: bool = Field(default=False, description="Every expected cause among the first three hypotheses.")
    missed: list[str] = Field(default_factory=list, description="Expected causes that were not reported.")
    false_causes: list[str] = Field(default_factory=list, description="Reported, neither expected nor allowed.")
    decoys_blamed: list[str] = Field(default_factory=list, description="False causes that are decoys.")
    hypotheses: list[Ranked] = Field(default_factory=list, description="The first six of the report.")
    observations: int = 0
    seconds: float = 0.0
    total_seconds: float = 0.0
    trace: str = Field(default="", description="File that holds the trace, if it was saved.")

    def scored(self) -> Scored | None:
        """What the summary needs; nothing where there was no report."""
        if self.verdict is None:
            return None
        judgement = Judgement(
            right=self.outcome == "right",
            first_right=self.ac1,
            among_three=self.ac3,
            missed=tuple(self.missed),
            false_causes=tuple(self.false_causes),
            decoys_blamed=tuple(self.decoys_blamed),
        )
        return Scored(self.expected_verdict, self.verdict, judgement, self.seconds)


def blank(scenario: Scenario, repeat: int, via: str, started: datetime, outcome: Outcome, reason: str = "") -> Row:
    """A row without a report."""
    causes = [f"{' or '.join(c.object)} {' or '.join(c.cause)}" for c in scenario.expect.causes]
    return Row(
        id=scenario.name,
        variant=scenario.variation.number,
        repeat=repeat,
        via=via,
        outcome=outcome,
        reason=reason,
        started=started,
        expected_verdict=scenario.expect.verdict,
        expected_causes=causes,
    )


def filled(row: Row, report: Report, judgement: Judgement, seconds: float) -> Row:
    """The row with what the report said and how it was judged."""
    top = report.root_causes[0] if report.root_causes else report.hypotheses[0] if report.hypotheses else None
    ranked = [
        Ranked(object=h.object, cause=h.cause, verdict=h.verdict, percent=h.confidence_percent)
        for h in report.hypotheses[:6]
    ]
    return row.model_copy(
        update={
            "outcome": "right" if judgement.right else "wrong",
            "verdict": report.verdict,
            "object": top.object if top else "",
            "cause": top.cause if top else "",
            "ac1": judgement.first_right,
            "ac3": judgement.among_three,
            "missed": list(judgement.missed),
            "false_causes": list(judgement.false_causes),
            "decoys_blamed": list(judgement.decoys_blamed),
            "hypotheses": ranked,
            "observations": report.cost.observations,
            "seconds": round(seconds, 2),
        }
    )
