"""Causes that curves show: throttling, leaks, surges, slow consumers, few requests, blind monitoring."""

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.world import World
from casebook.api.enums import Outcome, Verdict
from casebook.api.investigation import Alert
from casebook.api.observation import Observation
from casebook.reasoning.asked.alerts import alarms
from support.builders import (
    NS,
    Raw,
    ago,
    container,
    ended,
    endpoints,
    env,
    healthy,
    log,
    pod,
    replicaset,
    run,
    running,
    service,
    snapshot,
    template,
    workload,
)
from support.curves import HOUR, STEPS, Values, answered, curves, level, metered
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report
from support.shop import body, shop

FRESH = 6
"""Steps of two minutes since the trouble began."""
QUIET = tuple(log(f"{name}-p0", ["GET / 200"] * 5) for name in ("web", "api"))
LATE = level(0.05, 0.9, since=FRESH)


def released(name: str, old: Raw, new: Raw, *statuses: Raw, age: float = 60.0 * 2 * FRESH + 60) -> list[Raw]:
    """A workload of the shop whose second revision runs."""
    top = workload(name, new)
    first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, new, age=age)
    return [
        top,
        first,
        second,
        pod(second, new, *statuses, name=f"{name}-new", age=age),
        service(name),
        endpoints(name),
    ]


def seen(target: str, objects: list[Raw], *observations: Observation, **measured: dict[str, Values]) -> Snapshot:
    return snapshot(metered(run(target=target)), objects, *curves(**measured), *observations, *QUIET)


def cpu(limit: str) -> Raw:
    resources = {"requests": {"cpu": "10m"}} | ({"limits": {"cpu": limit}} if limit else {})
    return template("api", container("api", resources=resources, env=env(AUTH_URL="http://auth:80")))


def throttled(before: str, now: str, **measured: dict[str, Values]) -> Snapshot:
    objects = [*shop("api"), *released("api", cpu(before), cpu(now))]
    return seen("Deployment/api", objects, **measured)


def test_a_lowered_cpu_limit_that_throttles_and_slows_is_the_cause() -> None:
    found = throttled("1", "50m", throttling={"api-new/api": level(0.0, 0.8, since=FRESH)}, latency={"api": LATE})
    assert_root(found, "Deployment/api", "CPULimitTooLow", "50m", "was 1 until", "throttled in 79%", "robust z-score")


def test_a_limit_that_throttles_nobody_is_refuted() -> None:
    found = throttled("1", "500m", throttling={"api-new/api": level(0.01)}, latency={"api": LATE})
    assert_refuted(found, "Deployment/api", "CPULimitTooLow")


def test_throttling_that_nobody_feels_is_no_fault() -> None:
    """Decoy: many containers are throttled all day and serve well."""
    found = report(throttled("50m", "50m", throttling={"api-new/api": level(0.4)}, latency={"api": level(0.05)}))
    assert found.verdict is Verdict.NO_FAULT
    assert hypothesis(found, "CPULimitTooLow") is not None


def memory(limit: str = "100Mi") -> Raw:
    return template("api", container("api", resources={"limits": {"memory": limit}}))


def teeth(peak: float = 100 << 20, length: int = 12) -> list[float]:
    """Memory that climbs to a peak again and again."""
    return [peak * (0.2 + 0.8 * (step % length) / (length - 1)) for step in range(STEPS)]


def oom(name: str = "api", lived: float = 1200) -> Raw:
    return running(name, up=60, restarts=9, last=ended(137, "OOMKilled", lived=lived, since=60))


def leaking(values: Values, *statuses: Raw) -> Snapshot:
    new = template("api", container("api", image="shop:2", resources={"limits": {"memory": "100Mi"}}))
    objects = [*shop("api"), *released("api", memory(), new, *statuses)]
    return seen("Deployment/api", objects, memory={"api-new/api": values})


def test_a_saw_tooth_before_each_kill_is_a_leak() -> None:
    assert_root(leaking(teeth(), oom()), "Deployment/api", "MemoryLeak", "climbs steadily to 100 MiB", "revision 2")


