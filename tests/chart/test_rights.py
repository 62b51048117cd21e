"""What each ServiceAccount may do on a real API server, against a table: nothing more, nothing less."""

import json
from collections.abc import Iterator

import pytest
import yaml

from casebook.api.names import reader_name, tenant_id
from casebook.controller.manifests import reader as reader_manifest
from casebook.controller.manifests import role_binding
from casebook.controller.tenancy import Domain, bindings
from support.release import OPERATOR, RUNS, apply, manifests
from support.tools import output, run

KINDS = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ServiceAccount")
READ = "get list watch"

EVIDENCE = {
    **dict.fromkeys(
        [
            *("configmaps", "endpoints", "events", "limitranges", "namespaces", "persistentvolumeclaims", "pods"),
            *("pods/log", "replicationcontrollers", "resourcequotas", "serviceaccounts", "services"),
            *("controllerrevisions.apps", "daemonsets.apps", "deployments.apps", "replicasets.apps"),
            *("statefulsets.apps", "cronjobs.batch", "jobs.batch", "horizontalpodautoscalers.autoscaling"),
            *("poddisruptionbudgets.policy", "ingresses.networking.k8s.io", "networkpolicies.networking.k8s.io"),
            *("endpointslices.discovery.k8s.io", "events.events.k8s.io", "rolebindings.rbac.authorization.k8s.io"),
            *("roles.rbac.authorization.k8s.io", "pods.metrics.k8s.io"),
        ],
        READ,
    )
}
CLUSTER_SCOPED = [
    *("nodes", "persistentvolumes", "storageclasses.storage.k8s.io", "ingressclasses.networking.k8s.io"),
    *("priorityclasses.scheduling.k8s.io", "apiservices.apiregistration.k8s.io"),
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
]
PLATFORM = {
    **EVIDENCE,
    **dict.fromkeys(CLUSTER_SCOPED, READ),
    **dict.fromkeys(
        [
            *("nodes.metrics.k8s.io", "csidrivers.storage.k8s.io", "csinodes.storage.k8s.io"),
            *("volumeattachments.storage.k8s.io", "clusterroles.rbac.authorization.k8s.io"),
            "clusterrolebindings.rbac.authorization.k8s.io",
        ],
        READ,
    ),
}
CONTROLLER = {
    "investigations.casebook.dev": "delete get list patch update watch",
    "memories.casebook.dev": "create delete get list patch update watch",
    "skills.casebook.dev": "create delete get list patch update watch",
    "investigations/status.casebook.dev": "get patch update",
    "memories/status.casebook.dev": "get patch update",
    "skills/status.casebook.dev": "get patch update",
    "namespaces": READ,
    "events": "create",
    "events.events.k8s.io": "create",
    "rolebindings.rbac.authorization.k8s.io": "create",
    "rolebindings.rbac.authorization.k8s.io casebook-evidence-reader": "delete get patch",
    "rolebindings.rbac.authorization.k8s.io casebook-gateway": "delete get patch",
    "clusterroles.rbac.authorization.k8s.io casebook-evidence-reader": "bind",
    "clusterroles.rbac.authorization.k8s.io casebook-gateway-tenant": "bind",
}
CONTROLLER_IN_RUNS = {
    "jobs.batch": "create delete get list watch",
    "pods": READ,
    "serviceaccounts": "create delete get list watch",
}
GATEWAY = {
    "namespaces": "get list",
    "tokenreviews.authentication.k8s.io": "create",
    "subjectaccessreviews.authorization.k8s.io": "create",
    **dict.fromkeys(CLUSTER_SCOPED, "get list"),
}
STATUS = {
    "investigations/status.casebook.dev": "patch update",
    "memories.casebook.dev": "list watch",
    "skills.casebook.dev": "list watch",
}


@pytest.fixture(scope="module")
def tenant(kubeconfig: str) -> Iterator[dict[str, str]]:
    """The chart's accounts and rights, and one tenant's namespace with the bindings that the controller makes."""
    wanted = [manifest for manifest in manifests() if manifest["kind"] in KINDS]
    made = [name for name in (OPERATOR, RUNS) if run("kubectl", "create", "namespace", name).returncode == 0]
    installed = run("kubectl", "get", "clusterrole", "casebook-controller").returncode == 0
    apply(wanted)
    namespace = f"casebook-rights-{abs(hash(kubeconfig)) % 10_000}"
    output("kubectl", "create", "namespace", namespace)
    owner = tenant_id(namespace, None)
    domain = Domain(OPERATOR, RUNS, frozenset())
    account = reader_manifest(reader_name(owner), owner, RUNS)
    apply([account, *(role_binding(binding, namespace) for binding in bindings(owner, domain))])
    yield {"namespace": namespace, "reader": reader_name(owner)}
    output("kubectl", "delete", "namespace", namespace, "--wait=false")
    run("kubectl", "delete", "serviceaccount", "-n", RUNS, reader_name(owner))
    if not installed:
        cluster = [m for m in wanted if m["kind"].startswith("Cluster")]
        output("kubectl", "delete", "-f", "-", stdin=yaml.safe_dump_all(cluster))
    if made:
        output("kubectl", "delete", "namespace", *made)


def rights(account: str, namespace: str) -> dict[str, str]:
    """Resource, with the name that it is limited to, and verbs; without what every account may."""
    common = _rules(NOBODY, namespace)
    return {key: verbs for key, verbs in _rules(account, namespace).items() if common.get(key) != verbs}


