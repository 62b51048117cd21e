"""Log lines of the cluster."""

import json
import logging

import pytest
import structlog

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