def test_memory_that_climbs_to_its_limit_is_a_leak_before_it_is_killed() -> None:
    climbing = [20.0 * (1 << 20)] * (STEPS - HOUR) + [
        (20 + 75 * step / HOUR) * (1 << 20) for step in range(1, HOUR + 1)
    ]
    assert_root(leaking(climbing), "Deployment/api", "MemoryLeak", "95% of its memory limit")


def test_memory_that_is_high_and_even_is_no_leak() -> None:
    """Decoy: a cache fills what it was given."""
    found = assert_not_named(leaking([95.0 * (1 << 20)] * STEPS), "MemoryLeak")
    assert found.verdict is Verdict.NO_FAULT


def test_killed_at_once_without_a_climb_is_not_a_leak() -> None:
    assert_refuted(leaking([20.0 * (1 << 20)] * STEPS, oom(lived=1)), "Deployment/api", "MemoryLeak")


RISEN = level(5, 40, since=FRESH)


def test_a_surge_that_everything_feels_comes_from_outside() -> None:
    found = seen("Deployment/web", shop(), traffic={"web": RISEN, "api": RISEN}, latency={"web": LATE, "api": LATE})
    assert_root(found, "External/clients", "TrafficSurge", "from 5 to 40 a second")


def test_the_workload_that_sends_the_surge_is_named() -> None:
    crawler = healthy("crawler", template("crawler", container(env=env(TARGET_URL="http://web:80"))))
    found = seen("Deployment/web", [*shop(), *crawler], traffic={"web": RISEN}, latency={"web": LATE})
    assert_root(found, "Deployment/crawler", "TrafficSurge")


def test_load_that_rises_after_the_symptoms_is_refuted() -> None:
    """Decoy: clients that retry make load as well."""
    retried = level(5, 40, since=3)
    found = seen("Deployment/web", shop(), traffic={"web": retried}, latency={"web": level(0.05, 0.9, since=HOUR - 5)})
    assert_refuted(found, "External/clients", "TrafficSurge")


def test_a_release_behind_the_surge_counts_against_it_though_no_curve_reaches_there() -> None:
    objects = [*shop("api"), *released("api", cpu("1"), cpu("30m"))]
    found = hypothesis(
        report(seen("Deployment/web", objects, traffic={"web": RISEN}, latency={"web": LATE})), "TrafficSurge"
    )
    assert found is not None
    rolled = next(one for one in found.predictions if one.statement.startswith("nothing that the load reaches"))
    assert rolled.outcome is Outcome.FAILED


def test_a_surge_that_nobody_feels_is_no_fault() -> None:
    found = report(seen("Deployment/web", shop(), traffic={"web": RISEN}, latency={"web": level(0.05)}))
    assert found.verdict is Verdict.NO_FAULT


def queueing(*worker: Raw, done: Values | None = None, pushed: Values | None = None) -> Snapshot:
    calls = env(QUEUE_URL="http://queue:80")
    producer = healthy("producer", template("producer", container(env=calls)))
    measured: dict[str, dict[str, Values]] = {
        "backlog": {"queue": [*[1.0] * (STEPS - FRESH), *[20.0 * step for step in range(1, FRESH + 1)]]},
        "traffic": {"producer": pushed or level(5)},
    }
    if done:
        measured["done"] = {"worker": done}
    lines = log("worker-new", ["order done"] * 5), log("producer-p0", ["order taken"] * 5)
    return seen("Deployment/queue", [*healthy("queue"), *producer, *worker], *lines, **measured)


def consumer(pause: str) -> Raw:
    return template("worker", container(env=env(QUEUE_URL="http://queue:80", PAUSE=pause)))


def test_a_consumer_that_finishes_less_since_its_release_lets_work_wait() -> None:
    found = queueing(*released("worker", consumer("1"), consumer("9")), done=level(5, 1, since=FRESH))
    assert_root(found, "Deployment/worker", "ConsumerTooSlow", "its backlog grows", "revision 1 -> 2")


def test_a_consumer_that_finishes_as_much_as_ever_is_not_to_blame() -> None:
    found = queueing(*released("worker", consumer("1"), consumer("9")), done=level(5), pushed=level(5, 50, since=FRESH))
    assert_refuted(found, "Deployment/worker", "ConsumerTooSlow")


