"""What holds for the repository as a whole."""

import operator
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_operator_folder_does_not_shadow_the_standard_library() -> None:
    assert not (ROOT / "operator" / "__init__.py").exists()
    assert Path(operator.__file__).is_relative_to(sysconfig.get_path("stdlib"))


def test_the_image_holds_what_every_role_needs_and_no_model_of_embeddings() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    locked = set(re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements.lock").read_text()))
    named = {extra: {re.split(r"[\[<>=]", one)[0] for one in extras[extra]} for extra in extras}
    assert not named.pop("embeddings") & locked
    assert named.pop("all") == {"casebook-operator"}
    assert set().union(*named.values()) <= locked


def test_every_package_says_in_one_line_what_lives_there() -> None:
    for package in (ROOT / "operator" / "casebook").rglob("__init__.py"):
        if "versions" not in package.parts:
            first = package.read_text().splitlines()[:1]
            assert first, f"{package} is empty"
            assert first[0].startswith('"""'), f"{package} has no docstring"


@pytest.mark.parametrize(("tool", "page"), [("import-graph", "architecture.md"), ("report-schema", "report.md")])
def test_a_page_shows_what_is_drawn_from_the_code(tool: str, page: str) -> None:
    drawn = subprocess.run([sys.executable, ROOT / "hack" / tool], capture_output=True, text=True, check=True)
    assert drawn.stdout in (ROOT / "docs" / page).read_text()
