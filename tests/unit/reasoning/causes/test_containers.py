"""Containers that cannot be created, crash or are killed."""

from datetime import timedelta
from typing import Any

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.report import Report
from support.builders import (
    NOW,
    Raw,
    ago,
    configmap,
    container,
    ended,
    endpoints,
    env,
    event,
    log,
    managed,
    meta,
    pod,
    replicaset,
    run,
    running,
    service,
    snapshot,
    survey,
    template,
    waiting,
    workload,
)
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report


def release(old: Raw, new: Raw, *statuses: Raw, age: float = 120) -> list[Raw]:
    """An api whose new revision is in trouble while the old pod runs on."""
    top = workload("api", new)
    first, second = replicaset(top, 1, old, age=7000), replicaset(top, 2, new, age=age)
    pods = [pod(first, old, name="api-old"), pod(second, new, *statuses, name="api-new", age=age)]
    return [top, first, second, *pods, service("api"), endpoints("api")]


def limits(memory: str, image: str = "shop:1") -> Raw:
    return template("api", container(image=image, resources={"limits": {"memory": memory}}))


def crashing(code: int = 1, reason: str = "Error", **more: float) -> Raw:
    return waiting("app", "CrashLoopBackOff", "back-off", restarts=4, last=ended(code, reason, **more))


def asked(question: str = "why does api not come up?") -> object:
    return run(question, "Deployment/api")


class TestMemoryLimitTooLow:
    def test_a_lowered_limit(self) -> None:
        objects = release(limits("256Mi"), limits("48Mi"), crashing(137, "OOMKilled"))
        found = assert_root(snapshot(asked(), objects), "Deployment/api", "MemoryLimitTooLow", "48Mi", "256Mi")
        assert found.root_causes[0].since is not None

    def test_exit_137_without_a_reason_counts_if_no_probe_killed_it(self) -> None:
        objects = release(limits("256Mi"), limits("48Mi"), crashing(137))
        assert_root(snapshot(asked(), objects), "Deployment/api", "MemoryLimitTooLow")

    def test_a_kill_by_the_liveness_probe_refutes_it(self) -> None:
        objects = release(limits("256Mi"), limits("48Mi"), crashing(137))
        killed = event(objects[4], "Killing", "Container app failed liveness probe, will be restarted")
        assert_refuted(snapshot(asked(), [*objects, killed]), "Deployment/api", "MemoryLimitTooLow")

    def test_growing_for_minutes_after_a_new_image_is_a_leak(self) -> None:
        objects = release(limits("256Mi"), limits("256Mi", "shop:2"), crashing(137, "OOMKilled", lived=600), age=1500)
        assert_root(snapshot(asked(), objects), "Deployment/api", "MemoryLeak", "shop:2")

    def test_the_release_in_the_same_rollout_is_not_blamed(self) -> None:
        objects = release(limits("256Mi"), limits("48Mi", "shop:2"), crashing(137, "OOMKilled"))
        assert_root(snapshot(asked(), objects), "Deployment/api", "MemoryLimitTooLow")