def test_a_curve_that_hardly_reaches_past_the_release_speaks_neither_for_a_consumer_nor_against_it() -> None:
    done = [*level(5)[:-FRESH], *[None] * (FRESH - 1), 4.0]
    found = queueing(*released("worker", consumer("1"), consumer("9")), done=done)
    assert_root(found, "Deployment/worker", "ConsumerTooSlow", "its backlog grows", "revision 1 -> 2")


def test_a_producer_is_not_taken_for_the_consumer() -> None:
    found = queueing(*released("worker", consumer("1"), consumer("9")), done=level(5, 1, since=FRESH))
    assert ("Deployment/producer", "ConsumerTooSlow") not in [(i.object, i.cause) for i in report(found).root_causes]


RATIO = 'sum by (deployment) (rate(http_requests_total{code=~"5.."}[1m])) / sum by (deployment) (rate(http_requests_total[1m]))'  # noqa: E501
LABELS = {"alertname": "HighErrorRatio", "namespace": NS, "deployment": "web"}


def alerted(
    expression: str,
    values: Values,
    objects: list[Raw],
    *logs: Observation,
    of: str = "web",
    **measured: dict[str, Values],
) -> Snapshot:
    """A run of an alert about a workload with this expression, whose curve is known."""
    alert = Alert(labels=LABELS | {"deployment": of}, annotations={"expr": expression})
    asked = metered(run())
    asked = asked.replace(spec=asked.spec.replace(alert=alert))
    start = snapshot(asked, objects, *curves(**measured), *logs)
    (alarm,) = alarms(World(start))
    return start.extended([answered(alarm.query(World(start)), ({"deployment": of}, values))])


def test_a_ratio_over_a_handful_of_requests_is_no_fault() -> None:
    few = [0.001] * STEPS
    found = report(alerted(f"{RATIO} > 0.05", [0.5] * STEPS, shop(), traffic={"web": few}))
    assert found.verdict is Verdict.NO_FAULT
    assert "divides by the about 4 requests" in found.summary


def test_a_ratio_over_many_requests_is_not_waved_away() -> None:
    found = alerted(
        f"{RATIO} > 0.05", [0.5] * STEPS, shop(), *QUIET, traffic={"web": level(10)}, errors={"web": level(5)}
    )
    assert_refuted(found, "Deployment/web", "LowTraffic")
    assert report(found).verdict is Verdict.INCONCLUSIVE
    uncounted = alerted(f"{RATIO} > 0.05", [0.5] * STEPS, shop(), *QUIET, traffic={"web": level(10)})
    assert_refuted(uncounted, "Deployment/web", "LowTraffic")


def test_few_requests_hide_no_error_that_goes_on() -> None:
    """Decoy: it is night, and it is broken."""
    wrong = log("web-p0", ["ERROR unhandled KeyError: 'currency'"] * 5)
    found = report(alerted(f"{RATIO} > 0.05", [0.5] * STEPS, shop(), wrong, traffic={"web": [0.001] * STEPS}))
    assert found.verdict is not Verdict.NO_FAULT


def recovered() -> list[Raw]:
    """A shop whose web was restarted thrice, the last time half an hour ago."""
    body_, blip = body("web"), running("app", up=1800, restarts=3, last=ended(1, since=1800))
    top = workload("web", body_)
    revision = replicaset(top, 1, body_, age=7000)
    return [*shop("web"), top, revision, pod(revision, body_, blip, name="web-p0"), service("web"), endpoints("web")]


def test_an_alert_that_counts_restarts_holds_on_and_presses_nobody() -> None:
    counted = "increase(kube_pod_container_status_restarts_total[1h]) > 1"
    found = report(alerted(counted, [3.0] * STEPS, recovered(), *QUIET))
    assert found.verdict is Verdict.NO_FAULT
    assert "had trouble long ago" in found.summary
    assert any("holds: 3 > 1" in one.note for one in found.healthy if one.object == "Alert/HighErrorRatio")


def test_any_other_alert_that_holds_is_not_explained_by_old_restarts() -> None:
    found = report(alerted("latency_seconds > 1", [3.0] * STEPS, recovered(), *QUIET))
    assert found.verdict is Verdict.INCONCLUSIVE


