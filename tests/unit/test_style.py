"""Sizes, prints and broad handlers: the limits that no linter here knows."""

import ast
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).parents[2] / "operator").rglob("*.py"))
MODULE_LINES = 400
FUNCTION_LINES = 50
BROAD_HANDLERS = {"agent/loop.py", "gateway/errors.py", "controller/worker.py"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: "/".join(path.parts[-2:]))
def test_sizes(source: Path) -> None:
    text = source.read_text()
    assert text.count("\n") <= MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= FUNCTION_LINES, f"{node.name} has {length} lines"


def test_only_the_named_boundaries_catch_broadly() -> None:
    broad = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.ExceptHandler) and _catches_all(node):
                broad.add("/".join(source.parts[-2:]))
    assert broad <= BROAD_HANDLERS


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    )
