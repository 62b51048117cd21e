"""Variants of a scenario, from a seed: other names, ports, log languages, and more decoys; the answer follows. Pure.

What stays: the fault, its timing, what programs are called inside the image and the variables that they read.
"""

import json
import re
import shlex
from dataclasses import dataclass
from random import Random
from typing import Any

import yaml

from scenariokit import naming
from scenariokit.format import NAMESPACE, Scenario, Variation
from scenariokit.moredecoys import add_decoys
from scenariokit.wording import ENGLISH, FORMATS, languages, translated

STEMS = ("team-blau", "payments", "prod-eu", "zone7", "lagerhaus", "k1", "boutique", "stage-b")
ELSEWHERE = ("dmz", "west", "abroad", "tools")
SHOP = "casebook-shop:"
LITERAL = frozenset(
    {
        *("apiVersion", "kind", "image", "imagePullPolicy", "command", "args", "type", "path", "mountPath", "subPath"),
        *("protocol", "scheme", "effect", "operator", "schedule", "verbs", "resources", "apiGroups", "policyTypes"),
        *("accessModes", "key", "app.kubernetes.io/part-of", "restartPolicy", "op"),
    }
)
"""Keys whose values are never names of the scenario's own."""

OF_ALERTS = frozenset({"alertname", "severity"})
"""Labels whose values are words of the monitoring system."""


def vary(scenario: Scenario, seed: int, number: int) -> Scenario:
    """Variant `number`, from 1, of a scenario under a seed; the same arguments give the same bytes."""
    random = Random(f"{seed}/{scenario.id}/{number}")
    namespaces = _other_namespaces(scenario, random)
    shown = _Placed(namespaces)
    held = {file: shown.documents(text) for file, text in scenario.manifests.items()}
    content = scenario.model_dump(mode="json", by_alias=True)
    written = json.dumps(content) + "".join(scenario.manifests.values())
    injected = json.dumps(content["inject"]) + "".join(
        scenario.manifests[step["apply"]] for step in content["inject"] if "apply" in step
    )
    names = naming.renamed([item for items in held.values() for item in items], written, injected, random)
    told = _Told(names, random.choice([ENGLISH, *languages()]), random.choice(FORMATS), namespaces)
    made = {file: shown.manifest([told.object(item) for item in items]) for file, items in held.items()}
    varied = Scenario.model_validate(told.scenario(content)).model_copy(
        update={
            "folder": scenario.folder,
            "manifests": made,
            "stem": random.choice(STEMS),
            "variation": Variation(seed=seed, number=number),
        }
    )
    return add_decoys(varied, random)


def _other_namespaces(scenario: Scenario, random: Random) -> dict[str, str]:
    others = [name for name in scenario.namespaces if name != "main"]
    return {"main": "main"} | dict(zip(others, random.sample(ELSEWHERE, len(ELSEWHERE)), strict=False))


class _Placed:
    """Manifests whose namespaces are still to be filled in, as objects and back."""

    def __init__(self, namespaces: dict[str, str]) -> None:
        self._marks = {name: f"zzns{index}zz" for index, name in enumerate(namespaces)}
        self._filled = {mark: "{ns}" if name == "main" else f"{{ns:{namespaces[name]}}}"
                        for name, mark in self._marks.items()}  # fmt: skip

    def documents(self, manifest: str) -> list[dict[str, Any]]:
        """The objects, with marks for the namespaces: `{ns}` is no YAML everywhere."""
        marked = NAMESPACE.sub(lambda match: self._marks[match[1] or "main"], manifest)
        return [item for item in yaml.load_all(marked, Loader=yaml.CSafeLoader) if item]

    def manifest(self, objects: list[dict[str, Any]]) -> str:
        """The text, with the namespaces' new logical names."""
        # JSON is YAML, and no line of it depends on how long a name is
        text = "\n---\n".join(json.dumps(item, ensure_ascii=False) for item in objects)
        for mark, filled in self._filled.items():
            text = text.replace(mark, filled)
        return text


