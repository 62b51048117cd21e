"""The decision, as a table: what is known, and what is to be done."""

from datetime import timedelta
from typing import Any

import pytest

from casebook.api.enums import Phase
from casebook.controller.conditions import FALSE, FINISHED, QUEUED, RUNNING, SUCCEEDED, TRACE_STORED, TRUE, find
from casebook.controller.decide import Inputs, Slot, decide, wants_pod
from casebook.controller.plan import AskSlot, CreateJob, DeleteJob, Emit, Expire, Plan, WriteStatus
from casebook.controller.views import AlertTimes, PodView, Target
from support.cases import NOW, POLICY, ago, case, inputs, job, namespace, started, tenants

REPORT = {"headline": "RootCause: OOMKilled on Deployment/web (93 %)"}
DISRUPTED = {"ended": "PodFailurePolicy", "message": "Pod x has condition DisruptionTarget matching", "ended_at": NOW}
FAILED = {"ended": "BackoffLimitExceeded", "ended_at": NOW}
EXIT_1 = PodView(name="p", phase="Failed", terminated="Error", exit_code=1)
OOM = PodView(name="p", phase="Failed", terminated="OOMKilled", exit_code=137)
PULL = PodView(name="p", phase="Pending", waiting="ImagePullBackOff", waiting_message="no such tag")
FULL = PodView(name="p", phase="Pending", unschedulable="0/3 nodes: insufficient memory")


def status(plan: Plan) -> WriteStatus:
    return next(step for step in plan.steps if isinstance(step, WriteStatus))


def told(plan: Plan, type_: str) -> tuple[Any, str]:
    mark = find(status(plan).marks, type_)
    assert mark is not None
    return mark.status, mark.reason


def shape(plan: Plan) -> list[str]:
    """The kinds of steps, in their order."""
    return [type(step).__name__ for step in plan.steps]


ENDS = [
    ("cancelled before it began", inputs(case(cancelled=True)), "Cancelled"),
    ("cancelled while it runs", inputs(started(cancelled=True), job=job()), "Cancelled"),
    ("unknown kind", inputs(case(target=Target("", "Deploymnt", "team-a", "web"))), "TargetUnknown"),
    ("a Secret", inputs(case(target=Target("", "Secret", "team-a", "web"))), "TargetForbidden"),
    ("another tenant's", inputs(case(target=Target("", "Deployment", "team-b", "web"))), "TargetForbidden"),
    ("nobody's namespace", inputs(case(target=Target("", "Pod", "nowhere", "web"))), "TargetForbidden"),
    ("excluded namespace", inputs(case(namespace="kube-system")), "NamespaceExcluded"),
    ("window upside down", inputs(case(window=(NOW, ago(60)))), "WindowContradictory"),
    (
        "window to come",
        inputs(case(window=(NOW + timedelta(hours=1), NOW + timedelta(hours=2)))),
        "WindowContradictory",
    ),
    ("unreadable", inputs(case(unreadable="spec.budget.seconds: too small")), "SpecInvalid"),
    ("namespace has moved", inputs(started(), job=job(tenant="label:old")), "ScopeChanged"),
    ("deadline of the Job", inputs(started(), job=job(ended="DeadlineExceeded", ended_at=NOW)), "DeadlineExceeded"),
    ("deadline of all", inputs(started(started=ago(3 * 660)), job=job()), "DeadlineExceeded"),
    ("the last attempt lost", inputs(started(3), job=job(3, **DISRUPTED)), "Disrupted"),
    (
        "the agent's own fault again",
        inputs(started(2, running="True/RetryAfterAgentFailed"), job=job(2, **FAILED), pod=EXIT_1),
        "AgentFailed",
    ),
    (
        "out of memory again",
        inputs(started(2, running="True/RetryAfterOutOfMemory"), job=job(2, **FAILED), pod=OOM),
        "OutOfMemory",
    ),
    (
        "no image again",
        inputs(started(2, running="True/RetryAfterImagePull"), job=job(2, ready=0, created=ago(121)), pod=PULL),
        "ImagePull",
    ),
]


@pytest.mark.parametrize(("known", "reason"), [end[1:] for end in ENDS], ids=[end[0] for end in ENDS])
def test_what_ends_without_a_report(known: Inputs, reason: str) -> None:
    plan = decide(known)
    assert told(plan, SUCCEEDED) == (FALSE, reason)
    assert told(plan, FINISHED) == (TRUE, reason)
    assert told(plan, RUNNING)[0] is told(plan, QUEUED)[0] is FALSE
    assert status(plan).finished == NOW
    assert status(plan).phase is (Phase.CANCELLED if reason == "Cancelled" else Phase.FAILED)
    emitted = plan.steps[-1]
    assert isinstance(emitted, Emit)
    assert emitted.reason == reason
    live = known.job is not None and not known.job.ended
    assert shape(plan) == [*(["DeleteJob"] if live else []), "WriteStatus", "Emit"]


