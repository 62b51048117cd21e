"""Install, upgrade from changed definitions, uninstall: on the real cluster, with the real images."""

import json
import shutil
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from casebook.api.meta import EVIDENCE_READER_ROLE
from support.release import OPERATOR, RUNS
from support.tools import CHART, ROOT, output, run

VALUES = ROOT / "hack" / "values.yaml"
ASKED = {
    "apiVersion": "casebook.dev/v1alpha1",
    "kind": "Investigation",
    "metadata": {"name": "kept"},
    "spec": {"question": "is this kept?", "intent": "Cancel"},
}


def helm(*arguments: str) -> str:
    return output("helm", *arguments, "--namespace", OPERATOR)


def install(chart: Path, *arguments: str) -> str:
    """As hack/install does; the definitions may be there already, applied by other tests."""
    return helm(
        *("upgrade", "--install", "casebook", str(chart), "--create-namespace", "--values", str(VALUES)),
        *("--wait", "--timeout", "4m", "--take-ownership", "--force-conflicts", *arguments),
    )


@pytest.fixture(scope="module")
def installed(kubeconfig: str) -> Iterator[str]:
    """The chart, installed; what it said. Afterwards the cluster has the release if and only if it had it before."""
    before = run("helm", "status", "casebook", "--namespace", OPERATOR).returncode == 0
    yield install(CHART)
    if before:
        output(str(ROOT / "hack" / "install"))
    elif run("helm", "status", "casebook", "--namespace", OPERATOR).returncode == 0:
        helm("uninstall", "casebook", "--wait")


@pytest.fixture
def asked(installed: str) -> Iterator[str]:
    """A namespace with an Investigation that runs nothing."""
    namespace = "casebook-install-test"
    output("kubectl", "create", "namespace", namespace)
    output("kubectl", "create", "-n", namespace, "-f", "-", stdin=json.dumps(ASKED))
    yield namespace
    output("kubectl", "delete", "namespace", namespace)


def secret(name: str) -> dict[str, str]:
    return json.loads(output("kubectl", "get", "secret", name, "-n", OPERATOR, "-o", "json"))["data"]


@pytest.mark.timeout(900)
def test_everything_runs_and_the_notes_say_how_to_go_on(installed):
    for name in ("deploy/casebook-controller", "deploy/casebook-gateway", "statefulset/casebook-postgres"):
        output("kubectl", "rollout", "status", name, "-n", OPERATOR, "--timeout=180s")
    output("kubectl", "wait", "job", "-l", "app.kubernetes.io/component=migration", "-n", OPERATOR,
           "--for=condition=Complete", "--timeout=180s")  # fmt: skip
    assert "/v1/alerts/alertmanager" in installed
    read = installed.partition("kubectl get secret casebook-receivers")[2].splitlines()[0]
    template = read.partition("-o go-template=")[2].strip("'")
    token = output("kubectl", "get", "secret", "casebook-receivers", "-n", OPERATOR, "-o", f"go-template={template}")
    assert len(token) == 40
    example = textwrap.dedent(installed.partition("<<EOF\n")[2].partition("  EOF\n")[0]).replace("NAME", "api")
    output("kubectl", "create", "--dry-run=server", "-f", "-", stdin=example)


@pytest.mark.timeout(900)
def test_an_upgrade_changes_definitions_and_keeps_what_was_generated(asked, tmp_path):
    before = {name: secret(name) for name in ("casebook-receivers", "casebook-postgres")}
    chart = _with_another_column(tmp_path)
    install(chart, "--reset-values", "--set", "gateway.replicas=1")
    shown = output("kubectl", "get", "inv", "-n", asked).splitlines()[0].split()
    assert "SURPRISE" in shown
    assert output("kubectl", "get", "inv", "kept", "-n", asked, "-o", "jsonpath={.spec.question}") == "is this kept?"
    assert {name: secret(name) for name in before} == before
    install(CHART)
    shown = output("kubectl", "get", "inv", "-n", asked).splitlines()[0].split()
    assert "SURPRISE" not in shown


def _with_another_column(folder: Path) -> Path:
    """The chart with a definition that has one more column, as a later version would."""
    chart = folder / "casebook"
    shutil.copytree(CHART, chart, symlinks=False)
    path = chart / "files" / "crds" / "casebook.dev_investigations.yaml"
    crd = yaml.safe_load(path.read_text())
    column = {"name": "Surprise", "type": "string", "jsonPath": ".spec.question"}
    crd["spec"]["versions"][0]["additionalPrinterColumns"].append(column)
    path.write_text(yaml.safe_dump(crd))
    return chart


@pytest.mark.timeout(900)
def test_uninstalling_keeps_what_people_wrote_and_takes_the_rest(asked):
    helm("uninstall", "casebook", "--wait", "--timeout", "4m")
    assert output("kubectl", "get", "inv", "kept", "-n", asked, "-o", "jsonpath={.spec.question}") == "is this kept?"
    left = output("kubectl", "get", "clusterrole,clusterrolebinding,validatingadmissionpolicy,mutatingadmissionpolicy",
                  "-o", "name", "-l", "app.kubernetes.io/part-of=casebook")  # fmt: skip
    assert left == ""
    assert run("kubectl", "get", "clusterrole", EVIDENCE_READER_ROLE).returncode != 0
    output("kubectl", "wait", "namespace", RUNS, "--for=delete", "--timeout=120s")
    # What the controller bound in tenants' namespaces binds nothing any more; docs/install.md says how to take it away.
    output("kubectl", "delete", "rolebindings", "-A", "-l", "app.kubernetes.io/managed-by=casebook")
    begin = time.monotonic()
    install(CHART)
    assert output("kubectl", "get", "inv", "kept", "-n", asked, "-o", "name") == "investigation.casebook.dev/kept\n"
    assert time.monotonic() - begin < 300
