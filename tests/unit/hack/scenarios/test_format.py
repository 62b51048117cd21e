"""The scenario format: what is read, and what is said of what cannot be."""

from pathlib import Path

import pytest
import yaml

from casebook.api.enums import Verdict
from scenariokit.format import (
    Apply,
    FormatError,
    Kubectl,
    Sleep,
    Symptom,
    Wait,
    load,
    load_all,
    substituted,
    with_names,
)

REPOSITORY = Path(__file__).parents[4] / "tests" / "cluster" / "scenarios"
GOOD = {
    "id": "svc-selector",
    "title": "Service selects nothing",
    "namespaces": ["main", "other"],
    "needs": ["metrics"],
    "setup": [
        {"apply": "base.yaml"},
        {"wait": {"for": "deployment/web", "condition": "Available", "seconds": 90}},
    ],
    "inject": [
        {"sleep": 20},
        {"kubectl": "exec deployment/web -- ask auth", "matches": "^200$"},
        {"kubectl": "scale deployment/auth --replicas=0"},
    ],
    "until": [
        {"kubectl": "get endpoints web -o jsonpath={.subsets}", "matches": "^$", "seconds": 60},
        {"sleep": 15},
    ],
    "trigger": {
        "question": "web answers nothing, why?",
        "target": "Deployment/web",
        "alert": {"labels": {"alertname": "ServiceDown"}, "annotations": {"summary": "..."}},
    },
    "expect": {
        "verdict": "RootCause",
        "causes": [{"object": ["Service/web"], "cause": ["ServiceSelectorMismatch"], "fact": ["app: web"]}],
        "allowed": [],
    },
    "decoys": [{"object": "Deployment/api", "cause": "ReleaseRegression", "why": "works"}],
    "cleanup": [{"kubectl": "delete clusterrole x --ignore-not-found"}],
}


def write(folder: Path, content, **manifests: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenario.yaml").write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    for name, text in ({"base": "kind: ConfigMap\n"} | manifests).items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def test_every_field_of_the_format_is_read(tmp_path) -> None:
    scenario = load(write(tmp_path / "a", GOOD))
    assert [type(step) for step in (*scenario.setup, *scenario.inject)] == [Apply, Wait, Sleep, Symptom, Kubectl]
    assert [type(sign) for sign in scenario.until] == [Symptom, Sleep]
    assert scenario.setup[1].wait.for_ == "deployment/web"
    assert scenario.trigger.alert.labels == {"alertname": "ServiceDown"}
    assert scenario.expect.verdict is Verdict.ROOT_CAUSE
    assert scenario.expect.causes[0].fact == ["app: web"]
    assert scenario.decoys[0].why == "works"
    assert scenario.cleanup
    assert scenario.manifests == {"base.yaml": "kind: ConfigMap\n"}


def test_one_name_stands_for_a_list_and_numbers_for_names(tmp_path) -> None:
    expect = {"verdict": "RootCause", "causes": [{"object": "Service/a", "cause": "X", "fact": [8081]}]}
    expected = load(write(tmp_path / "a", GOOD | {"expect": expect})).expect.causes[0]
    assert (expected.object, expected.cause, expected.fact) == (["Service/a"], ["X"], ["8081"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"expect": {"verdict": "Maybe"}}, "expect.verdict: Input should be 'RootCause', 'NoFault' or 'Inconclusive'"),
        ({"expect": {"verdict": "RootCause"}}, "expect: verdict RootCause needs at least one entry in causes"),
        ({"trigger": {}}, "trigger: needs a question or an alert"),
        ({"trigger": {"question": "?", "target": "web"}}, "trigger.target: String should match pattern"),
        (
            {"setup": [{"script": "rm"}]},
            "setup.0: a step is one of apply, kubectl (with matches: until that shows), wait",
        ),
        (
            {"until": [{"apply": "base.yaml"}]},
            "until.0: an entry of until is {kubectl, matches, seconds}, wait or sleep",
        ),
        ({"until": [{"kubectl": "get x"}]}, "until.0.kubectl.matches: Field required"),
        ({"until": [{"kubectl": "get x", "matches": "("}]}, "is not a regular expression"),
        ({"needs": ["gpu"]}, "needs.0: Input should be 'metrics'"),
        ({"namespaces": ["other"]}, "namespaces: main must be one of them"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"setup": [{"apply": "gone.yaml"}]}, "apply: gone.yaml is not there"),
        ({"trigger": {"question": "why is {ns:third} slow?"}}, "{ns:third}: namespaces lists only main, other"),
    ],
)
def test_a_mistake_is_told_with_file_and_field(tmp_path, change, said) -> None:
    with pytest.raises(FormatError) as error:
        load(write(tmp_path / "a", GOOD | change))
    assert said in str(error.value)
    assert "a/scenario.yaml" in str(error.value)


@pytest.mark.parametrize(("text", "said"), [("a: [", "not YAML"), ("- a", "a scenario is a mapping"), ("", "mapping")])
def test_what_is_no_scenario_at_all(tmp_path, text, said) -> None:
    with pytest.raises(FormatError, match=said):
        load(write(tmp_path / "a", text))


def test_an_unknown_namespace_inside_a_manifest_is_told_with_the_manifest(tmp_path) -> None:
    with pytest.raises(FormatError, match=r"base\.yaml: \{ns:third\}"):
        load(write(tmp_path / "a", GOOD, base='namespace: "{ns:third}"\n'))


def test_a_folder_of_scenarios(tmp_path) -> None:
    write(tmp_path / "one", GOOD | {"id": "one"})
    write(tmp_path / "two", GOOD | {"id": "two"})
    assert [s.id for s in load_all(tmp_path)] == ["one", "two"]
    assert [s.id for s in load_all(tmp_path, ["two"])] == ["two"]
    with pytest.raises(FormatError, match="no scenario three; there are: one, two"):
        load_all(tmp_path, ["three"])
    write(tmp_path / "copy", GOOD | {"id": "one"})
    with pytest.raises(FormatError, match="id: one is also that of"):
        load_all(tmp_path)


def test_an_empty_or_missing_folder_is_told(tmp_path) -> None:
    with pytest.raises(FormatError, match="holds no scenario"):
        load_all(tmp_path)
    with pytest.raises(FormatError, match="no such folder"):
        load_all(tmp_path / "gone")


def test_namespaces_are_filled_in_everywhere_and_nothing_else_is() -> None:
    names = {"main": "sc-1", "other": "sc-1-other"}
    assert with_names('-n {ns} {ns:other} {"a":{"b":1}} {.items}', names) == '-n sc-1 sc-1-other {"a":{"b":1}} {.items}'
    assert substituted({"{ns}": ["{ns:other}", 1, None]}, names) == {"sc-1": ["sc-1-other", 1, None]}


def test_the_scenarios_of_this_repository_are_sound() -> None:
    scenarios = load_all(REPOSITORY)
    for scenario in scenarios:
        assert scenario.folder.name == scenario.id
        assert scenario.until, f"{scenario.id}: nothing shows that the fault is there"
        assert scenario.decoys, f"{scenario.id}: no decoy"
        for code in (c for e in scenario.expect.causes for c in e.cause):
            assert code.lower() not in scenario.trigger.question.replace(" ", "").lower()
    assert {s.expect.verdict for s in scenarios} == set(Verdict)
