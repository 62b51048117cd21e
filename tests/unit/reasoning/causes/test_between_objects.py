"""Faults that live between two objects: a port and who asks for it, a name and where it leads, a wait and its end."""

import json

import pytest

from casebook.analysis.fields import LAST_APPLIED
from casebook.analysis.snapshot import Snapshot
from casebook.api.enums import Verdict
from casebook.api.observation import listing
from casebook.api.report import Report
from casebook.reasoning.causes.rbac_denied import BINDINGS, ROLES
from support.builders import (
    NS,
    Raw,
    configmap,
    container,
    endpoints,
    env,
    healthy,
    log,
    managed,
    meta,
    observe,
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
from support.shop import REFUSED, shop

BACK_OFF = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: timed out"}'
FORBIDDEN = (
    'configmaps \\"flags\\" is forbidden: User \\"system:serviceaccount:shop:flagger\\" '
    'cannot get resource \\"configmaps\\" in API group \\"\\" in the namespace \\"shop\\"'
)


class TestAPortThatIsServedNoMore:
    def moved(self, *, age: float = 60) -> list[Raw]:
        written = managed("kubectl-patch", age, {"f:spec": {"f:ports": {}}})
        ports = service("auth", port=8000, metadata=meta("auth", managedFields=[written]))
        return [*(one for one in shop() if one["metadata"]["name"] != "auth" or one["kind"] != "Service"), ports]

    def asked(self, *objects: Raw) -> Snapshot:
        return snapshot(run("checkout fails", "Deployment/api"), objects, log("api-p0", [REFUSED] * 6, step=5))

    def test_the_service_whose_port_was_written_is_the_cause_and_not_the_setting_that_was_right(self) -> None:
        found = assert_root(self.asked(*self.moved()), "Service/auth", "ServicePortMismatch", "8000", "no more 80")
        assert hypothesis(found, "ConfigValueWrong").verdict == "Refuted"  # type: ignore[union-attr]

    def test_a_port_that_was_never_served_is_the_settings_matter(self) -> None:
        found = report(self.asked(*self.moved(age=7200)))
        assert [one.cause for one in found.root_causes] == ["ConfigValueWrong"]


class TestAShorterPatience:
    def asked(self, *, since: float = 50, said: str = BACK_OFF, before: str = "2000", **given: str) -> Snapshot:
        """Api reads its settings from a ConfigMap that was written a minute ago, and began anew ten seconds later."""
        written = managed("kubectl-patch", 60, {"f:data": {f"f:{key}": {} for key in given}})
        applied = {LAST_APPLIED: json.dumps({"data": dict.fromkeys(given, before)})}
        settings = configmap("api-settings", given, managedFields=[written], annotations=applied)
        body = template(
            "api", container(env=env(AUTH_URL="http://auth:80"), envFrom=[{"configMapRef": {"name": "api-settings"}}])
        )
        top = workload("api", body)
        owner = replicaset(top, 1, body, age=7200)
        runs = pod(owner, body, running("app", up=since), name="api-p0", age=since)
        objects = [*shop("api"), settings, top, owner, runs, service("api"), endpoints("api")]
        return snapshot(run("checkout fails", "Deployment/api"), objects, log("api-p0", [said] * 8, step=5))

    def test_a_time_that_no_call_meets(self) -> None:
        assert_root(
            self.asked(AUTH_TIMEOUT_MS="2"), "ConfigMap/api-settings", "ConfigValueWrong", "AUTH_TIMEOUT_MS", "2000"
        )

    @pytest.mark.parametrize(
        "given",
        [
            pytest.param({"AUTH_TIMEOUT_MS": "9000"}, id="raised"),
            pytest.param({"AUTH_TIMEOUT_MS": "2", "said": REFUSED}, id="refused, not given up on"),
            pytest.param({"AUTH_RETRIES": "2"}, id="another setting"),
            pytest.param({"AUTH_TIMEOUT_MS": "2", "since": 7200.0}, id="not taken up"),
        ],
    )
    def test_but_not_where_it_cannot_be_that(self, given: dict[str, str]) -> None:
        assert_not_named(self.asked(**given), "ConfigValueWrong")


class TestAWaitForWhatDoesNotCome:
    def asked(self, *, up: float, said: str, suspend: bool = True) -> Snapshot:
        """The second revision of api waits in its init container; the first one serves."""
        old = template("api", container())
        new = template("api", container(image="shop:2"), initContainers=[container("await-schema")])
        top = workload("api", new)
        first, second = replicaset(top, 1, old, age=7000), replicaset(top, 2, new, age=up)
        waits = pod(second, new, waiting("app", "PodInitializing"), name="api-p1", age=up)
        waits["status"]["initContainerStatuses"] = [running("await-schema", up=up - 1, ready=False)]
        job = {"kind": "Job", "metadata": meta("migrate", age=3000), "spec": {"suspend": suspend}, "status": {}}
        objects = [*shop("api"), top, first, second, waits, job, service("api"), endpoints("api")]
        objects.append(pod(first, old, name="api-p0"))
        logs = [log("api-p1", [said] * 5, container="await-schema"), log("api-p0", ["ready"])]
        return snapshot(run("the new release of api never gets ready", "Deployment/api"), objects, *logs)

    @pytest.mark.parametrize("up", [30, 600])
    def test_the_suspended_job_that_it_names_is_the_cause(self, up: float) -> None:
        assert_root(self.asked(up=up, said="waiting for job migrate"), "Job/migrate", "JobSuspended")

    def test_what_it_does_not_name_is_not(self) -> None:
        found = assert_root(self.asked(up=600, said="waiting for the schema"), "Deployment/api", "InitContainerFailed")
        assert hypothesis(found, "JobSuspended").verdict == "Refuted"  # type: ignore[union-attr]

    def test_while_it_may_be_on_its_way_nobody_is_told_that_all_is_well(self) -> None:
        found = report(self.asked(up=30, said="reading the schema", suspend=False))
        assert found.verdict is Verdict.INCONCLUSIVE
        assert "0 of 1 pods of its revision 2 are ready" in found.summary


class TestANameThatTheReleaseLeadsElsewhere:
    def asked(self, name: str, **given: str) -> Snapshot:
        """An api whose release has an address of its own for a name, or is given variables."""
        calls = env(AUTH_URL="http://auth:80")
        aliases = [] if given else [{"ip": "203.0.113.9", "hostnames": [name]}]
        old = template("api", container(env=calls))
        new = template("api", container(env=[*calls, *env(**given)]), hostAliases=aliases)
        top = workload("api", new)
        first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, new, age=60)
        runs = pod(second, new, running("app", up=55), name="api-p0", age=58)
        objects = [*shop("api"), top, first, second, runs, service("api"), endpoints("api")]
        return snapshot(run("checkout fails", "Deployment/api"), objects, log("api-p0", [BACK_OFF] * 8, step=5))

    def test_it_is_the_release(self) -> None:
        assert_root(self.asked("auth"), "Deployment/api", "ReleaseRegression", "203.0.113.9")

    def test_another_name_excuses_it(self) -> None:
        assert_refuted(self.asked("other"), "Deployment/api", "ReleaseRegression")

    @pytest.mark.parametrize("variable", ["http_proxy", "HTTPS_PROXY", "ALL_PROXY", "no_proxy"])
    def test_a_proxy_stands_before_every_name(self, variable: str) -> None:
        asked = self.asked("", **{variable: "http://proxy.corp.example:3128"})
        assert_root(asked, "Deployment/api", "ReleaseRegression", "proxy.corp.example")

    def test_another_variable_is_no_proxy(self) -> None:
        assert_refuted(self.asked("", PROXY_MODE="transparent"), "Deployment/api", "ReleaseRegression")