class TestLimitOfALimitRange:
    """A template without a memory limit: new pods get what a LimitRange gives by default."""

    def objects(
        self, *, age: float = 120, edited: float | None = None, own: str = "", given: str = "48Mi"
    ) -> list[Raw]:
        wanted = limits(own) if own else template("api", container())
        top = workload("api", wanted)
        owner = replicaset(top, 1, wanted, age=7000)
        killed = pod(owner, limits(own or "48Mi"), crashing(137, "OOMKilled", lived=1), name="api-new", age=100)
        wrote = [managed("kubectl", age if edited is None else edited, {"f:spec": {"f:limits": {}}})]
        defaults = {"limits": [{"type": "Pod"}, {"type": "Container", "default": {"memory": "48Mi"}}]}
        usual = {"kind": "LimitRange", "metadata": meta("usual", age=age, managedFields=wrote), "spec": defaults}
        return [top, owner, killed, service("api"), endpoints("api", 0), usual]

    def found(self, *facts: str, **how: Any) -> Report:
        seen = snapshot(asked(), self.objects(**how))
        return assert_root(seen, "Deployment/api", "MemoryLimitTooLow", "48Mi", *facts)

    def test_a_new_one_is_named_with_its_field_and_its_time(self) -> None:
        found = self.found(
            f"the default of LimitRange/usual (created at {ago(120)})",
            "LimitRange/usual spec.limits[1].default.memory = 48Mi",
        )
        assert found.root_causes[0].since == NOW - timedelta(seconds=120)
        assert [one.object for one in found.changes if one.root_cause] == ["LimitRange/usual"]
        says = {one.statement: one.outcome.value for one in found.hypotheses[0].predictions}
        assert says["its template or a LimitRange gives it this limit"] == "Held"
        assert says["the limit was lowered or is new"] == "Held"

    def test_it_is_mended_in_the_template_or_in_the_limit_range(self) -> None:
        steps = " ".join(self.found().next_steps)
        assert "limits.memory of its own" in steps
        assert "kubectl edit -n shop limitrange/usual" in steps
        assert "rollout undo" not in steps

    def test_one_that_was_edited_lately(self) -> None:
        found = self.found(f"(written at {ago(110)})", age=7000, edited=110)
        assert found.root_causes[0].since == NOW - timedelta(seconds=110)

    def test_one_that_was_there_before_changed_nothing(self) -> None:
        found = self.found("the default of LimitRange/usual: its template sets none", age=7000)
        assert found.root_causes[0].since is None

    def test_one_that_was_written_after_the_pod_was_made_changed_nothing(self) -> None:
        found = self.found("the default of LimitRange/usual:", age=7000, edited=20)
        assert found.root_causes[0].since is None

    def test_a_limit_of_the_template_is_its_own_though_it_is_the_same(self) -> None:
        found = self.found(own="48Mi")
        assert "LimitRange" not in found.root_causes[0].statement
        assert not any("limitrange" in step for step in found.next_steps)

    def test_the_newer_of_two_changes_is_the_one(self) -> None:
        """A revision that took the limit out, when the LimitRange was there for long."""
        bare = template("api", container())
        top = workload("api", bare)
        first, second = replicaset(top, 1, limits("256Mi"), age=7000), replicaset(top, 2, bare, age=110)
        rest = [one for one in self.objects(age=300) if one["kind"] not in ("Deployment", "ReplicaSet", "Pod")]
        killed = pod(second, limits("48Mi"), crashing(137, "OOMKilled", lived=1), name="api-new", age=100)
        seen = snapshot(asked(), [top, first, second, killed, *rest])
        found = assert_root(seen, "Deployment/api", "MemoryLimitTooLow", "was 256Mi", "LimitRange/usual")
        assert found.root_causes[0].since == NOW - timedelta(seconds=110)
        assert [one.object for one in found.changes if one.root_cause] == ["Deployment/api"]


