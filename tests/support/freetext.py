"""A fault that only a reader understands: orders fail because a setting names what a message says is unknown."""

from typing import Any

from casebook.analysis.snapshot import Snapshot
from casebook.api.enums import Reasoning
from support import builders

SAID = "tariff plan winter-26 is not in the catalogue"
CONFIG = "ConfigMap/web-config"


def freetext(reasoning: Reasoning = Reasoning.ASSISTED, said: str = SAID, *, tariff: str = "winter-26") -> Snapshot:
    """Deployment web logs `said` with every order; its ConfigMap holds the tariff. The rules come to no conclusion."""
    body = builders.template("web", builders.container("app", envFrom=[{"configMapRef": {"name": "web-config"}}]))
    objects = [
        *builders.healthy("web", body),
        builders.configmap("web-config", {"TARIFF_PLAN": tariff, "WORKERS": "4"}),
        *builders.healthy("cart"),
    ]
    lines = [f"ERROR cannot price the order: {said}"] * 30
    asked = builders.run("why do orders fail?", "Deployment/web", reasoning=reasoning)
    return builders.snapshot(asked, objects, builders.log("web-p0", lines, step=10))


def hypothesis(**changes: Any) -> dict[str, Any]:
    """What a capable model would say of it."""
    right = {
        "object": CONFIG,
        "cause": "Other",
        "statement": "The setting TARIFF_PLAN names winter-26, a plan that the catalogue does not hold",
        "evidence": ["e1"],
        "predictions": [
            {
                "says": "the program refuses the plan by its name",
                "look": "log",
                "object": "Deployment/web",
                "operator": "Contains",
                "value": "tariff plan winter-26 is not in the catalogue",
            },
            {
                "says": "the setting holds that plan",
                "look": "field",
                "object": CONFIG,
                "field": "data.TARIFF_PLAN",
                "operator": "Equals",
                "value": "winter-26",
            },
        ],
    }
    return right | changes
