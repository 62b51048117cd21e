"""What makes answers late where nothing else deviates: slower answers in the log, more requests, no CPU left to use."""

import pytest

from casebook.analysis.signs import Sign
from casebook.analysis.snapshot import Snapshot
from casebook.api.enums import Verdict
from casebook.api.observation import Observation, earlier_logs, used
from casebook.reasoning.engine import weigh
from support.builders import (
    NS,
    Raw,
    container,
    endpoints,
    env,
    log,
    observe,
    pod,
    replicaset,
    run,
    service,
    snapshot,
    template,
    workload,
)
from support.curves import curves, level, metered
from support.reason import assert_refuted, assert_root, report
from support.shop import shop


def lines(ms: int, count: int = 40) -> list[str]:
    return [f'{{"level":"INFO","msg":"GET / 200","status":200,"ms":{ms}}}'] * count


def parts(name: str, before: int, now: int, *, faster: float = 1) -> list[Observation]:
    """A busy log: a part from ten minutes ago and the last lines, with the milliseconds of each."""
    earlier = log(f"{name}-p0", lines(before), end=600).data
    last = log(f"{name}-p0", lines(now), step=1 / faster).replace(truncated=True)
    return [last, observe(earlier_logs(NS, f"{name}-p0", "app", 780, 128 << 10), earlier, 2)]


def signs(of: Snapshot) -> set[tuple[str, Sign]]:
    return {(one.entity.name, one.sign) for one in weigh(of).situation.symptoms}


def asked(question: str, *more: Observation) -> Snapshot:
    return snapshot(run(question, "Deployment/web"), shop(), *more)


def test_answers_that_take_longer_than_in_an_earlier_part_of_the_log_are_slow() -> None:
    found = asked("is web well?", *parts("web", 20, 400))
    assert signs(found) == {("web", Sign.SLOW)}
    assert report(found).verdict is Verdict.INCONCLUSIVE
    assert "answers nine of ten requests in 0.4 s, before in 0.02 s" in str(report(found).affected)


def whole(before: int, now: int) -> Observation:
    """A log that was read whole: as many requests before the rollout of ten minutes ago as since."""
    return log("web-p0", [*lines(before, 60), *lines(now, 60)], step=10)


@pytest.mark.parametrize(("question", "found"), [("web is slow", {("web", Sign.SLOW)}), ("is web well?", set())])
def test_a_log_that_was_read_whole_tells_too_where_answers_are_said_to_be_late(
    question: str, found: set[tuple[str, Sign]]
) -> None:
    changed = snapshot(run(question, "Deployment/web"), limited("100m", "1"), whole(20, 400))
    assert signs(changed) == found
    even = snapshot(run(question, "Deployment/web"), limited("100m", "1"), whole(20, 30))
    assert signs(even) == set()


def test_a_difference_that_nobody_notices_is_none() -> None:
    assert signs(asked("is web well?", *parts("web", 20, 80))) == set()
    assert signs(asked("is web well?", *parts("web", 900, 1100))) == set()


def test_more_requests_count_only_where_answers_are_said_to_be_late() -> None:
    more = parts("web", 20, 20, faster=8)
    assert signs(asked("web is slow", *more)) == {("web", Sign.LOAD)}
    assert signs(asked("is web well?", *more)) == set()
    assert signs(asked("web is slow", *parts("web", 20, 20))) == set()


def test_more_requests_are_not_told_beside_what_deviates_by_itself() -> None:
    assert signs(asked("web is slow", *parts("web", 20, 400, faster=8))) == {("web", Sign.SLOW)}


def limited(limit: str, before: str = "") -> list[Raw]:
    """The shop with a CPU limit on api, lowered ten minutes ago where one from before is given."""
    old, new = (
        template("api", container(resources={"limits": {"cpu": cpu}}, env=env(AUTH_URL="http://auth:80")))
        for cpu in (before or limit, limit)
    )
    top = workload("api", new)
    revisions = [replicaset(top, 1, old, age=7000, replicas=0)] if before else []
    newest = replicaset(top, 2, new, age=600 if before else 7000)
    return [
        *shop("api"),
        top,
        *revisions,
        newest,
        pod(newest, new, name="api-p0", age=590),
        service("api"),
        endpoints("api"),
    ]


def using(cpu: str, name: str = "app") -> Observation:
    """What metrics.k8s.io says of api."""
    item = {"metadata": {"name": "api-p0", "namespace": NS}, "containers": [{"name": name, "usage": {"cpu": cpu}}]}
    return observe(used(NS), {"items": [item]}, 2)


def slow(objects: list[Raw], *more: Observation) -> Snapshot:
    return snapshot(run("web is slow", "Deployment/web"), objects, *more)


@pytest.mark.parametrize("share", [99, 84])
def test_a_container_that_uses_all_of_a_lowered_limit(share: int) -> None:
    """A mean of four fifths is all of it: the limit holds in each tenth of a second."""
    said = f"uses {share}% of its CPU limit"
    assert_root(slow(limited("100m", "1"), using(f"{share}m")), "Deployment/api", "CPULimitTooLow", said)


def test_a_limit_that_is_full_since_ever_is_said_to_be_likely_but_not_more() -> None:
    found = report(slow(limited("100m"), using("99999999n")))
    assert (found.verdict, found.hypotheses[0].cause) == (Verdict.INCONCLUSIVE, "CPULimitTooLow")


def test_a_limit_of_which_little_is_used_holds_nothing_back() -> None:
    found = report(slow(limited("100m", "1"), using("20m")))
    assert (found.verdict, found.root_causes) == (Verdict.NO_FAULT, [])


def test_what_another_container_uses_says_nothing() -> None:
    assert signs(slow(limited("100m", "1"), using("99m", "sidecar"))) == set()


def test_a_full_limit_is_no_symptom_where_curves_show_that_answers_come_as_before() -> None:
    even = curves(latency={"api": level(0.05), "web": level(0.05)}, traffic={"api": level(4), "web": level(4)})
    found = slow(limited("100m"), using("99m"), *even)
    found = Snapshot(metered(found.run), found.observations)
    assert signs(found) == set()
    assert report(found).verdict is Verdict.NO_FAULT


def test_a_limit_that_was_enough_until_more_was_asked_is_refuted() -> None:
    objects = limited("100m", "1")
    logs = [item for name in ("web", "api") for item in parts(name, 20, 20, faster=8)]
    assert_refuted(slow(objects, using("99m"), *logs), "Deployment/api", "CPULimitTooLow")
