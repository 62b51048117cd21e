"""Values: every key explained, every unknown key refused, lint clean."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from support.tools import CHART, output, run

TEXT = (CHART / "values.yaml").read_text()
DEFAULTS: dict[str, Any] = yaml.safe_load(TEXT)
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
SETS = sorted((CHART.parents[1] / "tests" / "chart" / "values").glob("*.yaml"))
FREE = {"quota", "requests", "limits", "labels", "podSecurityContext", "annotations"}
"""Keys below which people choose the names."""


def objects(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict) and not (path and path[-1] in FREE):
        yield path
        for key, child in value.items():
            yield from objects(child, (*path, key))


@pytest.mark.parametrize("values", SETS, ids=lambda path: path.stem)
def test_lint_is_strict_and_clean(values):
    output("helm", "lint", "--strict", str(CHART), "-f", str(values))


def test_every_key_of_ours_has_a_comment_right_above_it():
    lines = TEXT.splitlines()
    stack: list[tuple[int, str]] = []
    bare = []
    for number, line in enumerate(lines):
        key = re.match(r"( *)([A-Za-z][A-Za-z0-9]*):", line)
        if not key:
            continue
        depth = len(key[1])
        stack = [(d, name) for d, name in stack if d < depth]
        inside_free = any(name in FREE for _, name in stack)
        stack.append((depth, key[2]))
        grouping = re.fullmatch(r" *[A-Za-z]+:", line) and re.match(r" *(# |[A-Za-z])", lines[number + 1])
        if not inside_free and not lines[number - 1].strip().startswith("#") and not grouping:
            bare.append(".".join(name for _, name in stack))
    # What an image has everywhere, and what a volume has, is explained where it comes first.
    explained = {"repository", "tag", "digest", "pullPolicy", "requests", "limits", "enabled", "size", "appPassword"}
    assert [path for path in bare if path.rpartition(".")[2] not in explained] == []


NAMED_BY_PEOPLE = {"nodeSelector", "podAnnotations", "podLabels", "affinity", "reasoningByTenant"}
CLOSED = [path for path in objects(DEFAULTS) if not path or path[-1] not in NAMED_BY_PEOPLE]


@pytest.mark.parametrize("path", CLOSED, ids=".".join)
def test_an_unknown_key_is_refused_wherever_it_stands(path):
    wrong: Any = {"surprise": 1}
    for key in reversed(path):
        wrong = {key: wrong}
    said = [error.message for error in Draft7Validator(SCHEMA).iter_errors(wrong)]
    assert any("'surprise' was unexpected" in message for message in said), said


def test_helm_enforces_the_schema():
    done = run("helm", "template", "x", str(CHART), "--set", "gateway.surprise=1")
    assert done.returncode != 0
    assert "at '/gateway': additional properties 'surprise' not allowed" in done.stderr


def test_the_schema_and_the_defaults_know_the_same_keys():
    def keys(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
        if "$ref" in schema:
            schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
        for name, child in schema.get("properties", {}).items():
            yield ".".join((*path, name))
            yield from keys(child, (*path, name))

    known = set(keys(SCHEMA))
    there = {".".join((*path, key)) for path in objects(DEFAULTS) for key in _at(DEFAULTS, path)}
    there -= {key for key in there if any(part in FREE for part in key.split(".")[:-1])}
    assert there <= known
    assert known - there - {"global"} <= {key for key in known if key.endswith((".requests", ".limits"))}


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"evidence": {"extra": [{"apiGroups": [""], "resources": ["secrets"]}]}}, "/evidence/extra/0/resources/0"),
        ({"evidence": {"extra": [{"apiGroups": [""], "resources": ["*"]}]}}, "/evidence/extra/0/resources/0"),
        ({"evidence": {"extra": [{"apiGroups": ["*"], "resources": ["x"]}]}}, "/evidence/extra/0/apiGroups/0"),
        ({"evidence": {"extra": [{"apiGroups": [""], "resources": ["pods/exec"]}]}}, "/evidence/extra/0/resources/0"),
        (
            {"evidence": {"extra": [{"apiGroups": [""], "resources": ["x"], "verbs": ["create"]}]}},
            "'verbs' not allowed",
        ),
        ({"receivers": [{"name": "Upper", "defaultNamespace": "x"}]}, "/receivers/0/name"),
        ({"receivers": [{"name": "a"}]}, "missing property 'defaultNamespace'"),
        ({"receivers": [{"name": "a", "defaultNamespace": "b", "tokens": ["short"]}]}, "/receivers/0/tokens/0"),
        ({"receivers": [{"name": "a", "defaultNamespace": "b", "outbound": {"url": "ftp://x"}}]}, "/outbound/url"),
        ({"gateway": {"prometheus": {"url": "prometheus:9090"}}}, "/gateway/prometheus/url"),
        ({"gateway": {"prometheus": {"url": "http://me:secret@x"}}}, "/gateway/prometheus/url"),
        ({"gateway": {"prometheus": {"tokenSecret": {"name": "x", "key": "a/b"}}}}, "/prometheus/tokenSecret/key"),
        ({"gateway": {"models": {"endpoints": [{"name": "a", "url": "http://x/v1"}]}}}, "missing property 'model'"),
        (
            {"gateway": {"models": {"endpoints": [{"name": "a", "url": "http://me:secret@x", "model": "m"}]}}},
            "/gateway/models/endpoints/0/url",
        ),
        (
            {"gateway": {"models": {"endpoints": [{"name": "a", "url": "http://x/v1", "model": "m", "key": "k"}]}}},
            "gateway.models.keysSecret must name the Secret",
        ),
        ({"gateway": {"models": {"reasoning": "Assisted"}}}, "gateway.models.reasoning: Assisted needs an endpoint"),
        (
            {"gateway": {"models": {"reasoningByTenant": {"ns:shop": "Always"}}}},
            "gateway.models.reasoningByTenant: Always for ns:shop needs an endpoint",
        ),
        ({"gateway": {"models": {"reasoningByTenant": {"shop": "Always"}}}}, "'shop' not allowed"),
        ({"gateway": {"models": {"reasoningByTenant": {"ns:shop": "Often"}}}}, "/reasoningByTenant/ns:shop"),
        (
            {"receivers": [], "controller": {"embeddings": "Endpoint", "embeddingsEndpoint": {"url": "http://x/v1"}}},
            "Endpoint needs the url and the model of controller.embeddingsEndpoint",
        ),
        (
            {"controller": {"embeddingsEndpoint": {"url": "http://me:secret@x"}}},
            "/controller/embeddingsEndpoint/url",
        ),
        ({"postgres": {"mode": "mysql"}}, "/postgres/mode"),
        ({"postgres": {"mode": "external"}}, "postgres.external.existingSecret: name the Secret"),
        ({"runs": {"namespace": "default"}}, "runs.namespace: must differ from the release's namespace"),
        ({"receivers": [{"name": "a", "defaultNamespace": "b"}] * 2}, "receivers: two are named a"),
        ({"receivers": [{"name": "a", "defaultNamespace": "default"}]}, "only with platform: true"),
        ({"controller": {"maxRunning": 0}}, "/controller/maxRunning"),
        ({"image": {"digest": "latest"}}, "/image/digest"),
        ({"networkPolicy": {"apiServerCIDRs": ["10.0.0.1"]}}, "/networkPolicy/apiServerCIDRs/0"),
    ],
)
def test_bad_values_are_refused_with_their_place(values, said):
    done = run("helm", "template", "x", str(CHART), "-n", "default", "-f", "-", stdin=yaml.safe_dump(values))
    assert done.returncode != 0
    assert said in done.stderr


def test_older_clusters_are_refused():
    done = run("helm", "template", "x", str(CHART), "--kube-version", "1.31.9")
    assert "requires kubeVersion: >=1.32.0-0" in done.stderr


def test_the_package_holds_the_definitions(tmp_path):
    output("helm", "package", str(CHART), "-d", str(tmp_path))
    (package,) = tmp_path.glob("*.tgz")
    text = output("helm", "template", "x", str(package), "-n", "casebook-system")
    assert text.count("kind: CustomResourceDefinition") == 3
