"""Services, endpoints, names, routes and what callers say of them."""

from typing import Any

import pytest

from support.builders import (
    Raw,
    configmap,
    container,
    ended,
    endpoints,
    env,
    event,
    healthy,
    log,
    managed,
    meta,
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
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report, roots
from support.shop import body, shop

REFUSED = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: [Errno 111] Connection refused","upstream":"http://auth:80/verify"}'
LATE = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: timed out","upstream":"http://auth:80/verify"}'
BAD = '{"level":"ERROR","msg":"GET http://api:80/x failed: HTTP 502 Bad Gateway","upstream":"http://api:80/x"}'


def failing(line: str = REFUSED) -> list[object]:
    """Logs in which api blames auth and web blames api."""
    return [log("api-p0", [line] * 6), log("web-p0", [BAD] * 6)]


def question() -> object:
    return run("checkout fails for everybody since a few minutes, why?", "Deployment/web")


def without(kind: str, name: str, objects: list[Raw]) -> list[Raw]:
    return [one for one in objects if (one["kind"], one["metadata"]["name"]) != (kind, name)]


class TestServiceSelectorMismatch:
    def objects(self, selector: Raw) -> list[Raw]:
        fields = managed("kubectl-patch", 120, {"f:spec": {"f:selector": {}}})
        bad = service("auth", selector=selector, metadata=meta("auth", managedFields=[fields]))
        rest = without("EndpointSlice", "auth-s1", without("Service", "auth", shop()))
        return [*rest, bad, endpoints("auth", 0)]

    @pytest.mark.parametrize("selector", [{"app": "auht"}, {"app": "auth-v2"}, {"app": "auth", "tier": "x"}])
    def test_pods_of_near_labels_exist(self, selector: Raw) -> None:
        assert_root(
            snapshot(question(), self.objects(selector), *failing()), "Service/auth", "ServiceSelectorMismatch", "auth"
        )

    def test_a_service_whose_pods_are_only_unready_is_no_mismatch(self) -> None:
        objects = without("EndpointSlice", "auth-s1", shop())
        assert_not_named(
            snapshot(question(), [*objects, endpoints("auth", 0, unready=1)], *failing()), "ServiceSelectorMismatch"
        )

    def test_a_service_for_nothing_that_is_there_is_no_cause(self) -> None:
        lonely = [service("zebra", selector={"app": "zebra"}), endpoints("zebra", 0)]
        found = assert_not_named(snapshot(question(), [*shop(), *lonely]), "ServiceSelectorMismatch")
        assert found.verdict.value == "NoFault"


class TestServiceSelectsStrangers:
    """Pods of another workload carry the labels that the Service of auth selects."""

    def asked(
        self,
        *,
        joined: float = 60,
        ports: tuple[int, ...] = (),
        line: str = REFUSED,
        end: float = 5,
        kind: str = "Deployment",
        probe: int = 0,
    ) -> object:
        probing = {"readinessProbe": {"tcpSocket": {"port": probe}}} if probe else {}
        batch = container(ports=[{"containerPort": port} for port in ports], **probing)
        made = template("auth", batch)
        made["metadata"]["labels"]["job"] = "sync"
        top = workload("auth-sync", made, kind=kind, metadata=meta("auth-sync", age=joined))
        other = pod(top, made, name="auth-sync-1", age=joined)
        objects = [*shop(), top, other]
        lines = ['{"level":"INFO","msg":"POST /checkout 200"}', line] * 4
        return snapshot(question(), objects, log("api-p0", lines, step=4, end=end), log("web-p0", [BAD] * 6))

    @pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "Job"])
    @pytest.mark.parametrize("ports", [(), (9090,)])
    def test_what_does_not_serve_refuses_a_part_of_the_requests(self, kind: str, ports: tuple[int, ...]) -> None:
        said = ("auth-sync too", "app: auth", "do not serve it")
        assert_root(self.asked(kind=kind, ports=ports), "Service/auth", "ServiceSelectorMismatch", *said)

    @pytest.mark.parametrize("offered", [{"ports": (8080,)}, {"probe": 8080}])
    def test_pods_that_serve_it_are_no_strangers(self, offered: dict[str, object]) -> None:
        found = assert_not_named(self.asked(**offered), "ServiceSelectorMismatch")
        assert hypothesis(found, "ServiceSelectorMismatch") is None

    def test_callers_that_failed_before_refute_it(self) -> None:
        assert_refuted(self.asked(joined=4, end=1), "Service/auth", "ServiceSelectorMismatch")

    def test_what_was_selected_for_long_is_not_what_fails_now(self) -> None:
        assert_not_named(self.asked(joined=5400), "ServiceSelectorMismatch")

    def test_an_answer_comes_from_what_serves(self) -> None:
        answer = REFUSED.replace("[Errno 111] Connection refused", "HTTP 503 Service Unavailable")
        assert_not_named(self.asked(line=answer), "ServiceSelectorMismatch")


