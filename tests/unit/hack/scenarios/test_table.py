"""Rows, the table and the summary."""

import io
from datetime import UTC, datetime

from rich.console import Console

from casebook.api.enums import Verdict
from scenariokit.format import Scenario
from scenariokit.rows import Row, blank
from scenariokit.table import Display, show_list, show_results, summary_lines

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SCENARIO = Scenario.model_validate(
    {
        "id": "svc-selector",
        "title": "x",
        "trigger": {"question": "?"},
        "expect": {"verdict": "RootCause", "causes": [{"object": ["Service/a", "Service/b"], "cause": "X"}]},
    }
)


def row(outcome="right", **parts) -> Row:
    base = blank(SCENARIO, 1, "cli", NOW, outcome)
    return base.model_copy(update={"verdict": Verdict.ROOT_CAUSE, "ac1": outcome == "right", "ac3": True} | parts)


def printed(show, *arguments) -> str:
    stream = io.StringIO()
    show(Console(file=stream, width=140), *arguments)
    return stream.getvalue()


def test_a_row_survives_the_file() -> None:
    made = row(false_causes=["D/a A"], seconds=1.5)
    assert Row.model_validate_json(made.model_dump_json()) == made
    assert made.expected_causes == ["Service/a or Service/b X"]


def test_the_summary_is_exact_and_names_what_is_not_right() -> None:
    rows = [
        row(seconds=1.0),
        row("wrong", id="b", verdict=Verdict.INCONCLUSIVE, missed=["Service/a X"], false_causes=["D/a A"], seconds=2.0),
        blank(SCENARIO, 1, "cli", NOW, "skipped", "metrics: none").model_copy(update={"id": "c"}),
        blank(SCENARIO, 1, "cli", NOW, "failed", "no setup").model_copy(update={"id": "d"}),
    ]
    lines = summary_lines(rows)
    assert "right                 1/2 (50.0 %)" in lines
    assert "AC@1                  1/2 (50.0 %)" in lines
    assert "AC@3                  2/2 (100.0 %)" in lines
    assert "no-fault specificity  none to count" in lines
    assert "false causes          1 in 2 (0.50 each)" in lines
    assert "seconds, median       1.5" in lines
    assert "wrong                 b: verdict Inconclusive, expected RootCause, missed Service/a X, false D/a A" in lines
    assert "skipped               c: metrics: none" in lines
    assert "failed                d: no setup" in lines


def test_a_wrong_order_is_said() -> None:
    lines = summary_lines([row("wrong", object="D/x", cause="Y")])
    assert "wrong                 svc-selector: first is D/x Y" in lines


def test_the_table_has_the_columns_of_a_result() -> None:
    text = printed(show_results, [row(object="Service/a", cause="X", seconds=1.25, observations=31)])
    for word in ("scenario", "verdict", "top cause", "right?", "false causes", "seconds", "observations"):
        assert word in text
    assert "Service/a X" in text
    assert "31" in text


def test_the_list_names_scenarios_and_causes() -> None:
    assert "Service/a X" in printed(show_list, [SCENARIO])


def test_plain_lines_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    with Display(Console(file=stream, width=140), 2) as display:
        display.tell("svc-selector", 1, "setup")
        display.done(row(object="Service/a", cause="X", total_seconds=12.0))
    assert stream.getvalue().split() == [
        *("1/2", "right", "svc-selector", "(12", "s)", "RootCause", "Service/a", "X"),
    ]
