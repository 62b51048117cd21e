"""`casebook investigate` and `casebook replay` from the outside: usage, exit codes, the same bytes."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from casebook.api.run import Stop, Trace
from casebook.cli import tracefile
from casebook.cli.agent import Settings
from casebook.cli.main import casebook
from casebook.reasoning import engine
from support import builders

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def invoke(*arguments: str):
    return CliRunner().invoke(casebook, ["investigate", *arguments])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["web"], "is not KIND/NAME"),
        (["foo/web"], "unknown kind 'foo'"),
        (["deploy/web", "--since", "soon"], "--since 'soon'"),
        (["deploy/web", "--timeout", "2h"], "--timeout 2h"),
        (["deploy/web", "-n", "x", "-A"], "not both"),
        (["deploy/web", "-q", "x" * 3000], "at most 2048"),
        (["deploy/web", "-o", "xml"], "'xml' is not one of"),
        (["deploy/web", "--save", "/no/such/folder/x.json"], "there is no folder"),
        (["deploy/web", "--kubeconfig", "/no/such/file"], "does not exist"),
        (["deploy/web", "--prometheus", "prometheus:9090"], "for example http://localhost:9090"),
        (["deploy/web", "more"], "unexpected extra argument"),
    ],
)
def test_wrong_usage_says_what_would_be_right_and_exits_with_2(arguments, message) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_without_a_usable_kubeconfig_it_says_so_and_exits_with_1(tmp_path: Path) -> None:
    broken = tmp_path / "config"
    broken.write_text("{}")
    result = invoke("deploy/web", "--kubeconfig", str(broken))
    assert result.exit_code == 1
    assert "no usable kubeconfig" in result.output
    assert result.output.count("\n") == 1


def test_without_any_kubeconfig_it_says_where_it_looked() -> None:
    code = "from casebook.cli.main import main; main()"
    command = [sys.executable, "-c", code, "investigate", "deploy/web"]
    result = subprocess.run(command, env={"KUBECONFIG": "/no/such/a:/no/such/b"}, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: there is no kubeconfig at /no/such/a:/no/such/b; ")
    assert result.stderr.count("\n") == 1


def test_a_cluster_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: k, user: u}}],"
        " clusters: [{name: k, cluster: {server: 'http://127.0.0.1:1'}}], users: [{name: u, user: {}}]}"
    )
    result = invoke("deploy/web", "--kubeconfig", str(config))
    assert result.exit_code == 1
    assert "cannot reach http://127.0.0.1:1" in result.output
    assert result.output.count("\n") == 1
    result = invoke("deploy/web", "--kubeconfig", str(config), "--context", "other")
    assert result.exit_code == 1
    assert "other" in result.output


@pytest.mark.parametrize("output", ["text", "json", "yaml"])
def test_a_replay_gives_the_same_bytes_again(tmp_path: Path, output) -> None:
    snapshot = builders.snapshot(builders.run("why?", "Deployment/web"), builders.healthy("web"))
    trace = Trace(
        engine=engine.ENGINE,
        run=snapshot.run,
        stop=Stop(reason="Clear"),
        milliseconds=1234,
        observations=list(snapshot.observations),
    )
    path = tmp_path / "x.json.gz"
    tracefile.save(path, trace)
    first, second = (CliRunner().invoke(casebook, ["replay", str(path), "-o", output]) for _ in range(2))
    assert first.exit_code == 0, first.output
    assert first.output == second.output
    assert "web" in first.output
    assert "\x1b[" not in first.output


def test_a_replay_of_nonsense_exits_with_1(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"engine": 5}')
    result = CliRunner().invoke(casebook, ["replay", str(path)])
    assert result.exit_code == 1
    assert "is not a saved investigation: engine" in result.output


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "CASEBOOK_GATEWAY_URL and CASEBOOK_GATEWAY_TOKEN_FILE must be set"),
        ({"CASEBOOK_GATEWAY_URL": "http://x"}, "CASEBOOK_GATEWAY_TOKEN_FILE must be set"),
        ({"CASEBOOK_GATEWAY_URL": "x:8080", "CASEBOOK_GATEWAY_TOKEN_FILE": "/t"}, "is not an http"),
    ],
)
def test_an_agent_without_its_settings_says_which(environment, message) -> None:
    unset = dict.fromkeys(("CASEBOOK_GATEWAY_URL", "CASEBOOK_GATEWAY_TOKEN_FILE"))
    result = CliRunner(env={**unset, **environment}).invoke(casebook, ["agent"])
    assert result.exit_code == 2
    assert message in result.output


def test_the_agents_settings() -> None:
    settings = Settings.of({"CASEBOOK_GATEWAY_URL": "http://g:8080", "CASEBOOK_GATEWAY_TOKEN_FILE": "/var/t"})
    assert (settings.gateway, settings.token_file) == ("http://g:8080", Path("/var/t"))
