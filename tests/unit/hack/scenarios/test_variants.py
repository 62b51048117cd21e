"""Variants of every scenario: whole, consistent, reproducible, and without the old names."""

import json
import re
import shlex
from functools import cache

import pytest
import yaml

from scenariokit import naming
from scenariokit.cli import SCENARIOS, with_variants
from scenariokit.format import NAMESPACE, Scenario, load_all, with_names
from scenariokit.moredecoys import FILE as MORE_DECOYS
from scenariokit.moredecoys import REFUSING
from scenariokit.variants import vary
from scenariokit.wording import ENGLISH, TABLE, languages, translated

ALL = {scenario.id: scenario for scenario in load_all(SCENARIOS)}
SEEDS = (1, 77)
NO_NAMES = {"args", "command", "image", "app.kubernetes.io/part-of", "severity"}
each = pytest.mark.parametrize("name", ALL)


@cache
def variants(name: str) -> list[Scenario]:
    return [vary(ALL[name], seed, 1) for seed in SEEDS]


_PARSED: dict[str, list[dict]] = {}


def objects(scenario: Scenario) -> list[dict]:
    """What its manifests hold, without the decoys that a variant got on top."""
    if scenario.name not in _PARSED:
        _PARSED[scenario.name] = _objects(scenario)
    return _PARSED[scenario.name]


def _objects(scenario: Scenario) -> list[dict]:
    names = {name: "sc-1" if name == "main" else f"sc-1-{name}" for name in scenario.namespaces}
    texts = [with_names(text, names) for file, text in scenario.manifests.items() if file != MORE_DECOYS]
    return [item for text in texts for item in yaml.load_all(text, Loader=yaml.CSafeLoader) if item]


def made(scenario: Scenario) -> list[str]:
    return [f"{item['kind']}/{item['metadata']['name']}" for item in objects(scenario)]


def hosts(scenario: Scenario) -> list[bool]:
    """Of every address in settings, in order: whether a Service of the scenario answers to it on that port."""
    services = {
        (item["metadata"]["name"], str(port["port"]))
        for item in objects(scenario)
        if item["kind"] == "Service"
        for port in item["spec"]["ports"]
    }
    texts = [str(value) for item in objects(scenario) for value in _settings(item)]
    return [address in services for text in texts for address in re.findall(r"https?://([\w.-]+):(\d+)", text)]


def _settings(item: dict):
    if item["kind"] == "ConfigMap":
        yield from item.get("data", {}).values()
    for container in naming.containers(item):
        yield from (entry.get("value", "") for entry in container.get("env", []))


def selected(scenario: Scenario) -> list[int]:
    """Of every Service, in order: how many workloads it selects."""
    found = objects(scenario)
    pods = [
        item["spec"]["template"]["metadata"].get("labels", {}) for item in found if "template" in item.get("spec", {})
    ]
    services = [item["spec"]["selector"] for item in found if item["kind"] == "Service"]
    return [sum(selector.items() <= labels.items() for labels in pods) for selector in services]


def references(scenario: Scenario) -> list[bool]:
    """Of every reference from a container to a ConfigMap or Secret, in order: whether a manifest makes it."""
    there, found = set(made(scenario)), []
    for item in objects(scenario):
        for container in naming.containers(item):
            sources = [*container.get("envFrom", []), *(e.get("valueFrom", {}) for e in container.get("env", []))]
            for source in sources:
                for key, kind in (("configMapRef", "ConfigMap"), ("configMapKeyRef", "ConfigMap"),
                                  ("secretRef", "Secret"), ("secretKeyRef", "Secret")):  # fmt: skip
                    if key in source:
                        found.append(f"{kind}/{source[key]['name']}" in there)
    return found


def bare(name: str) -> str:
    return name.removesuffix("-sc-1")


