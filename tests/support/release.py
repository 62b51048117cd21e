"""Parts of the chart, applied as Helm would: an installation that is there stays Helm's, a later one adopts them."""

from typing import Any

import yaml

from support.tools import CHART, output

OPERATOR, RUNS = "casebook-system", "casebook-runs"
OWNED = {"meta.helm.sh/release-name": "casebook", "meta.helm.sh/release-namespace": OPERATOR}

Manifest = dict[str, Any]


def manifests(*arguments: str) -> list[Manifest]:
    """What the chart renders, with the marks that Helm puts on what it owns."""
    text = output("helm", "template", "casebook", str(CHART), "-n", OPERATOR, *arguments)
    made = [manifest for manifest in yaml.safe_load_all(text) if manifest]
    for manifest in made:
        manifest["metadata"]["annotations"] = manifest["metadata"].get("annotations", {}) | OWNED
    return made


def apply(made: list[Manifest]) -> None:
    """Apply them in Helm's name."""
    text = yaml.safe_dump_all(made)
    output("kubectl", "apply", "--server-side", "--force-conflicts", "--field-manager=helm", "-f", "-", stdin=text)


def apply_definitions() -> None:
    """The custom resource definitions of this checkout, served."""
    definitions = manifests("-s", "templates/crds.yaml")
    apply(definitions)
    names = [definition["metadata"]["name"] for definition in definitions]
    output("kubectl", "wait", "--for=condition=Established", "--timeout=60s", "crd", *names)