class TestReferences:
    @pytest.mark.parametrize(
        ("cause", "message"),
        [
            ("SecretMissing", 'secret "db-cred" not found'),
            ("SecretKeyMissing", "couldn't find key passwort in Secret shop/db-cred"),
            ("ConfigMapMissing", 'configmap "app-cfg" not found'),
            ("ConfigMapKeyMissing", "couldn't find key PORT in ConfigMap shop/app-cfg"),
        ],
    )
    def test_the_kubelet_names_what_is_missing(self, cause: str, message: str) -> None:
        kind, key = ("secretKeyRef", "passwort") if "Secret" in cause else ("configMapKeyRef", "PORT")
        name = "db-cred" if "Secret" in cause else "app-cfg"
        item = {"name": "X", "valueFrom": {kind: {"name": name, "key": key}}}
        objects = release(
            template("api"),
            template("api", container(env=[item])),
            waiting("app", "CreateContainerConfigError", message),
        )
        there = [configmap("app-cfg", {"HOST": "x"})] if cause == "ConfigMapKeyMissing" else []
        found = assert_root(snapshot(asked(), [*objects, *there]), "Deployment/api", cause, name)
        assert all(item.source != "secrets" for item in found.evidence)

    def test_a_volume_that_cannot_be_mounted(self) -> None:
        volume = {"name": "cfg", "configMap": {"name": "app-cfg2"}}
        new = template("web", container(), volumes=[volume])
        objects = release(template("web", container()), new, waiting("app", "ContainerCreating"))
        told = event(
            objects[4], "FailedMount", 'MountVolume.SetUp failed for volume "cfg" : configmap "app-cfg2" not found'
        )
        assert_root(snapshot(asked(), [*objects, told]), "Deployment/api", "ConfigMapMissing", "app-cfg2")

    def test_a_configmap_that_came_meanwhile_refutes_it(self) -> None:
        item = {"name": "X", "valueFrom": {"configMapKeyRef": {"name": "app-cfg", "key": "PORT"}}}
        new = template("api", container(env=[item]))
        objects = release(
            template("api"), new, waiting("app", "CreateContainerConfigError", 'configmap "app-cfg" not found')
        )
        assert_refuted(
            snapshot(asked(), [*objects, configmap("app-cfg", {"PORT": "1"})]), "Deployment/api", "ConfigMapMissing"
        )


class TestEnvMissing:
    old, new = (
        template("api", container(env=env(QUEUE_URL="http://q:1", A="1"))),
        template("api", container(env=env(A="1"))),
    )

    @pytest.mark.parametrize(
        "line",
        ["QUEUE_URL not set", "fatal: required environment variable QUEUE_URL is missing", "KeyError: 'QUEUE_URL'",
         '{"level":"ERROR","msg":"missing required env QUEUE_URL"}', "sh: QUEUE_URL: parameter not set",
         "error: please set QUEUE_URL"],
    )  # fmt: skip
    def test_the_program_names_the_variable(self, line: str) -> None:
        told = log("api-new", ["starting", line], previous=True)
        found = assert_root(
            snapshot(asked(), release(self.old, self.new, crashing()), told),
            "Deployment/api",
            "EnvMissing",
            "QUEUE_URL",
        )
        assert "revision 2 took it out" in found.summary

    def test_a_variable_that_is_set_refutes_it(self) -> None:
        told = log("api-new", ["QUEUE_URL not set"], previous=True)
        assert_refuted(snapshot(asked(), release(self.old, self.old, crashing()), told), "Deployment/api", "EnvMissing")

    @pytest.mark.parametrize("line", ["QUEUE_URL nicht gesetzt", "ERROR QUEUE_URL non définie", "no hay QUEUE_URL"])
    def test_in_any_language_where_a_revision_took_the_variable_out(self, line: str) -> None:
        told = log("api-new", [line], previous=True)
        seen = snapshot(asked(), release(self.old, self.new, crashing()), told)
        assert_root(seen, "Deployment/api", "EnvMissing", "QUEUE_URL")

    def test_words_of_no_known_language_about_a_variable_that_no_revision_took_out_are_not_enough(self) -> None:
        told = log("api-new", ["QUEUE_URL nicht gesetzt"], previous=True)
        assert_not_named(snapshot(asked(), release(self.new, self.new, crashing()), told), "EnvMissing")

    def test_other_capitals_are_no_variable(self) -> None:
        told = log("api-new", ["ERROR not found: HTTP GET /x"], previous=True)
        assert_not_named(snapshot(asked(), release(self.old, self.new, crashing()), told), "EnvMissing")


