"""Every manifest: known to every supported Kubernetes, hardened, and whole in itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from casebook.cluster.resources import RESOURCES
from casebook.controller.config import ControllerConfig
from casebook.gateway.config import GatewayConfig
from support import release

VERSIONS = ("1.32.0", "1.34.0", "1.37.0")
OWN = {"monitoring.coreos.com/v1"}
WORKLOADS = ("Deployment", "StatefulSet", "Job")
PLAIN = ("default", "minimal", "external", "everything")

Manifest = dict[str, Any]


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for manifest in manifests:
        if manifest["kind"] in WORKLOADS:
            yield f"{manifest['kind']}/{manifest['metadata']['name']}", manifest["spec"]["template"]["spec"]


def containers(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for name, pod in pods(manifests):
        for container in pod["containers"] + pod.get("initContainers", []):
            yield f"{name}/{container['name']}", container


def of_kind(manifests: list[Manifest], *kinds: str) -> dict[str, Manifest]:
    return {m["metadata"]["name"]: m for m in manifests if m["kind"] in kinds}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_supported_kubernetes_knows_every_field(manifests, version):
    for manifest in manifests:
        # The API server itself is the judge of definitions, in tests/integration/api.
        if manifest["apiVersion"] in OWN or manifest["kind"].startswith(("Mutating", "CustomResource")):
            continue
        kubernetes_validate.validate(manifest, version, strict=True)


def test_every_pod_meets_the_restricted_standard(manifests):
    for name, pod in pods(manifests):
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["runAsUser"] > 0, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod), name
        assert {next(iter(set(volume) - {"name"})) for volume in pod.get("volumes", [])} <= {
            *("configMap", "secret", "emptyDir", "projected", "persistentVolumeClaim")
        }, name
    for name, container in containers(manifests):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name


def test_every_container_says_what_it_needs_and_writable_memory_is_bounded(manifests):
    for name, container in containers(manifests):
        assert {"requests", "limits"} <= set(container["resources"]), name
        assert "memory" in container["resources"]["limits"], name
    for name, pod in pods(manifests):
        for volume in pod["volumes"]:
            if "emptyDir" in volume and volume["name"] != "data":
                assert volume["emptyDir"]["sizeLimit"], (name, volume["name"])


def test_long_running_containers_are_probed(manifests):
    for name, container in containers([m for m in manifests if m["kind"] != "Job"]):
        if not name.endswith("/tables"):
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), name


def test_what_a_pod_mounts_is_there(rendered):
    for values, outside in (("default", set()), ("external", {"my-database"}), ("minimal", {"my-receivers"})):
        manifests = rendered(values)
        there = set(of_kind(manifests, "ConfigMap", "Secret")) | outside
        for name, pod in pods(manifests):
            wanted = {v["configMap"]["name"] for v in pod["volumes"] if "configMap" in v}
            wanted |= {v["secret"]["secretName"] for v in pod["volumes"] if "secret" in v}
            for container in pod["containers"]:
                references = [e["valueFrom"]["secretKeyRef"] for e in container.get("env", []) if "valueFrom" in e]
                wanted |= {reference["name"] for reference in references}
            assert wanted <= there, name
            assert pod["serviceAccountName"] in of_kind(manifests, "ServiceAccount"), name


def test_selectors_find_pods_and_ports_are_there(rendered):
    manifests = rendered("default")
    for name, service in of_kind(manifests, "Service").items():
        found = [
            m for m in manifests if m["kind"] in WORKLOADS
            and service["spec"]["selector"].items() <= m["spec"]["template"]["metadata"]["labels"].items()
        ]  # fmt: skip
        assert [m["metadata"]["name"] for m in found] == [name]
        named = {p["name"] for c in found[0]["spec"]["template"]["spec"]["containers"] for p in c.get("ports", [])}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= named


def test_pods_do_not_change_with_the_charts_version(manifests):
    for manifest in manifests:
        if manifest["kind"] in WORKLOADS:
            labels = manifest["spec"]["template"]["metadata"]["labels"]
            assert "helm.sh/chart" not in labels
            assert "app.kubernetes.io/version" not in labels


def test_the_configuration_is_what_the_roles_read(rendered):
    for values in PLAIN:
        maps = of_kind(rendered(values), "ConfigMap")
        controller = yaml.safe_load(maps["casebook-controller"]["data"]["controller.yaml"])
        ControllerConfig.model_validate(controller)
        gateway = GatewayConfig.model_validate(yaml.safe_load(maps["casebook-gateway"]["data"]["gateway.yaml"]))
        assert gateway.operator_namespace == controller["operatorNamespace"] == "casebook-system"
    unset = {f.alias for f in ControllerConfig.model_fields.values()} - set(controller)
    assert unset == {"watchInactivitySeconds", "workers"}, "settings that the chart does not offer"


def test_tokens_are_in_the_secret_and_nowhere_else(rendered):
    manifests = rendered("external")
    secret = of_kind(manifests, "Secret")["casebook-receivers"]["stringData"]
    assert secret["shop"].split("\n") == ["first-token-of-the-shop", "second-token-of-the-shop"]
    assert secret["shop.outbound"] == "key-that-signs-what-is-sent"
    rest = str([m for m in manifests if m["kind"] != "Secret"])
    for word in ("first-token", "second-token", "key-that-signs", "token-of-the-platform"):
        assert word not in rest


def test_gateway_and_controller_get_the_applications_address_only(rendered):
    for values in ("default", "external"):
        environment = {
            name: {e["valueFrom"]["secretKeyRef"]["key"] for e in c.get("env", []) if "valueFrom" in e}
            for name, c in containers(rendered(values))
        }
        assert environment["Deployment/casebook-gateway/gateway"] == {"app-url"}
        assert environment["Deployment/casebook-controller/controller"] == {"app-url"}
        assert environment["Job/casebook-migration-1/migrate"] == {"admin-url", "app-password"}


def test_passwords_with_signs_are_escaped_in_addresses(rendered):
    secret = of_kind(rendered("everything"), "Secret")["casebook-postgres"]["stringData"]
    assert secret["owner-password"] == "p/w:with@signs"
    assert secret["admin-url"].startswith("postgresql://casebook:p%2Fw%3Awith%40signs@casebook-postgres.")


def test_agents_may_call_nobody_but_dns_the_api_server_and_the_gateway(rendered):
    policy = of_kind(rendered("external"), "NetworkPolicy")["casebook-agents"]
    assert policy["metadata"]["namespace"] == "casebook-runs"
    assert policy["spec"]["podSelector"] == {}
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy["spec"]
    dns, api, gateway = policy["spec"]["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    assert [peer["ipBlock"]["cidr"] for peer in api["to"]] == ["10.0.0.1/32", "fd00::1/128"]
    assert gateway["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "gateway"


def test_only_the_gateway_is_let_into_the_prometheus(rendered):
    manifests = rendered("everything")
    settings = yaml.safe_load(of_kind(manifests, "ConfigMap")["casebook-gateway"]["data"]["gateway.yaml"])
    assert settings["prometheus"] == {
        "url": "https://prometheus.monitoring.svc:9090",
        "tokenFile": "/etc/casebook/prometheus/token",
        "caFile": "/etc/casebook/prometheus/ca.crt",
    }
    GatewayConfig.model_validate(settings)
    mounting = [
        name
        for name, deployment in of_kind(manifests, "Deployment").items()
        if "prometheus-token" in yaml.safe_dump(deployment)
    ]
    assert mounting == ["casebook-gateway"]
    agents = of_kind(manifests, "NetworkPolicy")["casebook-agents"]["spec"]["egress"]
    assert {port["port"] for rule in agents for port in rule["ports"]} == {53, 443, 6443, 8080}
    default = of_kind(rendered("default"), "ConfigMap")["casebook-gateway"]["data"]["gateway.yaml"]
    assert "prometheus" not in yaml.safe_load(default)


def test_only_the_gateway_holds_the_keys_of_models(rendered):
    manifests = rendered("everything")
    settings = yaml.safe_load(of_kind(manifests, "ConfigMap")["casebook-gateway"]["data"]["gateway.yaml"])
    models = GatewayConfig.model_validate(settings).models
    cloud, own = models.endpoints
    assert [one.model for one in models.embeddings] == ["vectors-1"]
    assert (str(cloud.key_file), cloud.price.completion) == ("/etc/casebook/models/cloud", 2)
    told = [models.reasoning_of(tenant) for tenant in ("ns:shop", "label:payments", "platform")]
    assert told == ["Always", "BuiltIn", "Assisted"]
    assert (own.key_file, own.url) == (None, "http://vllm.models.svc:8000/v1")
    assert (models.money_per_run, models.calls_per_tenant_and_day) == (0.5, 500)
    holding = [m["metadata"]["name"] for m in manifests if "model-keys" in yaml.safe_dump(m)]
    assert holding == ["casebook-gateway"]
    agents = of_kind(manifests, "NetworkPolicy")["casebook-agents"]["spec"]["egress"]
    assert {port["port"] for rule in agents for port in rule["ports"]} == {53, 443, 6443, 8080}


def test_only_the_controller_holds_the_key_of_its_embeddings(rendered):
    manifests = rendered("everything")
    settings = of_kind(manifests, "ConfigMap")["casebook-controller"]["data"]["controller.yaml"]
    endpoint = ControllerConfig.model_validate(yaml.safe_load(settings)).embeddings_endpoint
    assert endpoint is not None
    assert (endpoint.url, endpoint.model) == ("http://vllm.models.svc:8001/v1", "vectors-1")
    holding = [m["metadata"]["name"] for m in manifests if "vectors-key" in yaml.safe_dump(m)]
    assert holding == ["casebook-controller"]
    pod = of_kind(manifests, "Deployment")["casebook-controller"]["spec"]["template"]["spec"]
    (volume,) = [one for one in pod["volumes"] if one["name"] == "embeddings"]
    (mount,) = [one for one in pod["containers"][0]["volumeMounts"] if one["name"] == "embeddings"]
    assert endpoint.key_file == Path(mount["mountPath"]) / volume["secret"]["items"][0]["path"]


def test_without_an_endpoint_there_is_no_model(rendered):
    manifests = rendered("default")
    settings = yaml.safe_load(of_kind(manifests, "ConfigMap")["casebook-gateway"]["data"]["gateway.yaml"])
    assert "models" not in settings
    volumes = of_kind(manifests, "Deployment")["casebook-gateway"]["spec"]["template"]["spec"]["volumes"]
    assert "models" not in {volume["name"] for volume in volumes}


def test_every_policy_fails_closed_and_denies(rendered):
    manifests = rendered("default")
    validating = of_kind(manifests, "ValidatingAdmissionPolicy")
    assert len(validating) == 8
    for name, policy in {**validating, **of_kind(manifests, "MutatingAdmissionPolicy")}.items():
        assert policy["spec"]["failurePolicy"] == "Fail", name
    bindings = of_kind(manifests, "ValidatingAdmissionPolicyBinding")
    assert {name: b["spec"] for name, b in bindings.items()} == {
        name: {"policyName": name, "validationActions": ["Deny"]} for name in validating
    }


@pytest.mark.parametrize(("served", "used"), [(("v1beta1",), "v1beta1"), (("v1beta1", "v1"), "v1"), ((), None)])
def test_names_are_stamped_by_the_newest_version_that_is_served(served, used):
    arguments = [a for v in served for a in ("-a", f"admissionregistration.k8s.io/{v}/MutatingAdmissionPolicy")]
    made = [m for m in release.manifests(*arguments) if m["kind"].startswith("Mutating")]
    assert {m["apiVersion"] for m in made} == ({f"admissionregistration.k8s.io/{used}"} if used else set())
    assert len(made) == (4 if used else 0)
    for manifest in made if used == "v1" else ():
        kubernetes_validate.validate(manifest, "1.37.0", strict=True)


def test_definitions_are_kept_unless_told_otherwise(rendered):
    for values, keep in (("default", True), ("external", False)):
        for crd in of_kind(rendered(values), "CustomResourceDefinition").values():
            annotations = crd["metadata"].get("annotations", {})
            assert (annotations.get("helm.sh/resource-policy") == "keep") is keep
            assert crd["metadata"]["labels"]["app.kubernetes.io/part-of"] == "casebook"
    assert of_kind(rendered("minimal"), "CustomResourceDefinition") == {}


def test_only_a_platform_receiver_may_create_in_the_operators_namespace(rendered):
    for values, verbs in (("default", ["get", "list"]), ("external", ["get", "list", "create"])):
        roles = [m for m in rendered(values) if m["kind"] == "Role" and m["metadata"]["name"] == "casebook-gateway"]
        (role,) = [r for r in roles if r["metadata"]["namespace"] == "casebook-system"]
        assert role["rules"][0]["verbs"] == verbs


def test_no_role_of_ours_names_secrets_or_everything(manifests):
    for manifest in manifests:
        if manifest["kind"] in ("Role", "ClusterRole"):
            for rule in manifest["rules"]:
                named = {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
                assert not named & {"*", "secrets", "pods/exec", "impersonate", "escalate"}, manifest["metadata"][
                    "name"
                ]


def test_no_role_for_people_is_aggregated(rendered):
    for name, role in of_kind(rendered("default"), "ClusterRole").items():
        labels = " ".join(role["metadata"]["labels"])
        assert "rbac.authorization.k8s.io/aggregate" not in labels, name


def test_agents_may_read_every_kind_that_the_client_knows(rendered):
    roles = of_kind(rendered("default"), "ClusterRole")

    def readable(role: str) -> set[str]:
        return {
            f"{resource}.{group}".rstrip(".")
            for rule in roles[role]["rules"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
        }

    reviews = {"authentication.k8s.io", "authorization.k8s.io", "casebook.dev"}
    known = [resource for resource in RESOURCES if resource.group not in reviews]
    assert {r.name for r in known if r.namespaced} <= readable("casebook-evidence-reader")
    assert {r.name for r in known} <= readable("casebook-platform-reader")
