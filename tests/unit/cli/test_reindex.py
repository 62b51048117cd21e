"""`casebook db reindex` with settings that cannot be used: one line that says which, and no password."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from casebook.cli.db import db


@pytest.mark.parametrize(
    ("arguments", "address", "code", "says"),
    [
        ([], "postgresql://u@127.0.0.1:1/d", 2, "Missing option '--config'"),
        (["--config", "{folder}/none.yaml"], "postgresql://u@127.0.0.1:1/d", 2, "cannot read"),
        (["--config", "{folder}/bad.yaml"], "postgresql://u@127.0.0.1:1/d", 2, "embeddings"),
        (["--config", "{folder}/good.yaml"], "", 2, "CASEBOOK_DATABASE_URL is not set"),
        (["--config", "{folder}/good.yaml"], "mysql://u:hunter2@h/d", 2, "postgresql://"),
        (["--config", "{folder}/good.yaml", "--what"], "", 2, "No such option"),
        (["--config", "{folder}/good.yaml", "--kubeconfig", "/none"], "", 2, "does not exist"),
    ],
)
def test_bad_flags_are_said_in_a_line(tmp_path: Path, arguments: list[str], address: str, code: int, says: str) -> None:
    good = {"image": "i", "gatewayURL": "http://g:1"}
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(good))
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump({**good, "embeddings": "Some"}))
    given = [one.replace("{folder}", str(tmp_path)) for one in arguments]
    result = CliRunner().invoke(db, ["reindex", *given], env={"CASEBOOK_DATABASE_URL": address})
    assert result.exit_code == code, result.output
    (line,) = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert says in line
    assert "hunter2" not in result.output
