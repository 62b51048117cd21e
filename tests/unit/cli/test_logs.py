"""Log lines of the cluster."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest
import structlog

from casebook.cli import plainlogs
from casebook.cli.logs import configure


def fail_with(secret: str) -> None:
    raise ValueError(f"no such thing as {len(secret)}")


def test_an_exception_is_one_json_line_without_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure(json=True)
    try:
        fail_with("hunter2hunter2")
    except ValueError:
        structlog.get_logger("casebook.test").exception("failed", run="inv/x")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    line = json.loads(lines[0])
    assert line["event"] == "failed"
    assert line["run"] == "inv/x"
    assert line["exception"][0]["exc_value"] == "no such thing as 14"
    assert "hunter2" not in lines[0]


def test_libraries_log_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure(json=True)
    logging.getLogger("library").warning("half %s", "full")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["logger"]) == ("half full", "warning", "library")


def failing_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    try:
        fail_with("hunter2hunter2")
    except ValueError:
        logging.getLogger("casebook.test").exception("failed in %s", "round 2", extra={"run": "inv/x"})
    (written,) = capsys.readouterr().err.splitlines()
    assert "hunter2" not in written
    found: dict[str, Any] = json.loads(written)
    return found


def test_agents_log_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure(json=True)
    wanted = failing_line(capsys)
    plainlogs.configure()
    found = failing_line(capsys)
    assert found.keys() == wanted.keys()
    for key in ("event", "level", "logger", "run"):
        assert found[key] == wanted[key]
    first, its = found["exception"][0], wanted["exception"][0]
    assert (first["exc_type"], first["exc_value"]) == (its["exc_type"], its["exc_value"])
    assert [one.items() <= two.items() for one, two in zip(first["frames"], its["frames"], strict=True)] == [True, True]
    assert abs(len(found["timestamp"]) - len(wanted["timestamp"])) <= 1


def test_the_cause_of_an_error_is_logged_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    plainlogs.configure()
    try:
        try:
            fail_with("x")
        except ValueError as error:
            raise RuntimeError("the read failed") from error
    except RuntimeError:
        logging.getLogger("casebook.test").exception("failed")
    line = json.loads(capsys.readouterr().err)
    assert [one["exc_type"] for one in line["exception"]] == ["RuntimeError", "ValueError"]


def test_an_agent_starts_without_the_libraries_of_terminals() -> None:
    """Each of them is start-up time that every investigation would wait for."""
    ask = "import casebook.cli.agent, sys; print(*{'structlog', 'rich', 'pygments'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_terminal_gets_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure(json=False)
    structlog.get_logger("casebook.test").info("alerts taken", receiver="team-a")
    written = capsys.readouterr().err
    assert "alerts taken" in written
    assert not written.lstrip().startswith("{")
