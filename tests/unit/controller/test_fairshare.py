"""Who starts next."""

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from casebook.api.enums import Severity
from casebook.controller.fairshare import RANK, Limits, Waiting, admit
from support.cases import NOW

SEVERITY = st.sampled_from(list(Severity))
TENANT = st.sampled_from(["a", "b", "c", "d"])
ONE = st.builds(lambda tenant, severity, age: (tenant, severity, age), TENANT, SEVERITY, st.integers(0, 50))
QUEUE = st.lists(ONE, max_size=40).map(
    lambda items: [
        Waiting(f"u{number}", tenant, severity, NOW - timedelta(seconds=age))
        for number, (tenant, severity, age) in enumerate(items)
    ]
)
RUNNING = st.dictionaries(TENANT, st.integers(0, 4))
LIMITS = st.builds(Limits, st.integers(1, 12), st.integers(1, 4))


def one(uid: str, tenant: str = "a", severity: Severity = Severity.WARNING, age: int = 0) -> Waiting:
    return Waiting(uid, tenant, severity, NOW - timedelta(seconds=age))


def test_severity_comes_before_age_within_a_tenant() -> None:
    queue = [
        one("old", age=90),
        one("new", age=1),
        one("bad", severity=Severity.CRITICAL),
        one("hm", severity=Severity.INFO),
    ]
    assert admit(queue, {}, Limits(9, 9)) == ["bad", "old", "new", "hm"]


def test_a_slot_goes_to_the_tenant_with_fewest_running_whatever_others_call_critical() -> None:
    loud = [one(f"loud{number}", "a", Severity.CRITICAL, age=number) for number in range(5)]
    assert admit([*loud, one("quiet", "b", Severity.INFO)], {"a": 1}, Limits(2, 9)) == ["quiet"]


def test_severity_breaks_ties_between_tenants() -> None:
    assert admit([one("mild", "a", age=99), one("grave", "b", Severity.CRITICAL)], {}, Limits(1, 9)) == ["grave"]


@given(QUEUE, RUNNING, LIMITS)
def test_limits_hold_and_no_slot_is_left_free_that_somebody_could_take(
    queue: list[Waiting], running: dict[str, int], limits: Limits
) -> None:
    admitted = admit(queue, running, limits)
    by_uid = {waiting.uid: waiting for waiting in queue}
    assert len(set(admitted)) == len(admitted)
    given_out = Counter(by_uid[uid].tenant for uid in admitted)
    free = max(0, limits.total - sum(running.values()))
    assert len(admitted) <= free
    for tenant, count in given_out.items():
        assert running.get(tenant, 0) + count <= limits.per_tenant
    left = [waiting for waiting in queue if waiting.uid not in admitted]
    if len(admitted) < free:
        assert all(running.get(w.tenant, 0) + given_out[w.tenant] >= limits.per_tenant for w in left)


@given(QUEUE, RUNNING, LIMITS)
def test_no_tenant_gets_ahead_while_another_waits(
    queue: list[Waiting], running: dict[str, int], limits: Limits
) -> None:
    by_uid = {waiting.uid: waiting for waiting in queue}
    count = Counter(running)
    waiting = Counter(w.tenant for w in queue)
    for uid in admit(queue, running, limits):
        tenant = by_uid[uid].tenant
        rivals = [t for t in waiting if waiting[t] and count[t] < limits.per_tenant]
        assert count[tenant] == min(count[t] for t in rivals)
        count[tenant] += 1
        waiting[tenant] -= 1


@given(QUEUE, RUNNING, LIMITS)
def test_the_order_within_a_tenant_holds(queue: list[Waiting], running: dict[str, int], limits: Limits) -> None:
    by_uid = {waiting.uid: waiting for waiting in queue}
    admitted = [by_uid[uid] for uid in admit(queue, running, limits)]
    for tenant in {w.tenant for w in admitted}:
        mine = [w for w in admitted if w.tenant == tenant]
        left = [w for w in queue if w.tenant == tenant and w not in mine]
        assert mine == sorted(mine, key=lambda w: (RANK[w.severity], w.created, w.uid))
        assert all(mine[-1].order <= w.order for w in left)