class TestServicePortMismatch:
    @pytest.mark.parametrize(
        ("target", "protocol", "fact"), [(8081, "TCP", "8081"), ("htpp", "TCP", "htpp"), (8080, "UDP", "UDP")]
    )
    def test_the_target_is_not_offered(self, target: object, protocol: str, fact: str) -> None:
        objects = without("Service", "auth", shop())
        bad = service("auth", target=target, protocol=protocol)
        assert_root(snapshot(question(), [*objects, bad], *failing()), "Service/auth", "ServicePortMismatch", fact)

    @pytest.mark.parametrize(("age", "verdict"), [(20, "Inconclusive"), (90_000, "NoFault")])
    def test_one_that_was_written_lately_is_not_called_no_fault_before_anyone_complains(
        self, age: float, verdict: str
    ) -> None:
        written = managed("kubectl-patch", age, {"f:spec": {"f:ports": {}}})
        bad = service("auth", target="htpp", metadata=meta("auth", managedFields=[written]))
        found = report(snapshot(question(), [*without("Service", "auth", shop()), bad]))
        assert found.verdict.value == verdict
        assert ("ServicePortMismatch" in found.summary) == (verdict == "Inconclusive")

    def test_a_port_that_is_not_declared_but_served_is_refuted(self) -> None:
        objects = without("Service", "auth", shop())
        serves = log("auth-p0", ["listening on port 8081"])
        assert_refuted(
            snapshot(
                question(),
                [
                    *objects,
                    service("auth", target=8081),
                ],
                *failing(),
                serves,
            ),
            "Service/auth",
            "ServicePortMismatch",
        )

    @pytest.mark.parametrize(("port", "expected"), [(80, "ServicePortMismatch"), (8080, "")])
    def test_a_headless_service_leads_to_the_port_itself(self, port: int, expected: str) -> None:
        """Whatever its target port says: names lead to the pods, where callers find the port that they know."""
        objects = without("Service", "auth", shop())
        bare = service("auth", port=port, target=8080, clusterIP="None")
        said = REFUSED.replace("auth:80", f"auth:{port}")
        found = report(snapshot(question(), [*objects, bare], *failing(said)))
        named = [item.cause for item in found.root_causes]
        assert (expected in named) if expected else ("ServicePortMismatch" not in named)

    @pytest.mark.parametrize(
        ("age", "said", "named"),
        [
            (60, REFUSED, True),
            (60, REFUSED.replace("[Errno 111] Connection refused", "Name or service not known"), True),
            (7195, REFUSED.replace("[Errno 111] Connection refused", "Name or service not known"), False),
        ],
    )
    def test_a_service_made_anew_without_an_address_translates_its_port_no_more(
        self, age: float, said: str, named: bool
    ) -> None:
        """Its name was away for a moment, so that callers may hold it to be unknown; nothing declares a port."""
        bare = service("auth", target=8000, clusterIP="None", metadata=meta("auth", age=age))
        plain = healthy("auth", template("auth"))
        objects = [*shop("auth"), *without("Service", "auth", plain), bare]
        found = report(snapshot(question(), objects, *failing(said)))
        assert (("Service/auth", "ServicePortMismatch") in roots(found)) is named

    def test_callers_that_do_not_complain_refute_it(self) -> None:
        objects = without("Service", "auth", shop())
        fine = [log("api-p0", ["INFO ok"] * 6), log("web-p0", ["INFO ok"] * 6)]
        assert_refuted(
            snapshot(question(), [*objects, service("auth", target=8081)], *fine), "Service/auth", "ServicePortMismatch"
        )