@each
def test_a_variant_is_a_whole_scenario(name: str) -> None:
    for varied in variants(name):
        content = varied.model_dump(mode="json", by_alias=True)
        assert Scenario.model_validate(content).model_dump(mode="json", by_alias=True) == content
        steps = (*varied.setup, *varied.inject, *varied.cleanup)
        assert {step.apply for step in steps if hasattr(step, "apply")} == set(varied.manifests)
        for text in (json.dumps(content), *varied.manifests.values()):
            assert {match[1] or "main" for match in NAMESPACE.finditer(text)} <= set(varied.namespaces)
        assert all(item["kind"] and item["metadata"]["name"] for item in objects(varied))
        assert varied.name == f"{name}.s{varied.variation.seed}v1"


@each
def test_the_same_seed_gives_the_same_bytes_and_another_other_names(name: str) -> None:
    first, again, second = variants(name)[0], vary(ALL[name], 1, 1), vary(ALL[name], 1, 2)
    assert (first.model_dump_json(), first.manifests) == (again.model_dump_json(), again.manifests)
    for differs in (variants(name)[1], second):
        assert made(differs) != made(first)


@each
def test_what_refers_still_refers(name: str) -> None:
    original = ALL[name]
    for varied in variants(name):
        assert hosts(varied) == hosts(original)
        assert selected(varied) == selected(original)
        assert references(varied) == references(original)
        kinds = [entry.split("/")[0] for entry in made(original)]
        assert [entry.split("/")[0] for entry in made(varied)] == kinds


@each
def test_the_answer_names_what_is_there(name: str) -> None:
    original = ALL[name]
    for varied in variants(name):
        mapping = dict(zip(made(original), made(varied), strict=True))
        wanted = [entry for cause in (*original.expect.causes, *original.expect.allowed) for entry in cause.object]
        given = [entry for cause in (*varied.expect.causes, *varied.expect.allowed) for entry in cause.object]
        for before, after in zip(wanted, given, strict=True):
            known = mapping.get(before.replace("{ns}", "sc-1"))
            assert known is None or after.replace("{ns}", "sc-1") == known
        assert varied.expect.verdict is original.expect.verdict
        assert [cause.cause for cause in varied.expect.causes] == [cause.cause for cause in original.expect.causes]
        if original.trigger.target in mapping:
            assert varied.trigger.target == mapping[original.trigger.target]


@each
def test_no_old_name_is_left(name: str) -> None:
    original = ALL[name]
    old = {bare(entry.split("/", 1)[1]) for entry in made(original)} - naming.KEPT
    for varied in variants(name):
        assert not old & {bare(entry.split("/", 1)[1]) for entry in made(varied)}
        texts = [varied.trigger.question, *_strings(varied.trigger.alert.labels), *_strings(objects(varied))]
        texts += [entry for cause in varied.expect.causes for entry in (*cause.object, *cause.fact)]
        texts += [step.kubectl.split(" -- ")[0] for step in (*varied.setup, *varied.inject) if hasattr(step, "kubectl")]
        signs = [sign for sign in varied.until if hasattr(sign, "kubectl")]
        texts += [sign.kubectl for sign in signs] + [_without_phrases(sign.matches) for sign in signs]
        for text in texts:
            for word in old:
                assert not re.search(rf"(?<![\w./-]){word}s?(?![\w.])", text), (word, text)


def _without_phrases(pattern: str) -> str:
    """A pattern without what only the shop says: that has words like queue, whatever the queue is called."""
    return "".join(translated(pattern, ENGLISH)[::2])


def _strings(value, key=""):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _strings(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, key)
    elif isinstance(value, str) and key not in NO_NAMES:
        yield value


def programs(scenario: Scenario) -> list[tuple]:
    found = [container for item in objects(scenario) for container in naming.containers(item)]
    return [(one.get("image"), one.get("command"), one.get("args"), one.get("resources")) for one in found]


