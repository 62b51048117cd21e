"""Focus and the registry: each rule by itself."""

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

from casebook.analysis.world import World
from casebook.reasoning.asked.focus import focus
from casebook.reasoning.catalogue import UNSEEN
from casebook.reasoning.engine import weigh
from casebook.reasoning.registry import REGISTRY
from casebook.reasoning.situation import Situation
from support.builders import NS, ago, run, service, snapshot
from support.shop import shop

ROOT = Path(__file__).parents[3]
PARTS = ("analysis", "knowledge", "reasoning")
CORE = sorted(path for part in PARTS for path in (ROOT / "operator/casebook" / part).rglob("*.py"))
SCENARIOS = ROOT / "tests/cluster/scenarios"
APPLICATION = ROOT / "tests/cluster/shop"

NAMED = re.compile(r"(?<![\w.-])(?:alert)?name: [\"']?([\w.-]*\w)")
SETTING = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
COMPOUND = re.compile(r"[-_.]")
TRADE = frozenset(
    [
        *("anti-affinity", "auth", "cpu", "data", "egress", "http", "https", "postgres", "start", "tls"),
        *("JobFailed", "RolloutStuck"),
    ]
)
"""Names of scenarios and of what they apply that are words of the trade, or codes of ours, as well."""


@lru_cache
def scenario_names() -> frozenset[str]:
    """Names of scenarios, of what users do there, of alerts, of the objects and ports in manifests, of settings."""
    names = {"checkout", *(path.name for path in SCENARIOS.iterdir() if path.is_dir())}
    for path in [*SCENARIOS.rglob("*.yaml"), *APPLICATION.rglob("*.yaml")]:
        names |= {*NAMED.findall(path.read_text()), *SETTING.findall(path.read_text())}
    return frozenset(names - TRADE)


def strings_of(source: Path) -> list[str]:
    """The string literals of a module, without its docstrings."""
    tree = ast.parse(source.read_text())
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in spoken]
    return [node.value for node in found if isinstance(node.value, str)]


class TestFocus:
    def names(self, asked: object) -> set[str]:
        return {ref.label(NS) for ref in focus(World(snapshot(asked, [*shop(), service("checkout-api")])))}

    def test_the_target_with_its_service(self) -> None:
        assert self.names(run("", "Deployment/api")) == {"Deployment/api", "Service/api"}

    def test_a_pod_stands_for_its_workload_even_when_it_is_gone(self) -> None:
        assert self.names(run("", "Pod/api-7d9c-xyz")) == {"Deployment/api", "Service/api"}

    def test_words_of_the_question(self) -> None:
        assert self.names(run("why is auth so slow since noon?")) == {"Deployment/auth", "Service/auth"}
        assert self.names(run("checkout is slow")) == {"Service/checkout-api"}

    def test_labels_of_the_alert(self) -> None:
        assert self.names(run(alert={"alertname": "Down", "service": "web", "severity": "critical"})) == {
            "Deployment/web",
            "Service/web",
        }

    def test_nothing_named_means_everything(self) -> None:
        assert self.names(run("what is wrong?")) == set()
        assert len(Situation.of(snapshot(run("what is wrong?"), shop())).path) > 10