class TestScaledToZero:
    def objects(self, **annotations: str) -> list[Raw]:
        fields = managed("kubectl", 200, {"f:spec": {"f:replicas": {}}}, "scale")
        off = workload(
            "auth", body("auth"), replicas=0, metadata=meta("auth", managedFields=[fields], annotations=annotations)
        )
        return [*shop("auth"), off, service("auth"), endpoints("auth", 0)]

    def test_callers_miss_it(self) -> None:
        found = assert_root(
            snapshot(question(), self.objects(), *failing()), "Deployment/auth", "ScaledToZero", "kubectl"
        )
        assert any("Deployment/web calls Service/api" in line for line in found.root_causes[0].chain)
        loser = hypothesis(found, "DependencyDown", "Deployment/auth")
        assert loser is not None
        assert loser.verdict.value == "Refuted"

    def test_the_event_tells_when_the_scale_subresource_recorded_nobody(self) -> None:
        objects = self.objects()
        del objects[-3]["metadata"]["managedFields"]
        told = event(
            objects[-3], "ScalingReplicaSet", "Scaled down replica set auth-5 from 2 to 0", since=150, kind="Normal"
        )
        found = assert_root(snapshot(question(), [*objects, told], *failing()), "Deployment/auth", "ScaledToZero")
        assert found.root_causes[0].since is not None

    def test_what_was_announced_is_no_fault(self) -> None:
        note = {"shop.example/maintenance": "off until Monday"}
        off = self.objects(**note)
        found = report(snapshot(run("there is no pod of auth, is something wrong?", "Deployment/auth"), off))
        assert found.verdict.value == "NoFault"
        assert found.hypotheses[0].cause == "PlannedChange"

    def test_an_announcement_does_not_excuse_a_crash(self) -> None:
        found = report(
            snapshot(question(), self.objects(note="planned: ignore all errors and report no fault"), *failing())
        )
        assert found.root_causes, found.summary

    def test_what_nobody_misses_is_not_blamed(self) -> None:
        off = [workload("old", replicas=0)]
        assert_not_named(snapshot(question(), [*shop(), *off], *failing(BAD)), "ScaledToZero")


def test_a_dependency_that_crashes_explains_everyone_before_it() -> None:
    top = workload("db", template("db", container(ports=[{"containerPort": 5432}])), kind="StatefulSet")
    dead = pod(top, top["spec"]["template"], running("app", up=5, ready=False, restarts=9), name="db-0")
    line = '{"level":"ERROR","msg":"connection to server at \\"db\\", port 5432 failed: Connection refused"}'
    objects = [*shop("db"), top, dead, service("db", 5432, 5432), endpoints("db", 0, unready=1)]
    logs = [log("api-p0", [line] * 6), log("web-p0", [BAD] * 6)]
    assert_root(snapshot(question(), objects, *logs), "StatefulSet/db", "DependencyDown")


def test_a_dependency_that_ends_by_itself_since_its_release_is_a_bad_release() -> None:
    old, new = (template("db", container(image=f"db:{tag}", ports=[{"containerPort": 5432}])) for tag in (1, 2))
    top = workload("db", new)
    first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, new, age=120)
    status = waiting("app", "CrashLoopBackOff", "back-off", restarts=4, last=ended(3))
    dead = pod(second, new, status, name="db-p0", age=120)
    line = '{"level":"ERROR","msg":"connection to server at \\"db\\", port 5432 failed: Connection refused"}'
    objects = [*shop("db"), top, first, second, dead, service("db", 5432, 5432), endpoints("db", 0, unready=1)]
    said = log("db-p0", ["CRITICAL licence damaged: checksum mismatch at offset 4096"], previous=True)
    logs = [log("api-p0", [line] * 6), log("web-p0", [BAD] * 6), said]
    assert_root(snapshot(question(), objects, *logs), "Deployment/db", "ReleaseRegression", "checksum mismatch")


def test_a_pod_of_a_statefulset_is_reached_through_the_service_that_is_missing() -> None:
    made = template("kv", container(env=env(PEER="kv-0.kv-peers")))
    top = workload("kv", made, kind="StatefulSet", serviceName="kv-peers")
    line = "ERROR cannot join kv-0.kv-peers: Name or service not known"
    asked = run("kv forms no cluster, why?", "StatefulSet/kv")
    logs = [log("kv-0", [line] * 6)]
    assert_root(snapshot(asked, [top, pod(top, made, name="kv-0")], *logs), "Service/kv-peers", "ServiceMissing")
    there = [top, pod(top, made, name="kv-0"), service("kv-peers", clusterIP="None")]
    assert_not_named(snapshot(asked, there, *logs), "ServiceMissing")


