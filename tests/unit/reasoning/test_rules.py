"""Scores, cover, focus and the registry: each rule by itself."""

import ast
import math
import re
from functools import lru_cache
from pathlib import Path

import pytest

from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite, Ref
from casebook.analysis.world import World
from casebook.api.enums import Outcome
from casebook.reasoning.board import Part, Ranked
from casebook.reasoning.catalogue import UNSEEN
from casebook.reasoning.cause import Candidate, Cause, Prediction, failed, held
from casebook.reasoning.covering import THRESHOLD, choose
from casebook.reasoning.engine import weigh
from casebook.reasoning.focus import focus
from casebook.reasoning.registry import REGISTRY
from casebook.reasoning.scoring import (
    CHANGED_AFTER,
    CHANGED_BEFORE,
    EXPLAINS_NOTHING,
    OFF_PATH,
    PER_SYMPTOM,
    assess,
    explains,
    logit,
)
from casebook.reasoning.situation import Situation
from support.builders import NOW, NS, ago, container, endpoints, env, healthy, log, run, service, snapshot, template
from support.curves import STEPS, curves, level, metered
from support.shop import shop

ROOT = Path(__file__).parents[3]
CORE = sorted(path for part in ("reasoning", "analysis") for path in (ROOT / "operator/casebook" / part).rglob("*.py"))
SCENARIOS = ROOT / "tests/cluster/scenarios"
APPLICATION = ROOT / "tests/cluster/shop"
CODES = Path(__file__).parents[3] / "operator" / "casebook" / "reasoning" / "causes"
REFUSED = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: Connection refused"}'
BAD = '{"level":"ERROR","msg":"GET http://api:80/x failed: HTTP 502 Bad Gateway"}'
AUTH, API, WEB = (Ref("Deployment", NS, name) for name in ("auth", "api", "web"))


TRADE = frozenset(["anti-affinity"])
"""Names of scenarios that are words of Kubernetes as well."""
APPLICATIONS = frozenset(
    ["web", "api", "db", "gateway", "worker", "loadgen", "checkout", "partner", "shop", "indexer", "ledger"]
)


@lru_cache
def scenario_names() -> frozenset[str]:
    """Names of more than one word of scenarios, and of the objects and variables in their manifests."""
    names = {path.name for path in SCENARIOS.iterdir() if path.is_dir()}
    for path in [*SCENARIOS.rglob("*.yaml"), *APPLICATION.rglob("*.yaml")]:
        names |= set(re.findall(r"(?m)^\s*(?:- )?(?:\{)?name: \"?([\w.-]*\w)", path.read_text()))
    return frozenset(name for name in names - TRADE if re.search(r"[-_.]", name))


def strings_of(source: Path) -> list[str]:
    """The string literals of a module, without its docstrings."""
    tree = ast.parse(source.read_text())
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in spoken]
    return [node.value for node in found if isinstance(node.value, str)]


def situation(target: str = "Deployment/web") -> Situation:
    """web blames api, api blames auth; the Service of auth has no endpoints."""
    objects = [one for one in shop() if one["metadata"]["name"] != "auth-s1"]
    logs = [log("api-p0", [REFUSED] * 6), log("web-p0", [BAD] * 6)]
    return Situation.of(snapshot(run("why?", target), [*objects, endpoints("auth", 0)], *logs))


def cause(code: str = "X", rate: float = 0.1, *predictions: Prediction[None]) -> Cause[None]:
    return Cause(code, "m", "n", "e", rate, lambda _: (), predictions, lambda *_: ())


def candidate(ref: Ref, *signs: Sign, **more: object) -> Candidate[None]:
    return Candidate(ref, f"{ref.name} did it", frozenset({ref}), frozenset(signs), None, **more)


def parts(found: Ranked) -> list[int]:
    return [part.centinats for part in found.parts]