NOBODY = f"{RUNS}:casebook-nobody"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


def _rules(account: str, namespace: str) -> dict[str, str]:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    user = f"system:serviceaccount:{account}"
    answer = output("kubectl", "create", "--raw", REVIEWS, "-f", "-", "--as", user, stdin=json.dumps(review))
    status = json.loads(answer)["status"]
    assert not status["incomplete"], status
    found: dict[str, set[str]] = {}
    for rule in status["resourceRules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for name in rule.get("resourceNames", [""]):
                    key = f"{resource}.{group}".rstrip(".") + (f" {name}" if name else "")
                    found.setdefault(key, set()).update(rule["verbs"])
    return {key: " ".join(sorted(verbs)) for key, verbs in found.items()}


def test_the_reader_of_a_tenant(tenant):
    account = f"{RUNS}:{tenant['reader']}"
    assert rights(account, tenant["namespace"]) == EVIDENCE
    for elsewhere in (OPERATOR, RUNS, "default", "kube-system"):
        assert rights(account, elsewhere) == {}, elsewhere


def test_the_reader_sees_the_namespaces_of_its_tenant_and_no_other(tenant):
    user = f"system:serviceaccount:{RUNS}:{tenant['reader']}"
    own = tenant["namespace"]
    assert output("kubectl", "get", "namespace", own, "-o", "name", "--as", user).strip() == f"namespace/{own}"
    for name in ("kube-system", "there-is-no-such-namespace"):
        said = run("kubectl", "get", "namespace", name, "--as", user)
        assert "(Forbidden)" in said.stderr, name
    assert "(Forbidden)" in run("kubectl", "get", "namespaces", "--as", user).stderr


def test_the_reader_of_the_platform(tenant):
    for namespace in (tenant["namespace"], OPERATOR, RUNS, "kube-system"):
        assert rights(f"{RUNS}:reader-platform", namespace) == PLATFORM


def test_the_controller(tenant):
    account = f"{OPERATOR}:casebook-controller"
    for namespace in (tenant["namespace"], OPERATOR, "kube-system"):
        assert rights(account, namespace) == CONTROLLER
    assert rights(account, RUNS) == {**CONTROLLER, **CONTROLLER_IN_RUNS}


def test_the_gateway(tenant):
    account = f"{OPERATOR}:casebook-gateway"
    assert rights(account, "kube-system") == GATEWAY
    assert rights(account, RUNS) == {**GATEWAY, "pods": "get"}
    assert rights(account, OPERATOR) == {**GATEWAY, **STATUS, "investigations.casebook.dev": "get list"}
    in_tenant = {**GATEWAY, **STATUS, "investigations.casebook.dev": "create get list"}
    assert rights(account, tenant["namespace"]) == in_tenant


@pytest.mark.parametrize("account", ["casebook-postgres", "casebook-migration"])
def test_the_database_may_nothing(tenant, account):
    assert rights(f"{OPERATOR}:{account}", OPERATOR) == {}


def test_nobody_of_ours_reads_secrets_or_starts_processes(tenant):
    accounts = [f"{OPERATOR}:{name}" for name in ("casebook-controller", "casebook-gateway", "casebook-postgres")]
    accounts += [f"{RUNS}:{name}" for name in ("reader-platform", tenant["reader"], "default")]
    for account in accounts:
        for namespace in (OPERATOR, RUNS, tenant["namespace"], "kube-system"):
            held = set(_rules(account, namespace))
            named = {part for key in held for part in key.split(" ")[0].split(".")}
            assert not named & {"*", "secrets", "pods/exec", "pods/attach", "pods/portforward"}, (account, namespace)


@pytest.mark.parametrize("what", [("get", "secrets"), ("create", "pods/exec"), ("create", "pods"), ("list", "secrets")])
def test_the_reader_asks_in_vain(tenant, what):
    user = f"system:serviceaccount:{RUNS}:{tenant['reader']}"
    said = run("kubectl", "auth", "can-i", *what, "-n", tenant["namespace"], "--as", user)
    assert said.stdout.strip() == "no"


def test_the_controller_can_bind_nothing_but_the_two_roles(tenant):
    user = f"system:serviceaccount:{OPERATOR}:casebook-controller"

    def bind(role: str, name: str) -> str:
        manifest = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": name, "namespace": "default"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": "x", "namespace": RUNS}],
        }
        arguments = ("kubectl", "create", "--dry-run=server", "-f", "-", "--as", user)
        return run(*arguments, stdin=json.dumps(manifest)).stderr

    for role in ("cluster-admin", "view", "casebook-platform-reader", "casebook-gateway", "casebook-confirmer"):
        assert "attempting to grant RBAC permissions not currently held" in bind(role, "try"), role
    for role in ("casebook-evidence-reader", "casebook-gateway-tenant"):
        assert bind(role, "try") == ""
    for verb in ("get", "patch", "delete"):
        arguments = ("kubectl", "auth", "can-i", verb, "rolebindings/something-else", "-n", "default", "--as", user)
        assert run(*arguments).stdout.strip() == "no", verb


def test_no_secret_can_be_put_where_agents_run(tenant):
    (quota,) = [m for m in manifests() if m["kind"] == "ResourceQuota"]
    assert quota["metadata"]["namespace"] == RUNS
    assert quota["spec"]["hard"] == {"count/secrets": "0"}
