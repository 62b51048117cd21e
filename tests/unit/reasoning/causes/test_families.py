"""Certificates not reloaded, Services that heed no readiness, backlogs, webhooks that change pods, schedulers."""

from typing import Any, ClassVar

import pytest

from casebook.analysis.things import RESOURCES
from casebook.api.observation import listing
from support.builders import (
    Raw,
    ago,
    configmap,
    container,
    ended,
    endpoints,
    env,
    healthy,
    log,
    managed,
    meta,
    observe,
    pending,
    pod,
    replicaset,
    run,
    running,
    service,
    snapshot,
    template,
    waiting,
    workload,
)
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report
from support.shop import body, shop

UNTRUSTED = '{"level":"ERROR","msg":"POST https://auth:80/verify failed: unable to get local issuer certificate"}'
FINE = '{"level":"INFO","msg":"POST /checkout 200"}'


class TestConfigNotReloaded:
    def served(self, up: float, *, secret: str = "auth-tls", path: str = "/keys") -> list[Raw]:
        mounts = [{"name": "t", "mountPath": path}]
        made = template(
            "auth", container(volumeMounts=mounts), volumes=[{"name": "t", "secret": {"secretName": secret}}]
        )
        top = workload("auth", made)
        owner = replicaset(top, 1, made, age=7200)
        running_pod = pod(owner, made, running("app", up=up), name="auth-p0")
        return [*shop("auth"), top, owner, running_pod, service("auth"), endpoints("auth")]

    def found(self, up: float, lines: list[str], **how: str) -> Any:
        return snapshot(run("checkout fails", "Deployment/api"), self.served(up, **how), log("api-p0", lines, step=10))

    def test_old_process_whose_callers_trusted_it_until_now(self) -> None:
        assert_root(
            self.found(3600, [FINE] * 10 + [UNTRUSTED] * 6),
            "Deployment/auth",
            "ConfigNotReloaded",
            "unable to get local",
        )

    def test_a_process_that_started_with_the_errors_has_read_what_is_there(self) -> None:
        found = assert_refuted(self.found(65, [FINE] * 10 + [UNTRUSTED] * 6), "Deployment/auth", "ConfigNotReloaded")
        assert [item.cause for item in found.root_causes] == ["CertificateMismatch"]

    def test_a_secret_is_known_by_where_it_is_mounted(self) -> None:
        lines = [FINE] * 10 + [UNTRUSTED] * 6
        asked = self.found(3600, lines, secret="auth-material", path="/etc/ssl/auth")
        assert_root(asked, "Deployment/auth", "ConfigNotReloaded", "auth-material")
        assert_not_named(self.found(3600, lines, secret="auth-material"), "ConfigNotReloaded")

    def test_callers_that_never_trusted_it_prove_nothing(self) -> None:
        assert_not_named(self.found(3600, [UNTRUSTED] * 6), "ConfigNotReloaded")


class TestUnreadyAddressesPublished:
    REFUSED = '{"level":"ERROR","msg":"GET http://api:80/products failed: connection refused"}'

    def objects(self, *, publish: bool = True, headless: bool = False, ready: int = 1) -> list[Raw]:
        body_ = body("api")
        top = workload("api", body_, replicas=2)
        owner = replicaset(top, 1, body_, age=7200, replicas=2)
        pods = [pod(owner, body_, running("app", ready=number < ready), name=f"api-p{number}") for number in range(2)]
        written = managed("kubectl-patch", 300, {"f:spec": {"f:publishNotReadyAddresses": {}}})
        more = {"publishNotReadyAddresses": True} if publish else {}
        found = service("api", metadata=meta("api", managedFields=[written]), **more)
        if headless:
            found["spec"]["clusterIP"] = "None"
        return [*shop("api"), top, owner, *pods, found, endpoints("api", 2)]

    def asked(self, objects: list[Raw]) -> Any:
        return snapshot(run("some requests fail", "Deployment/web"), objects, log("web-p0", [self.REFUSED] * 6))

    def test_one_of_two_is_not_ready_and_gets_traffic(self) -> None:
        assert_root(
            self.asked(self.objects()), "Service/api", "UnreadyAddressesPublished", "publishNotReadyAddresses = true"
        )

    def test_all_are_ready(self) -> None:
        assert_refuted(self.asked(self.objects(ready=2)), "Service/api", "UnreadyAddressesPublished")

    def test_none_is_ready_so_that_heeding_it_would_not_help(self) -> None:
        assert_not_named(self.asked(self.objects(ready=0)), "UnreadyAddressesPublished")

    @pytest.mark.parametrize("how", [{"publish": False}, {"headless": True}])
    def test_a_service_that_heeds_readiness_or_is_headless_is_none(self, how: Raw) -> None:
        assert hypothesis(report(self.asked(self.objects(**how))), "UnreadyAddressesPublished") is None


