"""The command line as a whole."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from casebook.cli.main import COMMANDS, casebook


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(casebook, ["--help"])
    assert result.exit_code == 0
    for command in COMMANDS:
        assert command in result.output


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command: str) -> None:
    result = CliRunner().invoke(casebook, [command, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


def test_wrong_usage_is_one_clear_line_and_exit_code_2() -> None:
    result = CliRunner().invoke(casebook, ["investigat"])
    assert result.exit_code == 2
    assert "No such command 'investigat'" in result.output


def test_help_imports_no_client() -> None:
    wanted = "kubernetes", "kopf", "sqlalchemy"
    code = f"import sys; from casebook.cli import main; print([m for m in {wanted!r} if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