class TestARightThatSomebodyElseHas:
    def found(self, subject: Raw, *, age: float = 4000) -> Report:
        body = template("flagger", container(), serviceAccountName="flagger")
        written = managed("kubectl-edit", age, {"f:subjects": {}})
        binding = {
            "kind": "RoleBinding",
            "metadata": meta("flag-reader", managedFields=[written]),
            "roleRef": {"kind": "Role", "name": "flags"},
            "subjects": [{"kind": "ServiceAccount", **subject}],
        }
        role = {"kind": "Role", "metadata": meta("flags"), "rules": [{"resources": ["configmaps"], "verbs": ["get"]}]}
        rights = [observe(listing(BINDINGS, NS), {"items": [binding]}), observe(listing(ROLES, NS), {"items": [role]})]
        lines = [f'{{"level":"ERROR","msg":"{FORBIDDEN}"}}'.replace("shop:", f"{NS}:")] * 5
        asked = run("flags are old", "Deployment/flagger")
        return report(snapshot(asked, healthy("flagger", body), log("flagger-p0", lines)).extended(rights))

    @pytest.mark.parametrize(
        ("subject", "age"),
        [({"name": "flagger", "namespace": "prod"}, 4000.0), ({"name": "someone", "namespace": NS}, 90.0)],
    )
    def test_the_binding_is_the_cause_where_it_names_another(self, subject: Raw, age: float) -> None:
        (cause,) = self.found(subject, age=age).root_causes
        assert (cause.object, cause.cause) == ("RoleBinding/flag-reader", "RBACDenied")
        assert f"names {subject['name']} of namespace {subject['namespace']} instead" in cause.statement

    @pytest.mark.parametrize(
        ("subject", "blamed"),
        [({"name": "flagger"}, "Role/flags"), ({"name": "someone"}, "ServiceAccount/flagger")],
    )
    def test_else_the_role_or_the_account(self, subject: Raw, blamed: str) -> None:
        (cause,) = self.found(subject).root_causes
        assert (cause.object, cause.cause) == (blamed, "RBACDenied")


