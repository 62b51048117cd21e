"""Skills as a run recalls them."""

from pathlib import Path
from typing import Any

import yaml

from casebook.api.run import RecalledSkill
from casebook.knowledge.skills import read

EXAMPLES = Path(__file__).parents[2] / "examples" / "skills"


def skill(name: str = "s", *steps: dict[str, Any], namespace: str = "shop", **spec: Any) -> RecalledSkill:
    """A confirmed skill that applies everywhere, unless the spec says otherwise."""
    held = {"description": f"use {name}", "state": "Confirmed", "steps": list(steps), **spec}
    return read({"metadata": {"name": name, "namespace": namespace}, "spec": held})


def step(
    expect: str, query: str = "pods", source: str = "kubernetes", name: str = "look", **effects: Any
) -> dict[str, Any]:
    """One step; `on_true` and `on_false` are its effects."""
    named = {"onTrue": effects.get("on_true"), "onFalse": effects.get("on_false")}
    told = {key: value for key, value in named.items() if value}
    return {"name": name, "observe": {"source": source, "query": query}, "expect": expect, **told}


def supports(cause: str, object_: str = "") -> dict[str, Any]:
    """An effect that speaks for a cause."""
    return {"supports": {"cause": cause, "object": object_}}


def rules_out(cause: str, object_: str = "") -> dict[str, Any]:
    """An effect that speaks against a cause."""
    return {"rulesOut": {"cause": cause, "object": object_}}


def example(name: str, namespace: str = "shop") -> RecalledSkill:
    """One of the skills that ship with Casebook."""
    raw = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())
    raw["metadata"]["namespace"] = namespace
    return read(raw)