class TestCommandInvalid:
    new = template("api", container(command=["pyton", "app.py"]))
    said = 'OCI runtime create failed: exec: "pyton": executable file not found in $PATH: unknown'

    def test_the_runtime_cannot_run_it(self) -> None:
        status = waiting("app", "CrashLoopBackOff", "", restarts=2, last=ended(127, "StartError", message=self.said))
        found = assert_root(
            snapshot(asked(), release(template("api", container()), self.new, status)),
            "Deployment/api",
            "CommandInvalid",
        )
        assert "pyton" in found.summary

    def test_a_hook_that_fails_and_is_the_containers_end(self) -> None:
        hook = {"lifecycle": {"postStart": {"exec": {"command": ["/opt/register.sh"]}}}}
        old, new = template("api", container()), template("api", container(**hook))
        objects = release(old, new, crashing(137))
        told = event(objects[4], "FailedPostStartHook", "PostStartHook failed")
        assert_root(snapshot(asked(), [*objects, told]), "Deployment/api", "CommandInvalid", "/opt/register.sh")
        quiet = report(snapshot(asked(), objects))
        assert all(one.cause != "CommandInvalid" for one in quiet.hypotheses)

    def test_a_file_that_a_running_program_misses_is_no_matter_of_its_command(self) -> None:
        raised = ["Traceback (most recent call last):", "FileNotFoundError: [Errno 2] No such file or directory: '/x'"]
        told = log("api-new", raised, previous=True)
        body = template("api", container())
        found = report(snapshot(asked(), release(body, body, crashing()), told))
        assert all(one.cause != "CommandInvalid" for one in found.hypotheses)

    def test_a_program_that_runs_and_raises_is_no_invalid_command(self) -> None:
        told = log(
            "api-new", ["Traceback (most recent call last):", '  File "a.py", line 1', "ValueError: bad"], previous=True
        )
        old, new = template("api", container(image="shop:1")), template("api", container(image="shop:2"))
        assert_root(
            snapshot(asked(), release(old, new, crashing()), told), "Deployment/api", "ReleaseRegression", "ValueError"
        )


def test_a_wrong_architecture_is_told_from_a_bad_command() -> None:
    old, new = template("api", container(image="shop:1")), template("api", container(image="shop:arm"))
    told = log("api-new", ["exec /usr/bin/app: exec format error"], previous=True)
    assert_root(snapshot(asked(), release(old, new, crashing()), told), "Deployment/api", "ImageWrongArchitecture")


def test_ending_with_zero_is_not_a_crash_of_the_release() -> None:
    old, new = template("api", container()), template("api", container(args=["--once"]))
    assert_root(snapshot(asked(), release(old, new, crashing(0, "Completed"))), "Deployment/api", "ProcessExitsCleanly")


def ending(changed: Raw | None = None, **more: object) -> list[Raw]:
    """A program that ends with 0 every few seconds, seen while it runs; what is changed came with its revision."""
    old, new = template("api", container(**more)), template("api", container(**more, **(changed or {})))
    return release(old, new, running("app", up=3, restarts=2, last=ended(0, "Completed", lived=3, since=15)))


def test_ending_with_zero_again_and_again_is_seen_while_it_runs() -> None:
    assert_root(snapshot(asked(), ending()), "Deployment/api", "ProcessExitsCleanly")


@pytest.mark.parametrize("changed", [{}, {"env": env(START_SECONDS="40")}])
def test_ending_with_zero_may_be_the_probes_doing_where_events_were_not_read(changed: Raw) -> None:
    objects = ending(changed, livenessProbe={"httpGet": {"path": "/", "port": 80}})
    rest = [item for item in survey(objects) if item.query.resource != "events"]
    assert report(Snapshot(asked(), tuple(rest))).root_causes == []
    assert_root(snapshot(asked(), objects), "Deployment/api", "ProcessExitsCleanly")


def test_a_security_context_that_stops_the_container() -> None:
    message = "container has runAsNonRoot and image will run as root (pod: x, container: app)"
    new = template("api", container(securityContext={"runAsNonRoot": True}))
    objects = release(template("api", container()), new, waiting("app", "CreateContainerConfigError", message))
    assert_root(snapshot(asked(), objects), "Deployment/api", "SecurityContextDenied", "runAsNonRoot")


