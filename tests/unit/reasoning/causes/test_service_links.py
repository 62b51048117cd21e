"""Variables that the kubelet gives for Services, and a program that takes one for a setting of its own."""

from typing import Any

import pytest

from casebook.analysis.snapshot import Snapshot
from support.builders import (
    Raw,
    container,
    ended,
    endpoints,
    env,
    log,
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
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report

ADDRESS = "tcp://10.96.7.7:8080"
UNREAD = (
    "Traceback (most recent call last):",
    '  File "/app/main.py", line 9, in connect',
    f"ValueError: invalid literal for int() with base 10: '{ADDRESS}'",
)
NODE = f"RangeError [ERR_SOCKET_BAD_PORT]: options.port should be >= 0 and < 65536. Received type string ('{ADDRESS}')."


def asked(
    *lines: str,
    made: float = 90,
    old: float = 3600,
    second: Raw | None = None,
    ports: tuple[int, ...] = (8080,),
    ip: str = "10.96.7.7",
    place: str = "",
    **spec: Any,
) -> Snapshot:
    """Post was restarted a minute ago and ends; a pod of before runs since `old`, Service relay is `made` as long."""
    first = template("post", container())
    new = second or template("post", container(), **spec)
    top = workload("post", new)
    sets = [replicaset(top, 1, first, age=7000), replicaset(top, 2, new, age=60)]
    down = waiting("app", "CrashLoopBackOff", restarts=3, last=ended(1, since=10))
    pods = [pod(sets[1], new, down, name="post-2", age=60)]
    pods += [pod(sets[0], first, running("app", up=old), name="post-1", age=old)] if old else []
    relay = service("relay", ip=ip, metadata=meta("relay", age=made))
    relay["spec"]["ports"] = [{"port": port, "protocol": "TCP"} for port in ports]
    relay["metadata"]["namespace"] = place or relay["metadata"]["namespace"]
    said = log("post-2", lines or UNREAD, previous=True, end=11, step=0.001)
    return snapshot(run("post ends since it was restarted", "Deployment/post"), [top, *sets, *pods, relay], said)


class TestAVariableForAService:
    def test_it_is_taken_for_a_port(self) -> None:
        facts = ("takes RELAY_PORT for a setting", f"RELAY_PORT={ADDRESS} for Service/relay", "creationTimestamp")
        found = assert_root(asked(), "Deployment/post", "EnvShadowed", *facts)
        patch, given, renamed = found.next_steps[:3]
        assert '\'{"spec":{"template":{"spec":{"enableServiceLinks":false}}}}\'' in patch
        assert "RELAY_PORT=<value>" in given
        assert "Service relay" in renamed

    @pytest.mark.parametrize(
        "line",
        [
            NODE,
            f'panic: strconv.Atoi: parsing "{ADDRESS}": invalid syntax',
            f'java.lang.NumberFormatException: For input string: "{ADDRESS}"',
            f"Error: '{ADDRESS}' is not a valid port number.",
            f"/start.sh: line 3: [: {ADDRESS}: integer expression expected",
            f"dial tcp: address relay:{ADDRESS}: too many colons in address",
        ],
    )
    def test_whatever_the_language_calls_it(self, line: str) -> None:
        assert_root(asked(line), "Deployment/post", "EnvShadowed", "RELAY_PORT")

    @pytest.mark.parametrize(
        "line",
        [
            "dial tcp 10.96.7.7:8080: connection refused",
            f"ERROR connect to {ADDRESS} failed",
            f"ERROR connecting to {ADDRESS}: parse error in the greeting",
            f"ERROR dial {ADDRESS}: i/o timeout, attempt number 3",
            f"ValueError: invalid literal for int() with base 10: '{ADDRESS}0'",
            "ValueError: invalid literal for int() with base 10: 'tcp://10.96.7.8:8080'",
            "ValueError: invalid literal for int() with base 10: 'none'",
        ],
    )
    def test_a_call_or_another_value_is_not_this(self, line: str) -> None:
        assert hypothesis(report(asked(line)), "EnvShadowed") is None

    def test_the_variable_that_the_error_names_is_told(self) -> None:
        line = f"RELAY_PORT_8080_TCP: cannot convert '{ADDRESS}' to a number"
        assert_root(asked(line), "Deployment/post", "EnvShadowed", f"RELAY_PORT_8080_TCP={ADDRESS}")

    def test_only_the_first_port_has_the_short_name(self) -> None:
        assert_root(asked(ports=(80, 8080)), "Deployment/post", "EnvShadowed", f"RELAY_PORT_8080_TCP={ADDRESS}")

    def test_the_release_of_the_same_minute_is_not_to_blame(self) -> None:
        """The program of before would be given it as well, if it were started again."""
        newer = template("post", container(image="shop:2"))
        assert_root(asked(second=newer), "Deployment/post", "EnvShadowed")

    def test_without_pods_from_before_the_service_it_is_told_too(self) -> None:
        assert_root(asked(old=0), "Deployment/post", "EnvShadowed")
        assert_root(asked(old=0, made=9000), "Deployment/post", "EnvShadowed")

    def test_links_that_are_switched_off(self) -> None:
        assert_refuted(asked(enableServiceLinks=False), "Deployment/post", "EnvShadowed")

    @pytest.mark.parametrize("given", [env(RELAY_PORT="9000"), env(RELAY_URL=ADDRESS)])
    def test_what_the_template_gives_goes_before_it(self, given: list[Raw]) -> None:
        newer = template("post", container(env=given))
        assert_refuted(asked(second=newer), "Deployment/post", "EnvShadowed")

    def test_what_started_before_the_service_was_made_does_not_have_it(self) -> None:
        assert_refuted(asked(made=5), "Deployment/post", "EnvShadowed")

    def test_nor_is_it_that_where_a_pod_of_the_same_revision_has_it_and_is_well(self) -> None:
        found = asked()
        body = template("post", container())
        top = workload("post", body)
        other = pod(replicaset(top, 2, body, age=60), body, running("app", up=50), name="post-3", age=55)
        pods = next(one for one in found.observations if one.query.resource == "pods")
        more = pods.replace(data={"items": [*pods.items(), other]})
        rest = [more if one is pods else one for one in found.observations]
        assert_refuted(Snapshot(found.run, tuple(rest)), "Deployment/post", "EnvShadowed")

    @pytest.mark.parametrize("other", [{"place": "elsewhere"}, {"ip": "None"}])
    def test_other_namespaces_and_headless_services_give_none(self, other: dict[str, Any]) -> None:
        assert_not_named(asked(**other), "EnvShadowed")

    def test_a_service_of_its_own_does_it_as_well(self) -> None:
        body = template("relay", container())
        top = workload("relay", body, metadata=meta("relay", age=120))
        sets = replicaset(top, 1, body, age=120)
        down = waiting("app", "CrashLoopBackOff", restarts=3, last=ended(1, since=10))
        mine = service("relay", 8080, ip="10.96.7.7", metadata=meta("relay", age=121))
        objects = [top, sets, pod(sets, body, down, name="relay-1", age=120), mine, endpoints("relay", 0, unready=1)]
        said = log("relay-1", UNREAD, previous=True, end=11, step=0.001)
        found = snapshot(run("relay does not start", "Deployment/relay"), objects, said)
        assert_root(found, "Deployment/relay", "EnvShadowed", "RELAY_PORT")
