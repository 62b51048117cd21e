"""The page about every cause: in step with the registry, whole, and fit to be read."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from casebook.cli.causes import causes
from casebook.reasoning.catalogue import UNSEEN, page
from casebook.reasoning.checks.example import Placeholder, steps
from casebook.reasoning.registry import REGISTRY, SOURCES

ROOT = Path(__file__).parents[3]
PAGE = page()


def section(code: str) -> str:
    return PAGE.split(f"\n### {code}\n")[1].split("\n### ")[0]


def test_the_page_of_this_checkout_is_what_the_registry_makes() -> None:
    assert (ROOT / "docs" / "causes.md").read_text() == PAGE, "run `casebook causes generate`"


def test_check_fails_where_the_page_is_not_what_would_be_written(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(causes, ["generate", "--check", "--out", str(tmp_path)]).exit_code == 1
    assert run(causes, ["generate", "--out", str(tmp_path)]).exit_code == 0
    assert run(causes, ["generate", "--check", "--out", str(tmp_path)]).exit_code == 0
    (tmp_path / "causes.md").write_text(PAGE.replace("RolloutStuck", "RolloutDone"))
    stale = run(causes, ["generate", "--check", "--out", str(tmp_path)])
    assert stale.exit_code == 1
    assert "run `casebook causes generate" in stale.output


@pytest.mark.parametrize("code", sorted(REGISTRY))
def test_a_person_can_look_up_any_code(code: str) -> None:
    cause, told = REGISTRY[code], section(code)
    assert f"[{code}](#{code.lower()})" in PAGE
    assert {cause.means, f"- Object: {cause.names}", f"- Explains: {cause.explains}"} <= set(told.splitlines())
    assert f"{100 * cause.base_rate:g} %" in told
    assert (ROOT / "operator/casebook/reasoning/causes" / f"{SOURCES[code]}.py").is_file()
    rows = [line for line in told.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(cause.predictions)
    assert all(one.says in row and row.count(" | ") == 3 for one, row in zip(cause.predictions, rows, strict=True))


@pytest.mark.parametrize("code", sorted(REGISTRY))
def test_steps_without_a_case_read_as_steps_with_one(code: str) -> None:
    found = steps(REGISTRY[code])
    assert found
    for step in found:
        assert "object at 0x" not in step
        assert not re.search(r" ,|\(\{\}\)|/ |-l  ", step), step


def test_codes_without_a_cause_say_why() -> None:
    assert not UNSEEN.keys() & REGISTRY.keys()
    assert all(f"- `{code}`: {why}" in PAGE for code, why in UNSEEN.items())


def test_a_placeholder_stands_for_its_parts_and_results() -> None:
    case = Placeholder("<about>")
    assert f"{case.pods[0].ref.name} of {case.workload.label()}" == "<name> of <label>"
    assert max(1, case.replicas // 2) == "<replicas>"