@pytest.mark.parametrize(
    ("cause", "line"),
    [
        ("PortConflict", "OSError: [Errno 98] Address already in use: port 8080"),
        ("RuntimeHeapExhausted", "java.lang.OutOfMemoryError: Java heap space"),
        ("FileDescriptorLeak", "OSError: [Errno 24] Too many open files"),
        ("ThreadOrPidLimit", "RuntimeError: can't start new thread"),
        (
            "RBACDenied",
            'pods is forbidden: User "system:serviceaccount:shop:mon" cannot list resource "pods" in API group ""',
        ),
    ],
)
def test_limits_that_the_program_names_itself(cause: str, line: str) -> None:
    old, new = template("api", container(image="shop:1")), template("api", container(image="shop:2"))
    told = log("api-new", ["starting", line], previous=True)
    found = report(snapshot(asked(), release(old, new, crashing()), told))
    assert [item.cause for item in found.root_causes] == [cause], found.summary


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (
            "opening storage failed: lock DB directory: /data/LOCK: Resource temporarily unavailable",
            "ReleaseRegression",
        ),
        ("flock: Resource temporarily unavailable", "ReleaseRegression"),
        ("BlockingIOError: [Errno 11] Resource temporarily unavailable", "ThreadOrPidLimit"),
        ("sh: fork: retry: Resource temporarily unavailable", "ThreadOrPidLimit"),
    ],
)
def test_a_lock_that_somebody_holds_is_no_lack_of_processes(line: str, cause: str) -> None:
    old, new = template("api", container(image="shop:1")), template("api", container(image="shop:2"))
    told = log("api-new", ["starting", f"ERROR {line}"], previous=True)
    found = report(snapshot(asked(), release(old, new, crashing()), told))
    assert [item.cause for item in found.root_causes] == [cause], found.summary


def test_the_kernel_and_not_the_heap() -> None:
    told = log("api-new", ["MemoryError: out"], previous=True)
    objects = release(limits("256Mi"), limits("48Mi"), crashing(137, "OOMKilled"))
    assert_refuted(snapshot(asked(), objects, told), "Deployment/api", "RuntimeHeapExhausted")


def test_an_init_container_and_not_the_release() -> None:
    check = container("check", args=["schema"])
    old, new = template("api", container()), template("api", container(image="shop:2"), initContainers=[check])
    init = waiting("check", "CrashLoopBackOff", restarts=2, last=ended(1))
    objects = release(old, new, waiting("app", "PodInitializing"))
    objects[4]["status"]["initContainerStatuses"] = [init]
    told = log("api-new", ["schema is version 41, version 42 is needed"], container="check", previous=True)
    found = assert_root(snapshot(asked(), objects, told), "Deployment/api", "InitContainerFailed", "version 41")
    loser = hypothesis(found, "ReleaseRegression")
    assert loser is None or loser.verdict.value == "Refuted"


def test_a_crash_without_words_or_change_stays_open() -> None:
    top = workload("legacy")
    owner = replicaset(top, 1, top["spec"]["template"], age=4000)
    bad = pod(owner, top["spec"]["template"], waiting("legacy", "CrashLoopBackOff", restarts=3, last=ended(3)))
    told = log("legacy-r1-x1", ["working", "working"], container="legacy", previous=True)
    found = report(snapshot(run("", "Deployment/legacy"), [top, owner, bad], told))
    assert found.verdict.value == "Inconclusive"
    assert not found.root_causes
    assert "exit code 3" in " ".join(item.note for item in found.affected)


def test_running_again_for_long_is_over() -> None:
    top = workload("api")
    body = top["spec"]["template"]
    owner = replicaset(top, 1, body, age=4000)
    well = pod(owner, body, running("api", up=1200, restarts=5, last=ended(1, since=1205)), age=4000)
    found = report(
        snapshot(
            asked(), [top, owner, well, service("api"), endpoints("api")], log("api-r1-x1", ["ok"] * 5, container="api")
        )
    )
    assert found.verdict.value == "NoFault"
    assert found.hypotheses[0].cause in ("StaleAlert", "AlreadyRecovered")


