"""Settings: checked whole, with the field named; tokens: read again when they change."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from casebook.cli.gateway import gateway
from casebook.gateway.config import ConfigError, Receiver, load
from casebook.gateway.tokens import TokenFiles

GOOD = """
operatorNamespace: casebook-system
receivers:
- {name: prom, defaultNamespace: shop, namespaces: ["team-*"], outbound: {url: "https://hooks.example/x"}}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text)
    return path


def test_good_settings(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    assert config.address() == ("0.0.0.0", 8080)
    assert config.receivers[0].allows("team-a")
    assert not config.receivers[0].allows("other")
    assert config.receivers[0].allows("shop")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("receivers: []", "operatorNamespace"),
        (GOOD.replace("shop", "casebook-system"), "platform: true"),
        (GOOD.replace("name: prom", "name: Prom"), "receivers[0].name"),
        (GOOD.replace("https://", "ftp://"), "receivers[0].outbound.url"),
        (GOOD + "- {name: prom, defaultNamespace: x}", "name of its own"),
        (GOOD + "queueLimit: 5", "queueLimit"),
        (GOOD + "listen: nowhere", "listen"),
        (GOOD + "lookbackSeconds: 1", "lookbackSeconds"),
        (GOOD + "prometheus: {url: prometheus:9090}", "prometheus.url"),
        (GOOD + "prometheus: {url: 'http://x', tokenfile: /t}", "prometheus.tokenfile"),
        ("[", "not YAML"),
        ("just text", "config.yaml"),
    ],
)
def test_bad_settings_name_the_field(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert says in str(caught.value)
    result = CliRunner().invoke(gateway, ["--config", str(path)])
    assert (result.exit_code, "Traceback" in result.output) == (2, False)


def test_missing_settings_say_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load(tmp_path / "none")


def test_a_bad_database_address_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEBOOK_DATABASE_URL", "mysql://user:hunter2@host/db")
    result = CliRunner().invoke(gateway, ["--config", str(write(tmp_path, GOOD))])
    assert result.exit_code == 2
    assert "postgresql://" in result.output
    assert "hunter2" not in result.output


def test_a_receiver_without_globs_has_its_default_only() -> None:
    receiver = Receiver(name="a", default_namespace="home")
    assert receiver.allows("home")
    assert not receiver.allows("home2")


def test_tokens(tmp_path: Path) -> None:
    tokens = TokenFiles(tmp_path)
    assert not tokens.admits("prom", "one")
    (tmp_path / "prom").write_text("one\n two \n\n")
    assert tokens.admits("prom", "one")
    assert tokens.admits("prom", "two")
    assert not tokens.admits("prom", "")
    assert not tokens.admits("prom", "three")
    (tmp_path / "prom").unlink()
    assert not tokens.admits("prom", "one")


def test_an_empty_token_file_admits_nobody(tmp_path: Path) -> None:
    (tmp_path / "prom").write_text("\n  \n")
    assert not TokenFiles(tmp_path).admits("prom", "")