class TestOneColourForAnother:
    def found(self, *, switched: float = 65, selector: Raw | None = None, ready: int = 1) -> Report:
        """The Service of the site leads to green; blue was scaled to none a minute ago."""
        blue, green = (template(f"web-{colour}", container()) for colour in ("blue", "green"))
        for colour, body in (("blue", blue), ("green", green)):
            body["metadata"]["labels"] = {"site": "web", "track": colour}
        scaled = managed("kubectl", 60, {"f:spec": {"f:replicas": {}}}, "scale")
        off = workload("web-blue", blue, replicas=0, metadata=meta("web-blue", managedFields=[scaled]))
        on = workload("web-green", green)
        owner = replicaset(on, 1, green, age=7200)
        written = managed("kubectl-patch", switched, {"f:spec": {"f:selector": {}}})
        leads = selector or {"site": "web", "track": "green"}
        site = service("web", selector=leads, metadata=meta("web", managedFields=[written]))
        gone = replicaset(off, 1, blue, age=7200, replicas=0)
        objects = [off, gone, on, owner, pod(owner, green), site, endpoints("web", ready)]
        return report(snapshot(run("web-blue has no pods", "Deployment/web-blue"), objects))

    def test_what_was_replaced_before_is_missed_by_nobody(self) -> None:
        found = self.found()
        assert found.verdict is Verdict.NO_FAULT
        assert found.summary.startswith("Deployment/web-blue was scaled to 0 after others took its place.")

    @pytest.mark.parametrize(
        "given",
        [
            pytest.param({"switched": 10.0}, id="it was scaled first"),
            pytest.param({"selector": {"site": "other", "track": "green"}}, id="another site"),
            pytest.param({"selector": {"site": "web", "track": "blue"}, "ready": 0}, id="it leads there still"),
            pytest.param({"ready": 0}, id="the other is not ready"),
        ],
    )
    def test_else_it_is_missed(self, given: dict[str, float]) -> None:
        found = self.found(**given)  # type: ignore[arg-type]
        assert "ScaledToZero" in {one.cause for one in found.root_causes}


class TestAPartnerThatCountsRequests:
    WARNED = (
        "[2026-11-22T08:00:00Z] warning: GET https://api.rates.example/v2: 429 Too Many Requests, Retry-After: 3600"
    )
    ERROR = "[2026-11-22T08:00:00Z] error: no exchange rates: serving none"

    def asked(self, *lines: str) -> Snapshot:
        found = log(
            "fx-p0", [*["[2026-11-22T08:00:00Z] info: rates fetched"] * 4, *lines * 5], step=0.5, container="fx"
        )
        return snapshot(run("no exchange rates", "Deployment/fx"), healthy("fx"), found)

    def test_the_warning_before_an_error_says_whose_fault_it_is(self) -> None:
        assert_root(
            self.asked(self.WARNED, self.ERROR), "External/api.rates.example", "ExternalDependencyFailing", "429"
        )

    def test_a_warning_alone_is_no_error(self) -> None:
        assert not report(self.asked(self.WARNED, "[2026-11-22T08:00:00Z] info: rates fetched")).root_causes