class TestConsumerTooSlow:
    CALLS: ClassVar[list[Raw]] = [{"name": "QUEUE_URL", "value": "http://jobs:80"}]

    def objects(self, *, changed: bool = True) -> list[Raw]:
        pace = {"name": "PAUSE", "valueFrom": {"configMapKeyRef": {"name": "pace", "key": "PAUSE"}}}
        fields = {"f:data": {"f:PAUSE": {}}}
        written = [managed("kubectl-edit", 240, fields)] if changed else []
        taker = healthy("taker", template("taker", container(env=[*self.CALLS, pace])))
        return [
            *healthy("jobs", template("jobs", container())),
            *healthy("producer", template("producer", container(env=self.CALLS))),
            *healthy("shopfront", template("shopfront", container(env=env(PRODUCER_URL="http://producer:80")))),
            *[item for item in taker if item["kind"] != "Service"],
            configmap("pace", {"PAUSE": "5"}, managedFields=written),
        ]  # fmt: skip

    def asked(self, depths: list[int], *, said: str = FINE, **how: Any) -> Any:
        lines = [f'{{"level":"WARNING","msg":"queue depth {depth}","depth":{depth}}}' for depth in depths]
        return snapshot(
            run("jobs are done late", "Deployment/jobs"),
            self.objects(**how),
            log("jobs-p0", lines, step=20),
            log("taker-p0", [said] * 6),
        )

    def test_the_setting_that_was_changed_before_the_backlog_grew(self) -> None:
        assert_root(self.asked([20, 40, 80]), "ConfigMap/pace", "ConsumerTooSlow", "PAUSE", "80")

    def test_without_a_change_more_work_may_come_as_well(self) -> None:
        found = report(self.asked([20, 40, 80], changed=False))
        assert found.verdict.value == "Inconclusive"
        assert (found.hypotheses[0].object, found.hypotheses[0].cause) == ("Deployment/taker", "ConsumerTooSlow")
        assert found.hypotheses[0].confidence_percent < 50

    @pytest.mark.parametrize("depths", [[80, 40, 20], [20, 90, 30], [20, 21, 22], [2, 4, 8], [20, 80]])
    def test_what_does_not_grow_is_no_backlog(self, depths: list[int]) -> None:
        assert report(self.asked(depths)).verdict.value == "NoFault"

    def test_a_consumer_that_fails_is_not_merely_slow(self) -> None:
        broken = '{"level":"ERROR","msg":"KeyError: cents","exception":"Traceback\\nKeyError: cents"}'
        assert_not_named(self.asked([20, 40, 80], said=broken), "ConsumerTooSlow")