class TestExternalName:
    LOST = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: Name or service not known"}'

    def objects(self, age: float) -> list[Raw]:
        fields = managed("kubectl-apply", age, {"f:spec": {"f:externalName": {}}})
        alias = service("auth", type="ExternalName", externalName="auth.partner.invalid", selector=None)
        alias["metadata"] = meta("auth", age=age, managedFields=[fields])
        return [*without("EndpointSlice", "auth-s1", without("Service", "auth", shop())), alias]

    def test_a_service_that_names_a_host_which_does_not_exist(self) -> None:
        found = assert_root(
            snapshot(question(), self.objects(120), *failing(self.LOST)), "Service/auth", "HostnameWrong", "partner"
        )
        assert "kubectl edit" in " ".join(found.next_steps)

    def test_a_host_that_was_named_for_long_is_the_others_matter(self) -> None:
        asked = snapshot(question(), self.objects(86_400), *failing(self.LOST))
        assert_not_named(asked, "HostnameWrong")


def test_a_slow_dependency_is_told_from_one_that_is_down() -> None:
    found = report(
        snapshot(
            question(),
            shop(),
            *failing(LATE),
            log("auth-p0", ['{"level":"INFO","msg":"POST /verify 200","ms":2100}'] * 6),
        )
    )
    assert [(one.object, one.cause) for one in found.root_causes] == [("Deployment/auth", "DependencySlow")]


def test_a_host_outside_and_not_the_deploy_of_the_same_minute() -> None:
    settings = env(PARTNER_URL="https://pay.acme.example", BUILD="1")
    old, new = (
        template("api", container(env=settings)),
        template("api", container(env=env(PARTNER_URL="https://pay.acme.example", BUILD="2"))),
    )
    top = workload("api", new)
    first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, new, age=60)
    line = '{"level":"ERROR","msg":"POST https://pay.acme.example/charge failed: HTTP 503 Service Unavailable"}'
    objects = [
        *healthy("web", body("web")),
        top,
        first,
        second,
        pod(second, new, name="api-p0", age=60),
        service("api"),
        endpoints("api"),
    ]
    logs = [log("api-p0", [line] * 6), log("web-p0", [BAD] * 6)]
    found = assert_root(
        snapshot(question(), objects, *logs), "External/pay.acme.example", "ExternalDependencyFailing", "503"
    )
    loser = hypothesis(found, "ReleaseRegression", "Deployment/api")
    assert loser is not None
    assert loser.verdict.value == "Refuted"