RETRIES = [
    ("disrupted", inputs(started(), job=job(**DISRUPTED)), "Disrupted"),
    ("evicted", inputs(started(), job=job(**FAILED), pod=PodView("p", "Failed", status_reason="Evicted")), "Disrupted"),
    ("pod deleted", inputs(started(), job=job(**FAILED)), "PodLost"),
    (
        "pod going",
        inputs(started(), job=job(**FAILED), pod=PodView("p", "Running", exit_code=137, deleting=True)),
        "PodLost",
    ),
    ("Job deleted while it ran", inputs(started(claimed=True)), "PodLost"),
    ("out of memory", inputs(started(), job=job(**FAILED), pod=OOM), "OutOfMemory"),
    ("killed", inputs(started(), job=job(**FAILED), pod=PodView("p", "Failed", exit_code=137)), "OutOfMemory"),
    ("the agent's own fault", inputs(started(), job=job(**FAILED), pod=EXIT_1), "AgentFailed"),
    ("no report", inputs(started(), job=job(ended="Complete", ended_at=NOW)), "NoReport"),
    ("no image", inputs(started(), job=job(ready=0, created=ago(121)), pod=PULL), "ImagePull"),
    (
        "another trouble before",
        inputs(started(2, running="True/RetryAfterPodLost"), job=job(2, **FAILED), pod=OOM),
        "OutOfMemory",
    ),
]


@pytest.mark.parametrize(("known", "reason"), [one[1:] for one in RETRIES], ids=[one[0] for one in RETRIES])
def test_what_is_tried_again(known: Inputs, reason: str) -> None:
    plan = decide(known)
    assert status(plan).attempt == known.case.attempt + 1
    assert told(plan, RUNNING) == (TRUE, f"RetryAfter{reason}")
    assert find(status(plan).marks, FINISHED).status is FALSE
    assert not any(isinstance(step, CreateJob) for step in plan.steps), "the next Job waits for its backoff"
    assert plan.again == 10 * 2 ** (known.case.attempt - 1)
    assert plan.outcome == reason


def test_a_stuck_job_goes_before_the_next_attempt() -> None:
    plan = decide(inputs(started(), job=job(ready=0, created=ago(121)), pod=PULL))
    assert shape(plan)[:2] == ["DeleteJob", "WriteStatus"]
    assert plan.steps[0] == DeleteJob("run-0a1b2c3d4e5f-1", "job-1")


QUIET = [
    ("runs", inputs(started(), job=job())),
    ("starting, not for long", inputs(started(), job=job(ready=0))),
    ("already told that it waits", inputs(case(phase=Phase.QUEUED), slot=Slot.WAITING)),
    ("its Job is going", inputs(started(), job=job(deleting=True))),
    ("finished", inputs(case(finished="True", finished_at=ago(60)))),
    ("a namespace was made since", inputs(started(), job=job(), tenants=tenants(namespace("team-a", created=NOW)))),
]


@pytest.mark.parametrize("known", [one[1] for one in QUIET], ids=[one[0] for one in QUIET])
def test_nothing_to_do(known: Inputs) -> None:
    if known.slot is Slot.WAITING:
        written = status(decide(inputs(case(), slot=Slot.WAITING)))
        known = inputs(
            case(phase=written.phase).__class__(**{**_fields(known.case), "marks": written.marks}), slot=Slot.WAITING
        )
    assert decide(known).steps == ()


def _fields(of: Any) -> dict[str, Any]:
    return {name: getattr(of, name) for name in of.__dataclass_fields__}


def test_a_new_one_asks_for_a_slot_before_anything_is_written() -> None:
    assert decide(inputs(case())).steps == (AskSlot(),)


def test_one_that_has_to_wait_says_so() -> None:
    plan = decide(inputs(case(), slot=Slot.WAITING))
    assert shape(plan) == ["WriteStatus"]
    assert told(plan, QUEUED) == (TRUE, "WaitingForSlot")
    assert (status(plan).phase, status(plan).attempt) == (Phase.QUEUED, 0)


def test_the_attempt_is_written_before_its_job_is_made() -> None:
    plan = decide(inputs(case(), slot=Slot.GRANTED))
    assert shape(plan) == ["WriteStatus", "CreateJob", "Emit"]
    assert (status(plan).attempt, status(plan).started) == (1, NOW)