class TestAdmissionWebhookMutates:
    HOOK: ClassVar[Raw] = {
        "name": "limits.example",
        "rules": [{"resources": ["pods"], "operations": ["CREATE"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
        "objectSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["guard"]}]},
    }

    def asked(self, *hooks: Raw, given: str = "16Mi", wanted_limit: str = "128Mi", default: str = "") -> Any:
        limits = {"limits": {"memory": wanted_limit}} if wanted_limit else {}
        wanted = template("api", container(resources=limits))
        made = template("api", container(resources={"limits": {"memory": given}}))
        top = workload("api", wanted)
        owner = replicaset(top, 1, wanted, age=3600)
        status = waiting("app", "CrashLoopBackOff", restarts=4, last=ended(137, "OOMKilled", lived=1))
        limits_of = {"limits": [{"type": "Container", "default": {"memory": default}}]}
        ranges = [{"kind": "LimitRange", "metadata": meta("usual"), "spec": limits_of}] if default else []
        objects = [top, owner, pod(owner, made, status, name="api-p0"), service("api"), *ranges]
        found = snapshot(run("api is down", "Deployment/api"), objects)
        configurations = [
            {"kind": "MutatingWebhookConfiguration", "metadata": meta("limits", namespace=""), "webhooks": list(hooks)}
        ]
        query = listing(RESOURCES["MutatingWebhookConfiguration"])
        return found.extended([observe(query, {"items": configurations if hooks else []}, 2)])

    def test_the_webhook_that_is_called_for_the_pod(self) -> None:
        assert_root(
            self.asked(self.HOOK), "MutatingWebhookConfiguration/limits", "AdmissionWebhookMutates", "16Mi", "128Mi"
        )

    @pytest.mark.parametrize(
        "other",
        [
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "elsewhere"}}},
            {"objectSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["guard"]}]}},
            {"rules": [{"resources": ["pods"], "operations": ["DELETE"]}]},
        ],
    )
    def test_a_webhook_that_is_not_called_is_none(self, other: Raw) -> None:
        assert_refuted(self.asked(self.HOOK | other), "Deployment/api", "AdmissionWebhookMutates")

    def test_a_limit_of_the_template_itself_is_the_templates_fault(self) -> None:
        assert_root(self.asked(self.HOOK, given="128Mi"), "Deployment/api", "MemoryLimitTooLow")

    def test_a_limit_where_the_template_has_none(self) -> None:
        asked = self.asked(self.HOOK, wanted_limit="")
        assert_root(asked, "MutatingWebhookConfiguration/limits", "AdmissionWebhookMutates", "16Mi", "nothing of it")

    def test_a_limit_that_a_limit_range_gives_was_changed_by_nobody(self) -> None:
        asked = self.asked(self.HOOK, wanted_limit="", default="16Mi")
        assert_root(asked, "Deployment/api", "MemoryLimitTooLow")

    def test_the_same_quantity_in_other_words_is_no_change(self) -> None:
        assert_root(self.asked(self.HOOK, given="134217728"), "Deployment/api", "MemoryLimitTooLow")


class TestSchedulerDown:
    def waiting_pod(self, *, age: float = 120, **spec: Any) -> list[Raw]:
        made = body("api", **spec)
        top = workload("api", made)
        owner = replicaset(top, 1, made, age=7200)
        alone = {"kind": "Pod", "metadata": meta("api-p0", age=age, owner=owner, labels={"app": "api"}),
                 "spec": made["spec"], "status": {"phase": "Pending"}}  # fmt: skip
        return [*shop("api"), top, owner, alone, service("api")]

    def asked(self, objects: list[Raw]) -> Any:
        return snapshot(run("api does not start", "Deployment/api"), objects)

    def test_nobody_has_looked_at_it(self) -> None:
        assert_root(self.asked(self.waiting_pod()), "Component/kube-scheduler", "SchedulerDown")

    def test_a_scheduler_of_its_own_that_nobody_runs(self) -> None:
        found = self.asked(self.waiting_pod(schedulerName="batch"))
        assert_root(found, "Deployment/api", "SchedulerDown", "batch does not run")

    def test_a_pod_of_this_moment_is_only_young(self) -> None:
        assert_not_named(self.asked(self.waiting_pod(age=3)), "SchedulerDown")

    def test_one_that_the_scheduler_refused_was_looked_at(self) -> None:
        top = workload("api")
        owner = replicaset(top, 1, top["spec"]["template"], age=4000)
        waits = pending(owner, top["spec"]["template"], "0/1 nodes are available: 1 Insufficient cpu.")
        assert hypothesis(report(self.asked([*shop("api"), top, owner, waits])), "SchedulerDown") is None

    def test_a_later_pod_that_was_placed_shows_a_scheduler_at_work(self) -> None:
        later = healthy("later")
        for item in later:
            if item["kind"] == "Pod":
                item["status"]["conditions"][0]["lastTransitionTime"] = ago(20)
        assert_refuted(self.asked([*self.waiting_pod(), *later]), "Component/kube-scheduler", "SchedulerDown")


class TestNetworkPolicyDenies:
    LATE = '{"level":"ERROR","msg":"database db:5432: connection timed out"}'
    DEAF = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: Temporary failure in name resolution"}'

    def policy(self, app: str = "db", admitted: str = "worker", **spec: Any) -> Raw:
        peers = [{"podSelector": {"matchLabels": {"app": admitted}}}]
        written = [managed("kubectl-edit", 200, {"f:spec": {"f:ingress": {}}})]
        given = {"podSelector": {"matchLabels": {"app": app}}, "ingress": [{"from": peers}]} | spec
        return {"kind": "NetworkPolicy", "metadata": meta("guard", managedFields=written), "spec": given}

    def asked(self, policy: Raw, line: str, *more: str) -> Any:
        return snapshot(
            run("the api shows errors", "Deployment/api"), [*shop(), policy], log("api-p0", [line] * 6 + list(more))
        )

    def test_a_policy_that_does_not_admit_the_caller(self) -> None:
        assert_root(self.asked(self.policy(), self.LATE), "NetworkPolicy/guard", "NetworkPolicyDenies", "timed out")

    def test_a_policy_that_admits_it_is_none(self) -> None:
        assert hypothesis(report(self.asked(self.policy(admitted="api"), self.LATE)), "NetworkPolicyDenies") is None

    def test_a_refusal_comes_from_the_other_side(self) -> None:
        refused = '{"level":"ERROR","msg":"database db:5432: connection refused"}'
        assert_refuted(self.asked(self.policy(), refused), "NetworkPolicy/guard", "NetworkPolicyDenies")

    def test_where_the_caller_still_gets_through_nobody_enforces_it(self) -> None:
        through = '{"level":"INFO","msg":"query to db:5432 took 3 ms"}'
        assert_refuted(self.asked(self.policy(), self.LATE, through), "NetworkPolicy/guard", "NetworkPolicyDenies")

    def test_where_requests_arrive_nobody_enforces_it(self) -> None:
        late = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: timed out"}'
        arrives = log("auth-p0", ['{"level":"INFO","msg":"POST /verify 200","ms":2100}'] * 3)
        asked = self.asked(self.policy("auth"), late)
        assert_root(asked, "NetworkPolicy/guard", "NetworkPolicyDenies")
        assert_refuted(asked.extended([arrives]), "NetworkPolicy/guard", "NetworkPolicyDenies")

    def test_egress_without_a_way_to_the_dns(self) -> None:
        shut = self.policy("api", policyTypes=["Egress"], egress=[{"ports": [{"port": 443}]}])
        assert_root(self.asked(shut, self.DEAF), "NetworkPolicy/guard", "NetworkPolicyDenies", "to any DNS server")


def test_a_variable_that_leads_to_the_same_place_as_the_config_map_shadows_nothing() -> None:
    given = container(
        envFrom=[{"configMapRef": {"name": "settings"}}], env=env(AUTH_URL="https://auth:80", API_URL="http://api:80")
    )
    line = '{"level":"ERROR","msg":"POST https://auth:80/verify failed: certificate has expired"}'
    objects = [
        *healthy("web", template("web", given)),
        *shop("web"),
        configmap("settings", {"AUTH_URL": "http://auth:80"}),
    ]
    found = snapshot(run("the shop shows errors", "Deployment/web"), objects, log("web-p0", [line] * 6))
    assert_refuted(found, "Deployment/web", "EnvShadowed")


class TestConfigMapNotReloaded:
    WRONG = '{"level":"ERROR","msg":"POST http://auht:80/verify failed: Name or service not known"}'

    def asked(self, *, edited: float = 300, up: float = 1200, line: str = WRONG) -> Any:
        reference = [{"name": "AUTH_URL", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "AUTH_URL"}}}]
        made = template("api", container(env=reference))
        top = workload("api", made)
        owner = replicaset(top, 1, made, age=7200)
        alone = pod(owner, made, running("app", up=up), name="api-p0")
        written = [managed("kubectl-edit", edited, {"f:data": {"f:AUTH_URL": {}}})]
        settings = configmap("settings", {"AUTH_URL": "http://auth:80"}, managedFields=written)
        objects = [*shop("api"), top, owner, alone, service("api"), endpoints("api"), settings]
        return snapshot(run("still no checkout", "Deployment/api"), objects, log("api-p0", [line] * 8, step=20))

    def test_the_map_was_corrected_and_the_process_not_restarted(self) -> None:
        assert_root(self.asked(), "Deployment/api", "ConfigNotReloaded", "AUTH_URL = http://auth:80", "auht")

    def test_a_process_that_started_since_has_read_the_present_value(self) -> None:
        assert_refuted(self.asked(up=200), "Deployment/api", "ConfigNotReloaded")

    def test_an_error_about_the_present_value_is_not_about_an_old_one(self) -> None:
        line = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: timed out"}'
        assert hypothesis(report(self.asked(line=line)), "ConfigNotReloaded") is None