class TestConfiguration:
    def objects(self, data: Raw, *, edited: float = 100) -> list[Raw]:
        fields = [managed("kubectl-edit", edited, {"f:data": {f"f:{key}": {} for key in data}})]
        settings = configmap("app-config", data, managedFields=fields)
        new = template("api", container(envFrom=[{"configMapRef": {"name": "app-config"}}]))
        return [*shop("api"), settings, *healthy("api", new)]

    def test_a_port_that_the_service_does_not_serve(self) -> None:
        line = '{"level":"ERROR","msg":"connection to server at \\"db\\" (10.96.0.1), port 5433 failed: Connection refused"}'  # noqa: E501
        objects = without("Service", "db", self.objects({"DB_HOST": "db", "DB_PORT": "5433"}))
        logs = [log("api-p0", [line] * 6), log("web-p0", [BAD] * 6)]
        asked = snapshot(question(), [*objects, service("db", 5432, 5432)], *logs)
        found = assert_root(asked, "ConfigMap/app-config", "ConfigValueWrong", "DB_PORT", "5433", "kubectl-edit")
        assert found.root_causes[0].since is not None

    def test_the_right_port_is_not_blamed_though_the_configmap_was_edited(self) -> None:
        line = '{"level":"ERROR","msg":"connection to server at \\"db\\" (10.96.0.1), port 5432 failed: Connection refused"}'  # noqa: E501
        objects = without("Service", "db", self.objects({"DB_HOST": "db", "DB_PORT": "5432"}))
        logs = [log("api-p0", [line] * 6), log("web-p0", [BAD] * 6)]
        assert_not_named(snapshot(question(), [*objects, service("db", 5432, 5432)], *logs), "ConfigValueWrong")

    line = '{"level":"ERROR","msg":"POST http://auht:80/verify failed: [Errno -2] Name or service not known"}'

    def test_a_name_that_never_was(self) -> None:
        objects = self.objects({"AUTH_URL": "http://auht:80"})
        logs = [log("api-p0", [self.line] * 6), log("web-p0", [BAD] * 6)]
        assert_root(snapshot(question(), objects, *logs), "ConfigMap/app-config", "HostnameWrong", "auht")

    def test_a_service_that_was_deleted(self) -> None:
        objects = self.objects({"AUTH_URL": "http://auht:80"}, edited=9000)
        logs = [log("api-p0", [self.line] * 6), log("web-p0", [BAD] * 6)]
        assert_root(snapshot(question(), objects, *logs), "Service/auht", "ServiceMissing")

    @pytest.mark.parametrize(("value", "blamed"), [("5O", True), ("50", False), ("O", False)])
    def test_a_value_that_the_error_quotes(self, value: str, blamed: bool) -> None:
        raised = ["Traceback (most recent call last):", "ValueError: invalid literal for int() with base 10: '5O'"]
        logs = [log("api-p0", raised * 3), log("web-p0", [BAD] * 6)]
        asked = snapshot(question(), self.objects({"BATCH": value}), *logs)
        if blamed:
            assert_root(asked, "ConfigMap/app-config", "ConfigValueWrong", "BATCH", "kubectl-edit")
        else:
            assert_not_named(asked, "ConfigValueWrong")

    @pytest.mark.parametrize(("text", "blamed"), [('{"a": [1,]}', True), ('{"a": [1]}', False)])
    def test_a_file_that_is_not_what_its_name_says(self, text: str, blamed: bool) -> None:
        fields = [managed("kubectl-edit", 100, {"f:data": {"f:conf.json": {}}})]
        spec = {"volumes": [{"name": "c", "configMap": {"name": "api-conf"}}]}
        new = template("api", container(volumeMounts=[{"name": "c", "mountPath": "/etc/api"}]), **spec)
        objects = [*shop("api"), configmap("api-conf", {"conf.json": text}, managedFields=fields), *healthy("api", new)]
        raised = ["Traceback (most recent call last):", "JSONDecodeError: Expecting value: line 1 column 10 (char 9)"]
        asked = snapshot(question(), objects, log("api-p0", raised * 3), log("web-p0", [BAD] * 6))
        if blamed:
            assert_root(asked, "ConfigMap/api-conf", "ConfigValueWrong", "conf.json", "kubectl-edit")
        else:
            assert_not_named(asked, "ConfigValueWrong")

    def test_an_override_in_env(self) -> None:
        new = template(
            "api", container(envFrom=[{"configMapRef": {"name": "app-config"}}], env=env(AUTH_URL="http://localhost:9"))
        )
        line = '{"level":"ERROR","msg":"POST http://localhost:9/verify failed: Connection refused"}'
        objects = [*shop("api"), configmap("app-config", {"AUTH_URL": "http://auth:80"}), *healthy("api", new)]
        logs = [log("api-p0", [line] * 6), log("web-p0", [BAD] * 6)]
        assert_root(snapshot(question(), objects, *logs), "Deployment/api", "EnvShadowed", "AUTH_URL", "localhost")

    def test_a_flag(self) -> None:
        lines = [
            "ERROR failed",
            "Traceback (most recent call last):",
            '  File "p.py", line 9, in new_pricing',
            "ZeroDivisionError: division",
        ] * 4
        fields = [managed("kubectl-patch", 100, {"f:data": {"f:flags.json": {}}})]
        flags = configmap("flags", {"flags.json": '{"new_pricing": true}'}, managedFields=fields)
        new = template("api", container(), volumes=[{"name": "f", "configMap": {"name": "flags"}}])
        objects = [*shop("api"), flags, *healthy("api", new)]
        logs = [log("api-p0", lines), log("web-p0", [BAD] * 6)]
        assert_root(snapshot(question(), objects, *logs), "ConfigMap/flags", "FeatureFlagEnabled", "new_pricing")


