"""What an agent's account may do, asked of the API server and tried from inside a pod."""

import json

import pytest

from casebook.api.names import reader_name, tenant_id
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from support.tools import output, run
from support.waiting import until

RUNS = "casebook-runs"
WRITES = ("create", "update", "patch", "delete", "deletecollection")

PROBE = r"""
import json, ssl, urllib.request, urllib.error
account = "/var/run/secrets/kubernetes.io/serviceaccount/"
token = open(account + "token").read()
context = ssl.create_default_context(cafile=account + "ca.crt")
def ask(method, path, body=None):
    request = urllib.request.Request("https://kubernetes.default.svc" + path, method=method, data=body)
    request.add_header("Authorization", "Bearer " + token)
    request.add_header("Content-Type", "application/json")
    try:
        return urllib.request.urlopen(request, context=context, timeout=20).status
    except urllib.error.HTTPError as error:
        return error.code
own, other = "OWN", "OTHER"
new = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}).encode()
print(json.dumps({
    "own pods": ask("GET", f"/api/v1/namespaces/{own}/pods"),
    "own secrets": ask("GET", f"/api/v1/namespaces/{own}/secrets"),
    "own write": ask("POST", f"/api/v1/namespaces/{own}/configmaps", new),
    "other pods": ask("GET", f"/api/v1/namespaces/{other}/pods"),
    "all pods": ask("GET", "/api/v1/pods"),
    "runs secrets": ask("GET", "/api/v1/namespaces/casebook-runs/secrets"),
    "nodes": ask("GET", "/api/v1/nodes"),
    "token": ask("POST", "/api/v1/namespaces/casebook-runs/serviceaccounts/default/token", b"{}"),
}))
"""
ALLOWED = {"own pods"}


async def account_of(reader: Reader, namespace: str) -> str:
    """The reader's account, once the controller has bound it in the namespace."""
    name = reader_name(tenant_id(namespace, None))

    async def bound() -> bool:
        bindings = await reader.list("rolebindings.rbac.authorization.k8s.io", namespace)
        return any(subject.get("name") == name for item in bindings.items for subject in item.get("subjects") or [])

    await until(f"{name} bound in {namespace}", bound)
    return name


@pytest.fixture
async def other_namespace(writer: Writer) -> object:
    """A second tenant."""
    name = "test-other-tenant"
    await writer.create("namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    await writer.delete("namespaces", name)


async def test_an_agent_may_read_its_tenant_and_nothing_else(installed: str, reader: Reader, namespace: str) -> None:
    user = f"system:serviceaccount:{RUNS}:{await account_of(reader, namespace)}"

    def may(verb: str, resource: str, where: str) -> bool:
        answer = run("kubectl", "auth", "can-i", verb, resource, "-n", where, "--as", user, "-q")
        return answer.returncode == 0

    assert may("list", "pods", namespace)
    assert may("get", "pods/log", namespace)
    assert not may("get", "secrets", namespace)
    assert not may("list", "secrets", RUNS)
    for where in ("kube-system", "default", installed, RUNS):
        assert not may("list", "pods", where), where
    for verb in WRITES:
        for resource in ("pods", "configmaps", "deployments.apps", "investigations.casebook.dev", "events"):
            assert not may(verb, resource, namespace), f"{verb} {resource}"
    for resource in ("pods/exec", "pods/portforward", "serviceaccounts/token"):
        assert not may("create", resource, namespace), resource


async def test_the_same_from_inside_a_pod(
    installed: str, reader: Reader, writer: Writer, namespace: str, other_namespace: str
) -> None:
    account = await account_of(reader, namespace)
    script = PROBE.replace("OWN", namespace).replace("OTHER", other_namespace)
    restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "probe",
        "image": "casebook-shop:dev",
        "imagePullPolicy": "Never",
        "command": ["python3", "-c", script],
        "securityContext": restricted,
        "resources": {"limits": {"memory": "64Mi"}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"restartPolicy": "Never", "serviceAccountName": account, "automountServiceAccountToken": True}
    name = f"probe-{namespace}"
    pod = {"metadata": {"name": name, "namespace": RUNS}, "apiVersion": "v1", "kind": "Pod"}
    await writer.create("pods", pod | {"spec": spec | {"securityContext": security, "containers": [container]}})
    try:

        async def done() -> bool:
            phase = (await reader.get("pods", name, RUNS))["status"].get("phase")
            return phase in {"Succeeded", "Failed"}

        await until("probe ran", done)
        answers = json.loads(output("kubectl", "-n", RUNS, "logs", name))
    finally:
        await writer.delete("pods", name, RUNS)
    assert {what for what, status in answers.items() if status < 400} == ALLOWED
    assert {status for what, status in answers.items() if what not in ALLOWED} == {403}


async def test_nobody_joins_a_tenant_by_label_or_by_name(installed: str, namespace: str) -> None:
    """A tenant's administrator owns a namespace, but not the label; and `ns:x` is not `label:x`."""
    stranger = ["--as", "mallory@example.com", "--as-group", "system:authenticated"]
    output(
        "kubectl",
        "create",
        "clusterrolebinding",
        f"may-label-{namespace}",
        "--clusterrole=admin",
        "--user=mallory@example.com",
    )
    output("kubectl", "create", "clusterrole", f"label-{namespace}", "--verb=get,patch,update", "--resource=namespaces")
    output(
        "kubectl",
        "create",
        "clusterrolebinding",
        f"label-{namespace}",
        f"--clusterrole=label-{namespace}",
        "--user=mallory@example.com",
    )
    try:
        for label in ("casebook.dev/tenant=acme", "casebook.dev/tenant=kube-system", "casebook.dev/tenant=ns:default"):
            denied = run("kubectl", "label", "namespace", namespace, label, *stranger)
            assert denied.returncode != 0
        assert "assign" in run("kubectl", "label", "namespace", namespace, "casebook.dev/tenant=acme", *stranger).stderr
    finally:
        for kind, name in (
            ("clusterrolebinding", "may-label"),
            ("clusterrolebinding", "label"),
            ("clusterrole", "label"),
        ):
            output("kubectl", "delete", kind, f"{name}-{namespace}")
    assert reader_name(tenant_id("acme", None)) != reader_name(tenant_id("anything", "acme"))