def test_a_target_that_is_not_scraped_but_well_is_an_artefact_of_monitoring() -> None:
    gone = [1.0] * (STEPS - FRESH) + [0.0] * FRESH
    quiet = log("web-p0", ["GET / 200"] * 5)
    found = report(alerted("up == 0", [None] * (STEPS - FRESH) + [0.0] * FRESH, shop(), quiet, scrapes={"web": gone}))
    assert found.verdict is Verdict.NO_FAULT
    assert "cannot read the metrics of Deployment/web" in found.summary


def test_a_target_that_is_not_scraped_because_it_is_down_is_none() -> None:
    """Decoy: the pod is not ready either."""
    down = running("web", ready=False)
    top = workload("web", body("web"))
    revision = replicaset(top, 1, body("web"), age=7000)
    objects = [*shop("web"), top, revision, pod(revision, body("web"), down, name="web-p0"), service("web")]
    objects.append(endpoints("web", 0, unready=1))
    gone = [None] * (STEPS - FRESH) + [0.0] * FRESH
    found = alerted("up == 0", gone, objects, scrapes={"web": [1.0] * (STEPS - FRESH) + [0.0] * FRESH})
    assert report(found).verdict is not Verdict.NO_FAULT
    assert_refuted(found, "Deployment/web", "MonitoringArtefact")


def test_callers_that_fail_say_that_it_is_the_service() -> None:
    """Decoy: ready, quiet, not scraped, and its callers are refused."""
    refused = log("api-p0", ['{"level":"ERROR","msg":"POST http://auth:80/ failed: Connection refused"}'] * 6)
    quiet = log("auth-p0", ["GET / 200"] * 5)
    gone = [1.0] * (STEPS - FRESH) + [0.0] * FRESH
    holds = [None] * (STEPS - FRESH) + [0.0] * FRESH
    assert_refuted(
        alerted("up == 0", holds, shop(), refused, quiet, of="auth", scrapes={"auth": gone}),
        "Deployment/auth",
        "MonitoringArtefact",
    )
    well = alerted("up == 0", holds, shop(), quiet, of="auth", scrapes={"auth": gone})
    assert report(well).verdict is Verdict.NO_FAULT


def test_an_autoscaler_at_its_maximum_cites_the_load_that_rose() -> None:
    condition = {
        "type": "ScalingLimited",
        "status": "True",
        "reason": "TooManyReplicas",
        "lastTransitionTime": ago(300),
    }
    scaler = {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": NS, "uid": "h", "creationTimestamp": ago(9000)},
        "spec": {"maxReplicas": 2, "scaleTargetRef": {"kind": "Deployment", "name": "web"}},
        "status": {"currentReplicas": 2, "currentMetrics": [], "conditions": [condition]},
    }
    found = report(seen("HorizontalPodAutoscaler/web", [*shop(), scaler], traffic={"web": RISEN}))
    item = hypothesis(found, "HPAAtMax")
    assert item is not None
    assert any("5 -> 40 requests a second" in one.statement for one in item.predictions)
    plain = report(snapshot(run(target="HorizontalPodAutoscaler/web"), [*shop(), scaler]))
    item = hypothesis(plain, "HPAAtMax")
    assert item is not None
    assert not any("load" in one.statement for one in item.predictions)


FAILED = '{"level":"ERROR","msg":"GET /products 502"}'


def blip(errors: Values, *lines: str) -> Snapshot:
    logged = log("web-p0", [*lines, *["GET / 200"] * 50], step=1)
    return snapshot(
        metered(run("web answered errors", "Deployment/web")),
        shop(),
        *curves(traffic={"web": level(10)}, errors={"web": errors}),
        logged,
        *QUIET[1:],
    )


def test_a_share_of_failures_that_the_log_tells_to_be_over_is_no_symptom() -> None:
    """A rate over minutes still counts what ended: no fault is left to look for."""
    found = report(blip(level(0, 3, since=1), *[FAILED] * 9))
    assert found.verdict is Verdict.NO_FAULT, found.summary


def test_a_share_of_failures_that_nothing_logs_is_one() -> None:
    assert report(blip(level(0, 3, since=1))).verdict is Verdict.INCONCLUSIVE


def test_a_share_of_failures_that_lasts_is_one_though_the_errors_in_the_log_ended() -> None:
    assert report(blip(level(0, 3, since=FRESH), *[FAILED] * 9)).verdict is Verdict.INCONCLUSIVE
