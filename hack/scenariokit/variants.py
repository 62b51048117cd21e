"""Variants of a scenario, from a seed: other names, ports, log languages, and more decoys; the answer follows. Pure.

What stays: the fault, its timing, what programs are called inside the image and the variables that they read.
"""

import json
from random import Random
from typing import Any

import yaml

from scenariokit import naming
from scenariokit.format import NAMESPACE, Scenario, Variation
from scenariokit.moredecoys import add_decoys
from scenariokit.telling import Told
from scenariokit.wording import ENGLISH, FORMATS, languages

STEMS = ("team-blau", "payments", "prod-eu", "zone7", "lagerhaus", "k1", "boutique", "stage-b")
ELSEWHERE = ("dmz", "west", "abroad", "tools")


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
    told = Told(names, random.choice([ENGLISH, *languages()]), random.choice(FORMATS), namespaces)
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
