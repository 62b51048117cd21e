"""The page of the architecture names, for each invariant, tests that are there."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "architecture.md"


def rows() -> dict[str, list[tuple[str, str]]]:
    """File and function of every test, by invariant."""
    found = re.findall(r"^\| (I\d+) \|[^|]*\|([^|]*)\|$", PAGE.read_text(), re.MULTILINE)
    return {invariant: re.findall(r"`([\w/]+\.py)::(\w+)`", tests) for invariant, tests in found}


def test_every_invariant_has_its_row() -> None:
    assert list(rows()) == [f"I{number}" for number in range(1, 11)]


@pytest.mark.parametrize("invariant", [f"I{number}" for number in range(1, 11)])
def test_whoever_tries_to_break_it_is_there(invariant: str) -> None:
    named = rows()[invariant]
    assert named
    for file, function in named:
        assert file.startswith(("integration/", "cluster/")), f"{file} runs on nothing real"
        tree = ast.parse((TESTS / file).read_text())
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert function in defined, f"{file} has no {function}"