class TestFileBySubPath:
    """A ConfigMap of which one file is mounted alone: what a container sees of it is as old as the container."""

    GONE = "ERROR fetch of http://old-cdn/logo failed: <urlopen error [Errno -2] Name or service not known>"

    def asked(self, mount: Raw, source: Raw, *, up: float = 320) -> Any:
        mounted = {"volumeMounts": [{"name": "banner", **mount}]}
        volumes = [{"name": "banner", **source}]
        made = template("page", container(**mounted), volumes=volumes)
        top = workload("page", made)
        owner = replicaset(top, 1, made, age=7200)
        alone = pod(owner, made, running("app", up=up), name="page-p0")
        written = [managed("kubectl-client-side-apply", 300, {"f:data": {"f:text.txt": {}}})]
        banner = configmap("banner", {"text.txt": "http://new-cdn/logo"}, managedFields=written)
        objects = [top, owner, alone, *healthy("new-cdn"), banner]
        lines = log("page-p0", [self.GONE] * 12, step=20)
        return snapshot(run("page shows no logo", "Deployment/page"), objects, lines)

    ALONE: ClassVar[Raw] = {"mountPath": "/etc/page/text.txt", "subPath": "text.txt"}
    MAP: ClassVar[Raw] = {"configMap": {"name": "banner"}}

    @pytest.mark.parametrize(
        ("mount", "source"),
        [
            (ALONE, MAP),
            (
                {"mountPath": "/etc/page/t", "subPath": "t"},
                {"configMap": {"name": "banner", "items": [{"key": "text.txt", "path": "t"}]}},
            ),
            (ALONE, {"projected": {"sources": [MAP]}}),
        ],
    )
    def test_what_is_used_is_what_it_held_before(self, mount: Raw, source: Raw) -> None:
        said = ("text.txt = http://new-cdn/logo", "subPath", "old-cdn")
        assert_root(self.asked(mount, source), "Deployment/page", "ConfigNotReloaded", *said)

    def test_a_file_of_a_whole_map_follows_it(self) -> None:
        asked = self.asked({"mountPath": "/etc/page"}, self.MAP)
        assert hypothesis(report(asked), "ConfigNotReloaded") is None

    def test_another_file_by_subpath_says_nothing_of_this_one(self) -> None:
        asked = self.asked({"mountPath": "/etc/page/logo", "subPath": "logo"}, self.MAP)
        assert hypothesis(report(asked), "ConfigNotReloaded") is None

    def test_a_container_that_started_since_sees_the_new_file(self) -> None:
        assert_refuted(self.asked(self.ALONE, self.MAP, up=290), "Deployment/page", "ConfigNotReloaded")


def test_a_new_pod_that_is_only_starting_speaks_less_for_a_regression() -> None:
    def percent(age: float) -> int:
        before, after = body("api"), template("api", container(image="shop:2"))
        top = workload("api", after)
        old, new = replicaset(top, 1, before, age=7200), replicaset(top, 2, after, age=age)
        starting = pod(new, after, running("app", up=age, ready=False), name="api-new", age=age)
        refused = '{"level":"ERROR","msg":"GET http://api:80/products failed: connection refused"}'
        objects = [top, old, new, pod(old, before, name="api-old"), starting, service("api"), endpoints("api")]
        asked = run("some requests fail", "Deployment/web")
        found = report(snapshot(asked, [*shop("api"), *objects], log("web-p0", [refused] * 6)))
        item = hypothesis(found, "ReleaseRegression", "Deployment/api")
        assert item is not None
        return item.confidence_percent

    assert percent(60) < percent(900) - 20