@each
def test_the_fault_is_the_same(name: str) -> None:
    """Programs, their variables, numbers and verbs stay: only names, Service ports and words of the log change."""
    original = ALL[name]
    for varied in variants(name):
        added = len(varied.setup) - len(original.setup)
        assert [type(step) for step in varied.inject] == [type(step) for step in original.inject]
        assert [type(step) for step in varied.setup[1:][: len(original.setup)]] == [type(s) for s in original.setup]
        assert added >= 1
        for before, after in zip(original.inject, varied.inject, strict=True):
            if hasattr(before, "kubectl"):
                was, now = shlex.split(before.kubectl), shlex.split(after.kubectl)
                assert (was[0], len(was)) == (now[0], len(now))
        assert programs(varied) == programs(original)


@each
def test_decoys_are_added_and_none_where_a_pod_more_would_matter(name: str) -> None:
    text = ALL[name].model_dump_json() + "".join(ALL[name].manifests.values())
    for varied in variants(name):
        more = list(yaml.load_all(varied.manifests[MORE_DECOYS], Loader=yaml.CSafeLoader))
        added = varied.decoys[len(ALL[name].decoys) :]
        assert sorted(decoy.object for decoy in added) == sorted(f"{i['kind']}/{i['metadata']['name']}" for i in more)
        if any(word in text for word in REFUSING):
            assert {item["kind"] for item in more} == {"ConfigMap"}


@each
def test_an_alert_stays_as_severe_and_keeps_its_name(name: str) -> None:
    for varied in variants(name):
        for label in ("alertname", "severity"):
            assert varied.trigger.alert.labels[label] == ALL[name].trigger.alert.labels[label]


def test_a_slip_of_the_pen_stays_one() -> None:
    for varied in variants("hostname-typo"):
        config = next(item for item in objects(varied) if item["kind"] == "ConfigMap")
        right = re.match(r"http://([\w-]+):", config["data"]["AUTH_URL"])[1]
        (wrong,) = varied.expect.causes[0].fact
        assert wrong != right
        assert sorted(wrong) == sorted(right)
        assert f"http://{wrong}:" in varied.inject[0].kubectl


def test_the_log_is_expected_in_the_language_that_it_is_written_in() -> None:
    spoken = set()
    for number in range(1, 9):
        varied = vary(ALL["env-missing"], 5, number)
        (said,) = (sign.matches for sign in varied.until if hasattr(sign, "matches") and "QUEUE" in sign.matches)
        worker = next(c for i in objects(varied) for c in naming.containers(i) if c["args"] == ["worker"])
        language = next(entry["value"] for entry in worker["env"] if entry["name"] == "LOG_LANGUAGE")
        assert said == f"QUEUE_URL {languages().get(language, {}).get('not set', 'not set')}"
        spoken.add(language)
    assert len(spoken) > 2


@pytest.mark.parametrize(
    ("pattern", "german"),
    [
        ("a:80/verify failed: .*certificate verify failed", "a:80/verify fehlgeschlagen: .*certificate verify failed"),
        ("port 5433 failed", "port 5433 failed"),
        ("failed calling webhook", "failed calling webhook"),
        ("queue depth (60|80|100)", "Warteschlange: (60|80|100)"),
        ("database db:5432", "Datenbank db:5432"),
        ("Readiness probe failed: HTTP probe failed", "Readiness probe failed: HTTP probe failed"),
    ],
)  # fmt: skip
def test_only_the_shops_own_words_are_translated(pattern: str, german: str) -> None:
    assert "".join(translated(pattern, "de")) == german


def test_every_language_has_every_phrase_that_the_shop_says() -> None:
    sources = [path.read_text() for path in TABLE.parent.rglob("*.py")]
    said = {phrase for text in sources for phrase in re.findall(r"""\bsay\(["']([^"']+)["']\)""", text)}
    assert len(said) > 15
    assert all(set(phrases) == said for phrases in languages().values())


def test_variants_follow_what_they_were_made_from() -> None:
    given = [ALL["svc-selector"], ALL["env-missing"]]
    names = [one.name for one in with_variants(given, 2, 7)]
    assert names == ["svc-selector", "svc-selector.s7v1", "svc-selector.s7v2", *names[3:]]
    assert names[3:] == ["env-missing", "env-missing.s7v1", "env-missing.s7v2"]