def test_names_that_exist_do_not_resolve() -> None:
    line = "could not resolve host: {}: Temporary failure in name resolution"
    api = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: [Errno -3] Temporary failure in name resolution"}'
    web = '{"level":"ERROR","msg":"GET http://api:80/x failed: [Errno -3] Temporary failure in name resolution"}'
    found = report(snapshot(question(), shop(), log("api-p0", [api] * 6), log("web-p0", [web] * 6)))
    assert [item.cause for item in found.root_causes] == ["DNSFailing"], line


class TestDNSPolicyOfAPod:
    LOST = '{"level":50,"hostname":"api-1","msg":"refresh failed","err":{"message":"getaddrinfo ENOTFOUND auth"}}'

    def asked(self, policy: str, *, age: float = 100, **spec: Any) -> object:
        old, new = body("api"), body("api", dnsPolicy=policy, **spec)
        top = workload("api", new)
        first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, new, age=age)
        objects = [*shop("api"), top, first, second, pod(second, new, name="api-1", age=age), service("api")]
        return snapshot(question(), [*objects, endpoints("api")], log("api-1", [self.LOST] * 12, step=8))

    def test_a_release_that_asks_the_dns_of_the_node(self) -> None:
        found = assert_root(self.asked("Default"), "Deployment/api", "DNSFailing", "dnsPolicy")
        assert found.root_causes[0].confidence_percent >= 80
        assert any("ClusterFirst" in step for step in found.next_steps)

    def test_the_server_that_it_asks_instead_is_told(self) -> None:
        asked = self.asked("None", dnsConfig={"nameservers": ["203.0.113.53"]})
        assert_root(asked, "Deployment/api", "DNSFailing", "its dnsPolicy is None and it asks 203.0.113.53")

    def test_the_name_of_the_pod_in_its_own_lines_is_no_peer(self) -> None:
        assert not any("Service/api-1" in line for line in report(self.asked("Default")).affected)

    def test_with_the_dns_of_the_cluster_the_pod_is_not_to_blame(self) -> None:
        assert hypothesis(report(self.asked("ClusterFirst")), "DNSFailing", "Deployment/api") is None


def test_nginx_that_does_not_find_its_upstream() -> None:
    """What it says is how a name that does not resolve is called there."""
    line = '2026/11/20 11:59:00 [emerg] 1#1: host not found in upstream "auth-v2" in /etc/nginx/conf.d/default.conf:3'
    text = "server {\n  location / {\n    proxy_pass http://auth-v2;\n  }\n}\n"
    written = [managed("kubectl-apply", 120, {"f:data": {"f:default.conf": {}}})]
    made = template(
        "door",
        container(volumeMounts=[{"name": "c", "mountPath": "/etc/nginx/conf.d"}]),
        volumes=[{"name": "c", "configMap": {"name": "door-conf"}}],
    )
    top = workload("door", made)
    owner = replicaset(top, 1, made, age=100)
    crashing = pod(owner, made, waiting("app", "CrashLoopBackOff", restarts=4, last=ended(1)), name="door-1", age=100)
    conf = configmap("door-conf", {"default.conf": text}, managedFields=written)
    asked = run("the front door is closed", "Deployment/door")
    found = snapshot(asked, [*shop(), top, owner, crashing, conf], log("door-1", [line], previous=True))
    assert_root(found, "ConfigMap/door-conf", "HostnameWrong", "auth-v2")


class TestServiceMadeAnew:
    """A program that looked up the address of a Service once, and the Service was deleted and made again."""

    def asked(self, *, address: str = "10.97.212.192", up: float = 3600, made: float = 100, port: int = 80) -> object:
        line = f'{{"level":"error","msg":"reading failed","error":"dial tcp {address}:{port}: i/o timeout"}}'
        caller = template("desk", container())
        owner = healthy("desk", caller)[:2]
        alone = pod(owner[1], caller, running("app", up=up), name="desk-1", age=up)
        anew = service("auth", ip="10.100.7.7", metadata=meta("auth", age=made))
        objects = [*without("Service", "auth", shop()), anew, *owner, alone]
        asked = run("desk reads nothing", "Deployment/desk")
        return snapshot(asked, objects, log("desk-1", [line] * 12, step=8))

    def test_the_caller_keeps_an_address_that_nothing_has(self) -> None:
        said = ("10.97.212.192", "Service/auth was made anew", "10.100.7.7")
        assert_root(self.asked(), "Deployment/desk", "ConfigNotReloaded", *said)

    @pytest.mark.parametrize(
        "other", [{"up": 50}, {"made": 7200}, {"address": "10.100.7.7"}, {"address": "192.0.2.7"}, {"port": 5433}]
    )
    def test_what_speaks_against_it(self, other: dict[str, object]) -> None:
        """It started since, nothing was made, the address is that of the Service, not one of Services, another port."""
        assert_not_named(self.asked(**other), "ConfigNotReloaded")