@dataclass(frozen=True)
class _Told:
    """A scenario told with other names, in another language."""

    names: naming.Names
    language: str
    form: str
    namespaces: dict[str, str]

    def scenario(self, content: dict[str, Any]) -> dict[str, Any]:
        """The content of scenario.yaml."""
        steps = {part: [self._step(step) for step in content[part]] for part in ("setup", "inject", "until", "cleanup")}
        told = {
            "title": self.names.prose(content["title"]),
            "namespaces": [self.namespaces[name] for name in content["namespaces"]],
            "trigger": self._prose(content["trigger"]),
            "expect": self._answer(content["expect"]),
            "decoys": self._prose(content["decoys"]),
        }
        return dict(self._elsewhere(content | steps | told))

    def object(self, item: dict[str, Any]) -> dict[str, Any]:
        """An object of a manifest."""
        told: dict[str, Any] = self._tree(item)
        if item["kind"] == "Service":
            for port in told["spec"].get("ports", []):
                new = self.names.ports.get(port["port"])
                port.update({"targetPort": port.get("targetPort", port["port"]), "port": new} if new else {})
        return told

    def _step(self, step: dict[str, Any]) -> dict[str, Any]:
        told = dict(step)
        if "kubectl" in step:
            told["kubectl"] = self._command(step["kubectl"])
        if "matches" in step:
            told["matches"] = self._said(step["matches"])
        if "wait" in step:
            told["wait"] = step["wait"] | {"for": self.names.text(step["wait"]["for"])}
        if "certificate" in step:
            wanted = step["certificate"]
            told["certificate"] = wanted | {
                "secret": self.names.text(wanted["secret"]),
                "names": [self.names.text(name) for name in wanted["names"]],
                "bundle": self.names.text(wanted["bundle"]),
            }
        return told

    def _command(self, command: str) -> str:
        words = shlex.split(command)
        told = []
        for before, word in zip(["", *words], words, strict=False):
            patch = _json(word) if before in {"-p", "--patch"} else None
            told.append(self.names.text(word) if patch is None else json.dumps(self._tree(patch)))
        return shlex.join(told)

    def _said(self, pattern: str) -> str:
        """A pattern for what is said: names and ports in it, and the shop's own words."""
        pieces = translated(pattern, self.language)
        return "".join(piece if index % 2 else self.names.text(piece) for index, piece in enumerate(pieces))

    def _answer(self, expect: dict[str, Any]) -> dict[str, Any]:
        told = dict(expect)
        for part in ("causes", "allowed"):
            told[part] = [
                {
                    "object": [self.names.text(name) for name in cause["object"]],
                    "cause": cause["cause"],
                    "fact": [self._said(fact) for fact in cause["fact"]],
                }
                for cause in expect[part]
            ]
        return told

    def _prose(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: item if key in OF_ALERTS else self._prose(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._prose(item) for item in value]
        return self.names.prose(value) if isinstance(value, str) else value

    def _elsewhere(self, value: Any) -> Any:
        """The value with the other namespaces' new logical names in `{ns:name}`."""
        if isinstance(value, dict):
            return {key: self._elsewhere(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._elsewhere(item) for item in value]
        if not isinstance(value, str):
            return value
        return NAMESPACE.sub(lambda match: f"{{ns:{self.namespaces[match[1]]}}}" if match[1] else "{ns}", value)

    def _tree(self, value: Any, key: str = "") -> Any:
        if isinstance(value, list):
            return [self._tree(item, key) for item in value]
        if not isinstance(value, dict):
            return self._value(value, key)
        told = {name: item if name in LITERAL else self._tree(item, name) for name, item in value.items()}
        if {"containerPort", "targetPort"} & told.keys() and value.get("name") in self.names.port_names:
            told["name"] = self.names.port_names[value["name"]]
        if str(value.get("image", "")).startswith(SHOP) and "args" in value:
            told["env"] = [*told.get("env", []), *self._log_settings(told["name"])]
        return told

    def _value(self, value: Any, key: str) -> Any:
        if key in {"port", "targetPort"} and value in self.names.port_names:
            return self.names.port_names[value]
        if key == "number" and value in self.names.ports:
            return self.names.ports[value]
        return self.names.text(value) if isinstance(value, str) else value

    def _log_settings(self, service: str) -> list[dict[str, str]]:
        settings = {"SERVICE_NAME": service, "LOG_LANGUAGE": self.language, "LOG_FORMAT": self.form}
        return [{"name": name, "value": value} for name, value in settings.items()]


def _json(word: str) -> Any:
    """What a patch holds; nothing where it is not JSON."""
    if not re.match(r"\s*[\[{]", word):
        return None
    try:
        return json.loads(word)
    except json.JSONDecodeError:
        return None