class TestWorkThatComesNoMore:
    """A producer and a consumer that call the same broker, and the producer was scaled to nothing 90 s ago."""

    SENT = tuple(f'{{"level":"INFO","msg":"invoice {number} sent"}}' for number in range(60))
    IDLE = '{"level":"WARN","msg":"nothing to send from broker:80 for a while"}'

    def asked(self, *idle: str, broker: str = "broker", step: float = 2, sent: int = 60) -> Snapshot:
        """An invoicer that sent one invoice every `step` seconds until the last of them was taken."""
        fields = managed("kubectl", 90, {"f:spec": {"f:replicas": {}}}, "scale")
        feeds = template("billing", container(env=env(BROKER_URL="http://broker:80")))
        off = workload("billing", feeds, replicas=0, metadata=meta("billing", managedFields=[fields]))
        takes = template("invoicer", container(env=env(BROKER_URL=f"http://{broker}:80")))
        objects = [off, *healthy("invoicer", takes), *healthy("broker"), *healthy("auth")]
        lines = [*self.SENT[:sent], *idle]
        logged = log("invoicer-p0", lines, end=2, step=step)
        return snapshot(run("no invoices are sent any more", "Deployment/invoicer"), objects, logged)

    def test_the_producer_that_was_scaled_to_nothing_when_the_consumer_fell_idle(self) -> None:
        found = assert_root(self.asked(*[self.IDLE] * 40), "Deployment/billing", "ScaledToZero", "nothing to send")
        assert "Service/broker" in str(found.hypotheses[0].predictions)

    def test_what_calls_another_place_lives_on_other_work(self) -> None:
        assert_not_named(self.asked(*[self.IDLE] * 40, broker="auth"), "ScaledToZero")

    def test_what_goes_on_as_before_misses_nothing(self) -> None:
        assert_not_named(self.asked(), "ScaledToZero")

    def test_what_fell_idle_long_before_was_not_starved_by_it(self) -> None:
        assert_not_named(self.asked(*[self.IDLE] * 40, step=20), "ScaledToZero")

    def test_a_new_warning_that_goes_on_forbids_to_say_that_nothing_is_wrong(self) -> None:
        for told in (self.asked(*[self.IDLE] * 40, broker="auth"), self.asked(*[self.IDLE] * 40, step=20)):
            found = report(told)
            assert found.verdict is Verdict.INCONCLUSIVE
            assert "nothing to send" in found.summary


class TestARetryThatAsksTooMuch:
    """A finder whose setting was written and taken up 60 s ago, and a catalogue that fails it since."""

    FAILS = '{"level":"ERROR","msg":"search failed: GET http://catalog:80/q: 503 Service Unavailable"}'
    SHEDS = '{"level":"WARN","msg":"shedding load: 180 requests/s, capacity 15/s"}'

    def asked(
        self, key: str = "RETRIES", *, now: str = "60", before: str = "1", sheds: bool = True, released: bool = False
    ) -> Snapshot:
        applied = json.dumps({"data": {key: before}})
        written = managed("kubectl-patch", 62, {"f:data": {f"f:{key}": {}}})
        kept = meta("finder-env", annotations={LAST_APPLIED: applied}, managedFields=[written])
        settings = configmap("finder-env", {key: now}) | {"metadata": kept}
        body = template(
            "finder",
            container(env=env(CATALOG_URL="http://catalog:80"), envFrom=[{"configMapRef": {"name": "finder-env"}}]),
        )
        top = workload("finder", body)
        runs = pod(replicaset(top, 1, body, age=7200), body, running("app", up=60), name="finder-p0", age=60)
        catalog = healthy("catalog", template("catalog", container()))
        if released:
            new = template("catalog", container(image="shop:2"))
            top_c = workload("catalog", new)
            sets = [
                replicaset(top_c, number, one, age=age, replicas=number - 1)
                for number, one, age in ((1, template("catalog"), 7200), (2, new, 62))
            ]
            newest = pod(sets[1], new, running("app", up=60), name="catalog-p0", age=62)
            catalog = [top_c, *sets, newest, service("catalog"), endpoints("catalog")]
        logs = [log("finder-p0", [self.FAILS] * 40, end=2)]
        logs += [log("catalog-p0", [self.SHEDS] * 40, end=2)] if sheds else []
        return snapshot(run("searching fails", "Deployment/finder"), [settings, top, runs, *catalog], *logs)

    def test_the_setting_that_makes_it_ask_more_is_the_cause(self) -> None:
        found = assert_root(self.asked(), "ConfigMap/finder-env", "ConfigValueWrong", "RETRIES", "shedding load")
        assert any("finder-env" in step for step in found.next_steps)

    def test_the_called_one_need_not_say_so(self) -> None:
        assert_root(self.asked(sheds=False), "ConfigMap/finder-env", "ConfigValueWrong", "what it calls fails it")

    def test_a_shorter_pause_asks_more_as_well(self) -> None:
        asked = self.asked("POLL_INTERVAL_MS", now="5", before="1000")
        assert_root(asked, "ConfigMap/finder-env", "ConfigValueWrong", "POLL_INTERVAL_MS")

    @pytest.mark.parametrize(
        ("key", "now", "before"),
        [("RETRIES", "1", "60"), ("POLL_INTERVAL_MS", "1000", "5"), ("THEME", "60", "1"), ("CORPORATE_ID", "60", "1")],
    )
    def test_what_asks_less_or_says_nothing_of_it_is_not_blamed(self, key: str, now: str, before: str) -> None:
        assert_not_named(self.asked(key, now=now, before=before, sheds=False), "ConfigValueWrong")

    def test_what_is_called_and_was_released_itself_is_another_matter(self) -> None:
        assert_not_named(self.asked(released=True), "ConfigValueWrong")