def test_an_attempt_without_a_job_that_no_pod_took_up_gets_its_job() -> None:
    assert decide(inputs(started())).steps == (CreateJob(1),)


def test_the_next_attempt_waits_out_its_backoff() -> None:
    before = job(1, ended="BackoffLimitExceeded", ended_at=ago(4))
    plan = decide(inputs(started(2), others=(before,)))
    assert (plan.steps, plan.again) == ((), 6)
    assert decide(inputs(started(2), others=(job(1, ended="x", ended_at=ago(10)),))).steps == (CreateJob(2),)


def test_a_refused_job_is_told_of_and_tried_again() -> None:
    plan = decide(inputs(started(), refusal="exceeded quota: pods"))
    assert told(plan, RUNNING) == (FALSE, "JobRefused")
    assert plan.again == 30


def test_a_pod_without_a_node_is_told_of_and_waited_for() -> None:
    plan = decide(inputs(started(), job=job(ready=0, created=ago(121)), pod=FULL))
    assert told(plan, RUNNING) == (FALSE, "Unschedulable")
    assert shape(plan) == ["WriteStatus"]


def test_trouble_that_is_over_is_told_of_no_more() -> None:
    plan = decide(inputs(started(running="False/Unschedulable"), job=job()))
    assert told(plan, RUNNING) == (TRUE, "Started")


def test_a_report_with_its_trace_ends_it_at_once() -> None:
    plan = decide(inputs(started(trace="True", **REPORT), job=job()))
    assert shape(plan) == ["WriteStatus", "Emit"]
    assert told(plan, SUCCEEDED) == (TRUE, "ReportStored")
    assert status(plan).phase is Phase.SUCCEEDED
    assert find(status(plan).marks, TRACE_STORED) is None, "the gateway's word stands"


def test_a_report_without_its_trace_succeeds_but_waits_for_the_agent() -> None:
    plan = decide(inputs(started(trace="False", **REPORT), job=job()))
    assert told(plan, SUCCEEDED) == (TRUE, "ReportStored")
    assert status(plan).finished is None


@pytest.mark.parametrize(
    "gone", [None, job(ended="Complete", ended_at=NOW), job(deleting=True)], ids=["none", "ended", "going"]
)
def test_a_trace_that_was_not_stored_by_the_end_of_the_job_is_lost(gone: Any) -> None:
    plan = decide(inputs(started(trace="False/DatabaseAway", **REPORT), job=gone))
    assert told(plan, TRACE_STORED) == (FALSE, "TraceLost")
    assert told(plan, FINISHED) == (TRUE, "ReportStored")


def test_a_report_outdoes_a_cancel_that_came_late() -> None:
    plan = decide(inputs(started(trace="True", cancelled=True, **REPORT), job=job()))
    assert told(plan, SUCCEEDED) == (TRUE, "ReportStored")
    assert shape(plan)[0] == "DeleteJob"


def test_one_that_is_being_deleted_takes_its_jobs_along() -> None:
    plan = decide(inputs(started(deleting=True), job=job(), others=(job(2, ended="Complete"),)))
    assert plan.steps == (DeleteJob("run-0a1b2c3d4e5f-1", "job-1"),)


@pytest.mark.parametrize(
    ("ttl", "ended", "alert", "expires"),
    [
        (None, 3599, None, False),
        (None, 3600, None, True),
        (0, 0, None, True),
        (60, 59, None, False),
        (0, 90_000, AlertTimes(ago(3600), None), False),
        (0, 90_000, AlertTimes(ago(86_400 + 60), ago(86_399)), False),
        (0, 90_000, AlertTimes(ago(90_000), ago(86_400)), True),
        (0, 200_000, AlertTimes(ago(2 * 86_400 - 1), None), False),
        (0, 200_000, AlertTimes(ago(2 * 86_400), None), True),
        (0, 60, AlertTimes(), False),
    ],
)
def test_time_to_live(ttl: int | None, ended: float, alert: AlertTimes | None, expires: bool) -> None:
    known = inputs(case(finished="True", finished_at=ago(ended), ttl=ttl, alert=alert))
    assert decide(known).steps == ((Expire(),) if expires else ())


def test_the_pod_is_looked_up_only_where_it_matters() -> None:
    assert not wants_pod(started(), job(), POLICY, NOW)
    assert not wants_pod(started(), job(ready=0), POLICY, NOW)
    assert wants_pod(started(), job(ready=0, created=ago(120)), POLICY, NOW)
    assert wants_pod(started(), job(**FAILED), POLICY, NOW)
    assert not wants_pod(started(**REPORT), job(**FAILED), POLICY, NOW)