class TestScore:
    def test_the_prior_is_the_log_odds_of_the_base_rate(self) -> None:
        assert logit(0.5) == 0
        assert logit(0.1) == round(100 * math.log(0.1 / 0.9))

    def test_held_adds_failed_subtracts_untested_counts_nothing(self) -> None:
        yes = Prediction("a", lambda *_: held(Cite("o", "x")), 120, -200)
        no = Prediction("b", lambda *_: failed(), 80, -90)
        unknown = Prediction("c", lambda *_: held()._replace(outcome=Outcome.UNTESTED), 300, -300)
        found = assess(situation(), cause("X", 0.1, yes, no, unknown), candidate(AUTH))
        assert parts(found)[:3] == [logit(0.1), 120, -90]
        assert len([part for part in found.parts if part.name.startswith(("held", "failed"))]) == 2

    def test_a_change_before_the_symptoms_counts_for_it_and_one_after_against_it(self) -> None:
        early, late = NOW.replace(hour=11, minute=55), NOW.replace(hour=12, minute=3)
        assert CHANGED_BEFORE in parts(assess(situation(), cause(), candidate(AUTH, changed=early)))
        now_hurt = Candidate(AUTH, "s", frozenset({AUTH}), frozenset(), None, changed=late)
        assert explains(situation(), now_hurt) <= {one for one in situation().symptoms if one.since is None}
        assert CHANGED_AFTER < 0

    def test_what_curves_show_of_one_fault_counts_as_one_symptom(self) -> None:
        late = level(0.05, 0.9, since=6)
        curved = curves(latency={"web": late, "api": late, "auth": late})
        found = assess(
            Situation.of(snapshot(metered(run(target="Deployment/web")), shop(), *curved)), cause(), candidate(AUTH)
        )
        assert len(found.explained) == 3
        assert [part.centinats for part in found.parts if part.name.startswith("explains 3 of 3")] == [PER_SYMPTOM]

    def test_who_takes_work_away_explains_what_waits_though_nothing_depends_on_it(self) -> None:
        taker = healthy("taker", template("taker", container(env=env(QUEUE_URL="http://queue:80"))))
        waits = [*[1.0] * (STEPS - 6), *[20.0 * step for step in range(1, 7)]]
        seen = snapshot(
            metered(run(target="Deployment/queue")), [*healthy("queue"), *taker], *curves(backlog={"queue": waits})
        )
        found = assess(Situation.of(seen), cause(), candidate(Ref("Deployment", NS, "taker")))
        assert [one.sign for one in found.explained] == [Sign.BACKLOG]
        assert OFF_PATH not in parts(found)
        other = assess(Situation.of(seen), cause(), candidate(Ref("Deployment", NS, "other")))
        assert not other.explained

    def test_what_explains_nothing_on_the_path_is_unlikely(self) -> None:
        assert EXPLAINS_NOTHING in parts(assess(situation(), cause(), candidate(Ref("Deployment", NS, "db"))))

    def test_what_lies_off_the_path_is_less_likely(self) -> None:
        off = candidate(Ref("Deployment", NS, "elsewhere"))
        assert OFF_PATH in parts(assess(situation(), cause(), off))
        assert OFF_PATH not in parts(assess(situation(), cause(), candidate(AUTH)))

    def test_the_percentage_is_the_logistic_of_the_sum_and_never_100(self) -> None:
        base = assess(situation(), cause(), candidate(AUTH))
        for total, percent in ((0, 50), (100, 73), (-200, 12), (5000, 99), (-5000, 0)):
            item = Ranked(base.cause_entry, base.candidate, (), (Part("x", total),), frozenset(), "x")
            assert item.percent == percent


class TestCover:
    def ranked(self, ref: Ref, total: int, code: str, *signs: Sign, **more: object) -> Ranked:
        one = situation()
        found = candidate(ref, *signs, **more)
        return Ranked(cause(code), found, (), (Part("x", total),), explains(one, found), one.label(ref))

    def chosen(self, *items: Ranked) -> list[str]:
        return [item.cause for item in choose(situation(), items) if item.chosen]

    def test_upstream_beats_downstream_even_with_a_lower_score(self) -> None:
        up, down = self.ranked(AUTH, 150, "Up"), self.ranked(API, 300, "Down", Sign.PEER_ERRORS, Sign.VAGUE)
        assert down.explained < up.explained
        assert self.chosen(up, down) == ["Up"]

    def test_below_the_threshold_nothing_is_chosen(self) -> None:
        assert self.chosen(self.ranked(AUTH, THRESHOLD - 1, "Weak")) == []
        assert self.chosen(self.ranked(AUTH, THRESHOLD, "Enough")) == ["Enough"]

    def test_of_two_on_one_entity_the_better_wins_and_the_other_shows_why(self) -> None:
        one, other = self.ranked(AUTH, 300, "Better"), self.ranked(AUTH, 200, "Worse")
        found = choose(situation(), [one, other])
        assert [item.cause for item in found if item.chosen] == ["Better"]
        assert any("explains the same better" in part.name for part in found[1].parts)

    def test_a_second_one_only_for_what_is_left(self) -> None:
        up, apart = self.ranked(AUTH, 300, "Up"), self.ranked(WEB, 250, "Apart", Sign.CRASH)
        assert self.chosen(up, apart) == ["Up"]

    def test_a_refuted_one_is_never_chosen(self) -> None:
        bad = Prediction("a", lambda *_: failed(Cite("o", "x")), 10, -200)
        one = situation()
        found = assess(one, cause("No", 0.99, bad), candidate(AUTH))
        item = Ranked(
            found.cause_entry, found.candidate, found.results, (Part("x", 900),), found.explained, found.label
        )
        assert choose(one, [item])[0].standing.value == "Refuted"


