"""The generated definitions: true to the models, bounded everywhere, described everywhere, byte for byte the same."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from casebook.api.meta import Condition
from casebook.api.rules import RULES
from casebook.cli.crds import crds
from casebook.crdgen.kinds import KINDS
from casebook.crdgen.manifest import HEADER, files, manifest

ROOT = Path(__file__).parents[3]
VERSIONS = {kind.plural: manifest(kind)["spec"]["versions"][0] for kind in KINDS}
SCHEMAS = {plural: version["schema"]["openAPIV3Schema"] for plural, version in VERSIONS.items()}

Node = dict[str, Any]


def nodes(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for keyword, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if keyword in node:
            yield from nodes(node[keyword], path + mark)


ALL = [item for plural, schema in SCHEMAS.items() for item in nodes(schema, plural)]


def test_the_files_of_this_checkout_are_what_the_models_make() -> None:
    written = {path.name: path.read_text() for path in (ROOT / "crds").iterdir()}
    assert written == files(), "run `casebook crds generate`"


def test_files_are_yaml_of_the_manifests_and_say_where_they_come_from() -> None:
    for (name, text), kind in zip(files().items(), KINDS, strict=True):
        assert name == f"casebook.dev_{kind.plural}.yaml"
        assert text.startswith(HEADER)
        assert yaml.safe_load(text) == manifest(kind)
        assert "&id" not in text


def test_every_field_is_described_in_a_sentence() -> None:
    for path, node in ALL:
        if path.count(".") and not path.endswith(("[]", "{}", ".metadata", ".metadata.name")):
            words = node.get("description", "")
            assert re.fullmatch(r"\w.{3,}[.]", words, re.DOTALL), f"{path}: {words!r}"


def test_everything_is_bounded() -> None:
    for path, node in ALL:
        if path.endswith(".metadata") or re.fullmatch(r"\w+\.(apiVersion|kind)", path):
            continue
        if node["type"] == "string":
            assert {"maxLength", "enum", "format"} & set(node), path
        if node["type"] == "array":
            assert "maxItems" in node, path
        if "additionalProperties" in node:
            assert "maxProperties" in node, path


def test_there_are_no_floats_and_no_nulls() -> None:
    for path, node in ALL:
        assert node["type"] != "number", path
        assert "nullable" not in node, path


def test_conditions_are_told_apart_by_type_and_feedback_by_id() -> None:
    maps = {path: node["x-kubernetes-list-map-keys"] for path, node in ALL if "x-kubernetes-list-map-keys" in node}
    assert {path: keys for path, keys in maps.items() if path.endswith(".status.conditions")} == {
        f"{kind.plural}.status.conditions": ["type"] for kind in KINDS
    }
    assert maps["investigations.spec.feedback"] == ["id"]
    assert set(SCHEMAS["skills"]["properties"]["status"]["properties"]["conditions"]["items"]["properties"]) == {
        str(field.alias or name) for name, field in Condition.model_fields.items()
    }


def test_rules_have_messages_and_name_members_that_are_there() -> None:
    for path, node in ALL:
        for rule in node.get(RULES, ()):
            assert rule["message"], path
            assert "self" in rule["rule"], path
            if field := rule.get("fieldPath"):
                member = node
                for name in field[1:].split("."):
                    member = member["properties"][name]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.plural)
def test_columns_and_selectable_fields_lead_somewhere(kind) -> None:
    paths = [column.path for column in kind.columns] + list(kind.selectable)
    for path in paths:
        if path == ".metadata.creationTimestamp":
            continue
        node = SCHEMAS[kind.plural]
        for name in re.sub(r"\[\?.*?\]", "[]", path)[1:].split("."):
            node = node["properties"][name.removesuffix("[]")] if "properties" in node else node["additionalProperties"]
            node = node["items"] if name.endswith("[]") else node
        assert node["type"] in {"string", "integer"}, path


def test_what_people_type() -> None:
    assert {kind.plural: kind.short for kind in KINDS} == {
        "investigations": "inv",
        "memories": "cbmem",
        "skills": "cbskill",
    }
    for kind in KINDS:
        assert manifest(kind)["spec"]["names"]["categories"] == ["casebook"]
        assert VERSIONS[kind.plural]["subresources"] == {"status": {}}


def test_the_command_writes_checks_and_mends(tmp_path: Path) -> None:
    runner, out = CliRunner(), tmp_path / "made"
    generate = ["generate", "--out", str(out)]
    refused = runner.invoke(crds, [*generate, "--check"])
    assert refused.exit_code == 1
    assert "out of date: casebook.dev_investigations.yaml" in refused.output
    assert not out.exists()

    assert "wrote" in runner.invoke(crds, generate).output
    assert {path.name: path.read_text() for path in out.iterdir()} == files()
    assert runner.invoke(crds, [*generate, "--check"]).exit_code == 0

    (out / "casebook.dev_skills.yaml").write_text("changed")
    refused = runner.invoke(crds, [*generate, "--check"])
    assert (refused.exit_code, "out of date: casebook.dev_skills.yaml;" in refused.output) == (1, True)
    mended = runner.invoke(crds, generate)
    assert mended.output == f"wrote casebook.dev_skills.yaml to {out}\n"


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = CliRunner().invoke(crds, ["generate", "--out", str(tmp_path / "file" / "below")])
    assert refused.exit_code == 1
    assert refused.output.startswith("Error: cannot use ")
    assert refused.output.count("\n") == 1