class TestRegistry:
    VOCABULARY = frozenset(["MemoryLimitTooLow", "MemoryLeak", "RuntimeHeapExhausted", "CPULimitTooLow", "ImageNotFound", "ImageUnauthorized", "ImageRegistryUnreachable", "ImageAbsentOnNode", "ImageWrongArchitecture", "CommandInvalid", "ProcessExitsCleanly", "EnvMissing", "EnvShadowed", "ConfigMapMissing", "ConfigMapKeyMissing", "SecretMissing", "SecretKeyMissing", "ConfigValueWrong", "SecretValueWrong", "ConfigNotReloaded", "FeatureFlagEnabled", "ReleaseRegression", "ReleaseIncompatible", "RolloutStuck", "ScaledToZero", "ScaledTooLow", "LivenessProbeWrong", "ReadinessProbeWrong", "ReadinessGateUnmet", "StartupProbeWrong", "InitContainerFailed", "SidecarFailed", "PortConflict", "ServiceAccountMissing", "SecurityContextDenied", "VolumePermissionDenied", "TerminationTooSlow", "ThreadOrPidLimit", "FileDescriptorLeak", "ConnectionPoolExhausted", "QuotaExceeded", "LimitRangeDenied", "InsufficientResources", "HPAAtMax", "HPANoMetrics", "HPAMisconfigured", "TrafficSurge", "NodeDiskPressure", "NodeMemoryPressure", "NodePIDPressure", "Preempted", "DatabaseConnectionsExhausted", "CacheCold", "ConsumerTooSlow", "DependencyDown", "WorkloadDeleted", "DependencySlow", "ExternalDependencyFailing", "VolumeFull", "EphemeralStorageExceeded", "LockContention", "QueryRegression", "ServiceSelectorMismatch", "ServicePortMismatch", "ServiceMissing", "EndpointsNotReady", "UnreadyAddressesPublished", "NetworkPolicyDenies", "DNSFailing", "HostnameWrong", "IngressMisconfigured", "PacketLoss", "CertificateExpired", "CertificateMismatch", "NodeSelectorUnsatisfied", "AffinityUnsatisfied", "TaintNotTolerated", "TopologySpreadUnsatisfied", "NodeCordoned", "StorageClassMissing", "VolumeBindingFailed", "VolumeClaimMissing", "VolumeInUse", "VolumeMountFailed", "DisruptionBudgetBlocks", "JobFailed", "JobDeadlineExceeded", "JobNeverCompletes", "CronJobSuspended", "JobSuspended", "CronJobScheduleWrong", "CronJobConcurrencyBlocked", "AdmissionWebhookDown", "AdmissionWebhookTLS", "AdmissionWebhookDenies", "AdmissionWebhookMutates", "AdmissionPolicyDenies", "PodSecurityDenied", "RBACDenied", "APIServiceUnavailable", "FinalizerStuck", "NamespaceTerminating", "NodeNotReady", "KubeletDown", "RuntimeDown", "SchedulerDown", "ControllerManagerDown", "ClockSkew", "StaleAlert", "AlreadyRecovered", "PlannedChange", "LowTraffic", "MonitoringArtefact", "ExpectedBehaviour"])  # fmt: skip  # noqa: E501

    def test_every_code_of_the_vocabulary_has_a_cause_or_a_reason_why_not(self) -> None:
        assert set(REGISTRY) | set(UNSEEN) == self.VOCABULARY

    @pytest.mark.parametrize("code", sorted(REGISTRY))
    def test_every_cause_says_what_a_person_needs(self, code: str) -> None:
        entry = REGISTRY[code]
        assert entry.means.endswith(".")
        assert entry.names
        assert entry.explains
        assert 0 < entry.base_rate < 0.5
        assert entry.predictions
        assert any(prediction.failed <= -200 for prediction in entry.predictions), "nothing could refute it"
        assert all(prediction.held >= 0 >= prediction.failed for prediction in entry.predictions)

    @pytest.mark.parametrize("source", CORE, ids=lambda path: f"{path.parent.name}/{path.stem}")
    def test_nothing_looks_for_the_names_of_an_application_or_a_scenario(self, source: Path) -> None:
        """A check must work under any other name. A name of one word counts where it is all of a string."""
        literals = strings_of(source)
        said = {word for text in literals for word in re.findall(r"[A-Za-z0-9][\w.-]*", text) if COMPOUND.search(word)}
        assert not (said | set(literals)) & scenario_names()

    def test_the_scan_knows_the_names(self) -> None:
        assert {path.name for path in SCENARIOS.iterdir()} - scenario_names() == {"anti-affinity"}
        assert {"app-config", "QUEUE_URL", "HighErrorRatio", "ledger", "checkout", "gateway"} <= scenario_names()
        assert {path.relative_to(ROOT / "operator/casebook").parts[0] for path in CORE} == set(PARTS)

    def test_the_scan_finds_a_name(self, tmp_path: Path) -> None:
        source = tmp_path / "cause.py"
        source.write_text('"""Of svc-selector."""\nNAME, SAID = "ledger", "the queue of app-config"\n')
        assert strings_of(source) == ["ledger", "the queue of app-config"]

    def test_detection_of_nothing_in_an_empty_world(self) -> None:
        assert weigh(snapshot(run("why?"), [])).ranked == ()


def test_builders_write_times_as_kubernetes_does() -> None:
    assert ago(0) == "2026-11-20T12:00:00Z"
