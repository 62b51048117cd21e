"""I7: a report of any size is made to fit, always the same way, with every citation still leading somewhere."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.api.enums import Novelty, Origin, Outcome, Standing, Verdict
from casebook.api.report import (
    Change,
    Evidence,
    FieldChange,
    Finding,
    Hypothesis,
    LogNews,
    Prediction,
    Report,
    RootCause,
    Term,
)  # fmt: skip
from casebook.gateway.accept import check
from casebook.gateway.trim import MAX_REPORT, SHORTENED, size, trim, within_fields
from support.reports import NOW

CHARACTERS = st.sampled_from(["a", "ä", "€", "😀", '"', "\\", "\n"])


def change(line: str, ids: list[str]) -> Change:
    fields = [FieldChange(field=line, old=line, new=line)] * 4
    return Change(at=NOW, object="x" * 253, what=line, by="x" * 253, fields=fields, root_cause="h0", evidence=ids[:16])


def news(line: str, ids: list[str]) -> LogNews:
    return LogNews(
        object="x" * 253, container="x" * 253, novelty=Novelty.NEW, since=NOW, count=1, message=line, template=line,
        exception="x" * 253, peers=[line] * 4, evidence=ids[:16],
    )  # fmt: skip


def made(character: str, hypotheses: int, evidence: int, lists: int, length: int) -> Report:
    line, text = (character * min(length, 1024)), (character * min(length, 4096))
    ids = [f"e{number}" for number in range(evidence)]
    found = [
        Hypothesis(
            id=f"h{number}",
            object="x" * 253,
            cause="OomKilled",
            statement=line,
            origin=Origin.DETECTOR,
            verdict=Standing.SUPPORTED,
            confidence_percent=50,
            predictions=[Prediction(statement=line, outcome=Outcome.HELD, evidence=ids[:16]) for _ in range(12)],
            evidence_for=ids[number % 7 :][:16],
            evidence_against=ids[::3][:16],
            terms=[Term(name=line, centinats=1) for _ in range(16)],
        )
        for number in range(hypotheses)
    ]
    causes = [
        RootCause(
            hypothesis=item.id, object="x", cause=item.cause, statement=line, confidence_percent=1, chain=[line] * 12
        )
        for item in found[-5:]
    ]
    return Report(
        verdict=Verdict.ROOT_CAUSE if causes else Verdict.NO_FAULT,
        summary=text,
        root_causes=causes,
        hypotheses=found,
        evidence=[
            Evidence(id=name, source="logs", query=line, observed_at=NOW, excerpt=text, digest="0" * 64) for name in ids
        ],
        meaning=line,
        changes=[change(line, ids)] * min(lists, 12),
        logs=[news(line, ids)] * min(lists, 8),
        affected=[Finding(object="x", note=line)] * lists,
        healthy=[Finding(object="x", note=line)] * lists,
        not_checked=[Finding(object="x", note=line)] * lists,
        limitations=[line] * lists,
        next_steps=[line] * min(lists, 8),
    )


@settings(max_examples=40)
@given(
    CHARACTERS,
    st.integers(0, 12),
    st.integers(1, 48),
    st.integers(0, 20),
    st.integers(0, 5000),
    st.sampled_from([12, 20, 48]),
)
def test_any_report_fits_and_holds(
    character: str, hypotheses: int, evidence: int, lists: int, length: int, kib: int
) -> None:
    report = made(character, hypotheses, evidence, lists, length)
    trimmed = trim(report, kib << 10)
    assert size(trimmed.wire()) <= kib << 10
    check(trimmed)
    assert trim(report, kib << 10) == trimmed
    assert trim(trimmed, kib << 10) == trimmed
    assert [cause.hypothesis for cause in trimmed.root_causes] == [cause.hypothesis for cause in report.root_causes]


def test_what_fits_stays_as_it_is() -> None:
    report = made("a", 2, 3, 2, 100)
    assert size(report.wire()) < MAX_REPORT
    assert trim(report) is report


def test_a_shortened_report_says_so() -> None:
    assert trim(made("a", 12, 48, 20, 4096)).limitations[0] == SHORTENED


@pytest.mark.parametrize(("field", "length"), [("summary", 4096), ("stopped", 1024)])
def test_a_text_that_redaction_made_longer_is_cut_to_its_field(field: str, length: int) -> None:
    wire = made("a", 1, 1, 1, 10).wire() | {field: "b" * 9000}
    assert len(getattr(Report.model_validate(within_fields(wire)), field)) == length
