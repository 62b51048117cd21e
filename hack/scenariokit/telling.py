"""A scenario told with other names, ports and words of the log: its steps, its answer, its objects; pure."""

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any

from scenariokit.format import NAMESPACE
from scenariokit.naming import Names
from scenariokit.wording import translated

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


@dataclass(frozen=True)
class Told:
    """A scenario told with other names, in another language."""

    names: Names
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