def reading(*, key: str = "greeting.txt", written: float = 100, **mount: str) -> Snapshot:
    """A program that ends because it does not find a file of a ConfigMap, which was written lately."""
    given = {"volumeMounts": [{"name": "conf", "mountPath": "/etc/app", **mount}]}
    made = template("api", container(**given), volumes=[{"name": "conf", "configMap": {"name": "texts"}}])
    top = workload("api", made)
    owner = replicaset(top, 1, made, age=7000)
    wrote = [managed("kubectl-edit", written, {"f:data": {f"f:{key}": {}}})]
    said = log("api-p0", ["FATAL open /etc/app/greeting.txt: no such file or directory"], previous=True)
    objects = [
        top,
        owner,
        pod(owner, made, crashing(), name="api-p0"),
        configmap("texts", {key: "hello"}, managedFields=wrote),
    ]
    return snapshot(asked(), objects, said)


def test_a_file_that_its_config_map_has_no_more() -> None:
    found = reading(key="greetings.txt")
    assert_root(found, "ConfigMap/texts", "ConfigMapKeyMissing", "/etc/app/greeting.txt", "kubectl-edit")


def test_a_file_that_is_there_or_is_no_part_of_a_config_map() -> None:
    for other in (reading(), reading(key="a", mountPath="/etc/other"), reading(key="a", subPath="a")):
        assert_not_named(other, "ConfigMapKeyMissing")


def declared(*variables: Raw, said: str = "lookup $(DB_HOST): no such host", **more: object) -> Snapshot:
    old = template("api", container(env=env(DB_HOST="db", URL="http://$(DB_HOST)")))
    new = template("api", container(env=list(variables), **more))
    return snapshot(asked(), release(old, new, crashing()), log("api-new", [f"FATAL {said}"], previous=True))


def test_a_variable_that_is_used_before_it_is_declared() -> None:
    url, host = env(URL="http://$(DB_HOST)", DB_HOST="db")
    found = assert_root(declared(url, host), "Deployment/api", "EnvMissing", "$(DB_HOST)", "URL, DB_HOST")
    assert any("Declare DB_HOST before URL" in step for step in found.next_steps)


def test_a_variable_that_is_declared_before_or_escaped_or_not_named_by_the_error() -> None:
    url, host = env(URL="http://$(DB_HOST)", DB_HOST="db")
    (escaped,) = env(URL="http://$$(DB_HOST)")
    for other in (declared(host, url), declared(escaped, host), declared(url, host, said="no licence")):
        assert_not_named(other, "EnvMissing")


def beside_itself(value: str = "127.0.0.1:8081", said: str = "127.0.0.1:8081", *, up: bool = True) -> Snapshot:
    """A proxy in the pod that does not reach the place in the pod to which a ConfigMap sends it."""
    mounted = {"volumeMounts": [{"name": "conf", "mountPath": "/etc/proxy"}]}
    volumes = [{"name": "conf", "configMap": {"name": "proxy"}}]
    made = template("api", container(**mounted), container("main"), volumes=volumes)
    main = running("main") if up else waiting("main", "CrashLoopBackOff", last=ended(1))
    top = workload("api", made)
    owner = replicaset(top, 1, made, age=7000)
    wrote = [managed("kubectl-edit", 60, {"f:data": {"f:upstream": {}}})]
    line = f'ERROR GET / 503: dial tcp: connect: connection refused "{said}"'
    objects = [
        top,
        owner,
        pod(owner, made, running("app"), main, name="api-p0"),
        configmap("proxy", {"upstream": value}, managedFields=wrote),
    ]
    return snapshot(asked(), objects, log("api-p0", [line] * 6, step=5))


def test_a_place_in_the_pod_itself_where_nothing_listens() -> None:
    assert_root(beside_itself(), "ConfigMap/proxy", "ConfigValueWrong", "127.0.0.1:8081")


def test_another_place_may_be_to_blame_itself() -> None:
    assert_not_named(beside_itself("pay:80", "pay:80"), "ConfigValueWrong")
    assert_not_named(beside_itself(said="127.0.0.1:9000"), "ConfigValueWrong")
    assert_not_named(beside_itself(up=False), "ConfigValueWrong")