class TestExplains:
    def test_a_symptom_that_blames_another_is_not_explained(self) -> None:
        db = Ref("StatefulSet", NS, "db")
        assert not [one for one in explains(situation(), candidate(db)) if one.entity in (API, WEB)]

    def test_a_symptom_from_before_the_cause_is_not_explained(self) -> None:
        late = candidate(AUTH, since=NOW.replace(hour=13))
        assert all(one.since is None for one in explains(situation(), late))


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
    VOCABULARY = frozenset(["MemoryLimitTooLow", "MemoryLeak", "RuntimeHeapExhausted", "CPULimitTooLow", "ImageNotFound", "ImageUnauthorized", "ImageRegistryUnreachable", "ImageAbsentOnNode", "ImageWrongArchitecture", "CommandInvalid", "ProcessExitsCleanly", "EnvMissing", "EnvShadowed", "ConfigMapMissing", "ConfigMapKeyMissing", "SecretMissing", "SecretKeyMissing", "ConfigValueWrong", "SecretValueWrong", "ConfigNotReloaded", "FeatureFlagEnabled", "ReleaseRegression", "ReleaseIncompatible", "RolloutStuck", "ScaledToZero", "ScaledTooLow", "LivenessProbeWrong", "ReadinessProbeWrong", "StartupProbeWrong", "InitContainerFailed", "SidecarFailed", "PortConflict", "ServiceAccountMissing", "SecurityContextDenied", "VolumePermissionDenied", "TerminationTooSlow", "ThreadOrPidLimit", "FileDescriptorLeak", "ConnectionPoolExhausted", "QuotaExceeded", "LimitRangeDenied", "InsufficientResources", "HPAAtMax", "HPANoMetrics", "HPAMisconfigured", "TrafficSurge", "NodeDiskPressure", "NodeMemoryPressure", "NodePIDPressure", "Preempted", "DatabaseConnectionsExhausted", "CacheCold", "ConsumerTooSlow", "DependencyDown", "DependencySlow", "ExternalDependencyFailing", "VolumeFull", "EphemeralStorageExceeded", "LockContention", "QueryRegression", "ServiceSelectorMismatch", "ServicePortMismatch", "ServiceMissing", "EndpointsNotReady", "UnreadyAddressesPublished", "NetworkPolicyDenies", "DNSFailing", "HostnameWrong", "IngressMisconfigured", "PacketLoss", "CertificateExpired", "CertificateMismatch", "NodeSelectorUnsatisfied", "AffinityUnsatisfied", "TaintNotTolerated", "TopologySpreadUnsatisfied", "NodeCordoned", "StorageClassMissing", "VolumeBindingFailed", "VolumeClaimMissing", "VolumeInUse", "VolumeMountFailed", "DisruptionBudgetBlocks", "JobFailed", "JobDeadlineExceeded", "JobNeverCompletes", "CronJobSuspended", "JobSuspended", "CronJobScheduleWrong", "CronJobConcurrencyBlocked", "AdmissionWebhookDown", "AdmissionWebhookTLS", "AdmissionWebhookDenies", "AdmissionWebhookMutates", "AdmissionPolicyDenies", "PodSecurityDenied", "RBACDenied", "APIServiceUnavailable", "FinalizerStuck", "NamespaceTerminating", "NodeNotReady", "KubeletDown", "RuntimeDown", "SchedulerDown", "ControllerManagerDown", "ClockSkew", "StaleAlert", "AlreadyRecovered", "PlannedChange", "LowTraffic", "MonitoringArtefact", "ExpectedBehaviour"])  # fmt: skip  # noqa: E501

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
        """Names of scenarios, of what they apply, and of their settings: a check must work under any other name."""
        literals = strings_of(source)
        said = {word for text in literals for word in re.findall(r"[A-Za-z0-9][\w.-]*", text)}
        assert not said & scenario_names()
        assert not APPLICATIONS & set(literals)

    def test_the_scan_knows_the_names(self) -> None:
        assert {"svc-selector", "app-config", "QUEUE_URL"} <= scenario_names()
        assert len(CORE) > 100

    def test_detection_of_nothing_in_an_empty_world(self) -> None:
        assert weigh(snapshot(run("why?"), [])).ranked == ()


def test_builders_write_times_as_kubernetes_does() -> None:
    assert ago(0) == "2026-11-20T12:00:00Z"