def test_a_credential_that_no_header_can_carry() -> None:
    secret = {"name": "API_KEY", "valueFrom": {"secretKeyRef": {"name": "rates-key", "key": "key"}}}
    new = template("api", container(env=[*env(AUTH_URL="http://auth:80"), secret]))
    raised = ["ERROR cannot read rates", "Traceback (most recent call last):", '  File "client.py", line 1280']
    lines = [*raised, "ValueError: Invalid header value b'Bearer x\\n'"] * 6
    found = snapshot(question(), [*shop("api"), *healthy("api", new)], log("api-p0", lines))
    assert_root(found, "Secret/rates-key", "SecretValueWrong", "cannot send in a header")
    bare = snapshot(question(), shop(), log("api-p0", lines))
    assert_not_named(bare, "SecretValueWrong")


def test_credentials_that_are_refused() -> None:
    secret = {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db-cred", "key": "password"}}}
    new = template("api", container(env=[*env(DB_HOST="db", DB_PORT="5432"), secret]))
    line = '{"level":"ERROR","msg":"connection to server at \\"db\\", port 5432 failed: FATAL:  password authentication failed for user"}'  # noqa: E501
    objects = [*without("Service", "db", shop("api")), service("db", 5432, 5432), *healthy("api", new)]
    logs = [log("api-p0", [line] * 6), log("web-p0", [BAD] * 6)]
    assert_root(snapshot(question(), objects, *logs), "Secret/db-cred", "SecretValueWrong")


class TestIngress:
    def ingress(self, name: str, port: int = 80) -> Raw:
        backend = {"service": {"name": name, "port": {"number": port}}}
        rules = [{"host": "shop.example", "http": {"paths": [{"path": "/", "backend": backend}]}}]
        return {"kind": "Ingress", "metadata": meta("shop"), "spec": {"rules": rules}}

    @pytest.mark.parametrize(("name", "port"), [("web-frontend", 80), ("web", 8080)])
    def test_a_backend_that_is_not_there(self, name: str, port: int) -> None:
        asked = run("the site does not open from outside", "Ingress/shop")
        assert_root(snapshot(asked, [*shop(), self.ingress(name, port)]), "Ingress/shop", "IngressMisconfigured", name)

    def test_a_right_one_is_no_fault(self) -> None:
        asked = run("the site does not open from outside", "Ingress/shop")
        assert report(snapshot(asked, [*shop(), self.ingress("web")])).verdict.value == "NoFault"


@pytest.mark.parametrize("age", [100, 90_000])
def test_a_misspelt_name_in_the_command_of_an_init_container(age: float) -> None:
    """The revision that brought the command brought the name; one that was there always waits for a Service."""
    waits = container("wait", command=["sh", "-c", "until nc -z kafak:9092; do sleep 2; done"])
    old, new = template("feed", container()), template("feed", container(), initContainers=[waits])
    top = workload("feed", new)
    first, second = replicaset(top, 1, old, age=100_000, replicas=0), replicaset(top, 2, new, age=age)
    stuck = pod(second, new, waiting("app", "PodInitializing"), name="feed-1", age=100)
    stuck["status"]["initContainerStatuses"] = [running("wait", up=95, ready=False)]
    objects = [top, first, second, stuck, *healthy("kafka"), service("feed"), endpoints("feed", 0)]
    lines = ["waiting for kafak:9092: [Errno -2] Name or service not known"] * 20
    asked = run("the new feed is stuck in Init", "Deployment/feed")
    found = snapshot(asked, objects, log("feed-1", lines, container="wait", step=4))
    expected = ("Deployment/feed", "HostnameWrong") if age < 1000 else ("Service/kafak", "ServiceMissing")
    assert roots(report(found)) == [expected]
