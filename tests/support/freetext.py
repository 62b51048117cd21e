"""Faults that only a reader understands: a setting names what a message says is unknown, closed or withdrawn."""

from dataclasses import dataclass, replace
from typing import Any

from casebook.analysis.snapshot import Snapshot
from casebook.api.enums import Reasoning
from support import builders

SAID = "tariff plan winter-26 is not in the catalogue"
CONFIG = "ConfigMap/web-config"


@dataclass(frozen=True)
class Case:
    """A fault of Deployment or StatefulSet web: what it logs, and where the setting stands that a person would mend."""

    said: str
    object: str
    field: str
    value: str
    operator: str = "Equals"
    data: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    args: tuple[str, ...] = ()
    event: str = ""

    def snapshot(self, reasoning: Reasoning = Reasoning.ASSISTED) -> Snapshot:
        """What a run sees of it."""
        kind = self.object.partition("/")[0]
        kind = kind if kind in ("Deployment", "StatefulSet") else "Deployment"
        held = builders.container(
            "app",
            envFrom=[{"configMapRef": {"name": "web-config"}}],
            env=builders.env(**dict(self.env)),
            args=list(self.args),
        )
        objects = [
            *builders.healthy("web", builders.template("web", held), kind=kind),
            builders.configmap("web-config", {"WORKERS": "4", **dict(self.data)}),
            *builders.healthy("cart"),
        ]
        if self.event:
            objects.append(builders.event(objects[0], "Refused", self.event))
        asked = builders.run("why do orders fail?", f"{kind}/web", reasoning=reasoning)
        return builders.snapshot(asked, objects, builders.log("web-p0", [f"ERROR {self.said}"] * 30, step=10))

    def hypothesis(self, **changes: Any) -> dict[str, Any]:
        """What a capable model would say of it."""
        kind = self.object.partition("/")[0]
        workload = self.object if kind in ("Deployment", "StatefulSet") else "Deployment/web"
        words = {"says": "it says so", "look": "log", "object": workload, "operator": "Contains", "value": self.said}
        if self.event:
            words |= {"look": "event", "value": self.event}
        held = {"says": "it is set so", "look": "field", "object": self.object, "field": self.field}
        right = {
            "object": self.object,
            "cause": "Other",
            "statement": f"The setting {self.field.rpartition('.')[2]} does not fit what the program says",
            "evidence": ["e1"],
            "predictions": [words, held | {"operator": self.operator, "value": self.value}],
        }
        return right | changes


CASES = {
    "a tariff that is not in the catalogue": Case(
        said=f"cannot price the order: {SAID}",
        object=CONFIG,
        field="data.TARIFF_PLAN",
        value="winter-26",
        data=(("TARIFF_PLAN", "winter-26"),),
    ),
    "a cohort that nobody is in": Case(
        said="checkout refused: cohort beta-eu has no members since the migration",
        object="Deployment/web",
        field="spec.template.spec.containers.app.env.FEATURE_COHORT.value",
        value="beta-eu",
        env=(("FEATURE_COHORT", "beta-eu"),),
    ),
    "a ledger that is closed": Case(
        said="booking refused: ledger ledger-2019 is closed for bookings",
        object="Deployment/web",
        field="spec.template.spec.containers.app.args.0",
        value="ledger-2019",
        operator="Contains",
        args=("--ledger=ledger-2019",),
    ),
    "a key in a file of settings": Case(
        said="order dropped by policy: grace_window has passed for all open carts",
        object=CONFIG,
        field="data.app.yaml",
        value="grace_window",
        operator="Contains",
        data=(("app.yaml", "carts:\n  grace_window: 0s\n"),),
    ),
    "a licence, told by an event": Case(
        said="cannot open a session for the customer",
        event="licence gold-500 has no seats left",
        object=CONFIG,
        field="data.LICENCE",
        value="gold-500",
        data=(("LICENCE", "gold-500"),),
    ),
    "a slot of replication that was dropped": Case(
        said="feed stands still: replication slot slot_old was dropped by its owner",
        object="StatefulSet/web",
        field="spec.template.spec.containers.app.env.SLOT.value",
        value="slot_old",
        env=(("SLOT", "slot_old"),),
    ),
    "a region that the contract does not hold": Case(
        said="order rejected by contract: eu-north-9 is not served",
        object=CONFIG,
        field="data.REGION",
        value="eu-north-9",
        data=(("REGION", "eu-north-9"),),
    ),
    "a client that is locked, in German": Case(
        said="Auftrag abgelehnt: Mandant 0815-alt ist seit Freitag gesperrt",
        object=CONFIG,
        field="data.MANDANT",
        value="0815-alt",
        data=(("MANDANT", "0815-alt"),),
    ),
}
_FIRST = CASES["a tariff that is not in the catalogue"]


def freetext(reasoning: Reasoning = Reasoning.ASSISTED, said: str = _FIRST.said) -> Snapshot:
    """The first of them, or with other words in its log."""
    return replace(_FIRST, said=said).snapshot(reasoning)


def hypothesis(**changes: Any) -> dict[str, Any]:
    """What a capable model would say of it."""
    return _FIRST.hypothesis(**changes)
