"""What holds for the repository as a whole."""

import operator
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_operator_folder_does_not_shadow_the_standard_library() -> None:
    assert not (ROOT / "operator" / "__init__.py").exists()
    assert Path(operator.__file__).is_relative_to(sysconfig.get_path("stdlib"))


def test_every_package_says_in_one_line_what_lives_there() -> None:
    for package in (ROOT / "operator" / "casebook").rglob("__init__.py"):
        if "versions" not in package.parts:
            first = package.read_text().splitlines()[:1]
            assert first, f"{package} is empty"
            assert first[0].startswith('"""'), f"{package} has no docstring"


def test_the_architecture_page_shows_the_imports_as_they_are() -> None:
    drawn = subprocess.run([sys.executable, ROOT / "hack" / "import-graph"], capture_output=True, text=True, check=True)
    assert drawn.stdout in (ROOT / "docs" / "architecture.md").read_text()
