"""The one decision: from what is known of an Investigation to what to do about it. Pure.

Rules are tried in order and the first that has something to say decides. Nothing here remembers anything: whatever a
decision rests on stands in the API server, so it comes out the same after a restart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from casebook.api.enums import Phase
from casebook.controller import outcomes, transitions
from casebook.controller.conditions import RUNNING, TRUE, find
from casebook.controller.expiry import expires_at
from casebook.controller.outcomes import RETRY, Outcome
from casebook.controller.plan import AskSlot, CreateJob, DeleteJob, Emit, Expire, Learn, Plan, Step, WriteStatus
from casebook.controller.problems import find_problem
from casebook.controller.tenancy import Tenants, scope_change
from casebook.controller.views import Case, JobView, PodView

BACKOFF_LIMIT = 300
RETRY_REFUSED = 30.0


class Slot(Enum):
    """Where an Investigation that has not started stands with its slot."""

    UNASKED = 1
    WAITING = 2
    GRANTED = 3


@dataclass(frozen=True)
class Policy:
    """The installation's limits; times in seconds."""

    attempts: int
    backoff: int
    grace: int
    start: int
    ttl: int
    max_running: int
    max_running_per_tenant: int
    runs_namespace: str


@dataclass(frozen=True)
class Inputs:
    """Everything that a decision rests on.

    `job` is the Job of the present attempt and `others` are Jobs of any other; `pod` is looked up only where
    `wants_pod`; `refusal` is what the API server said when it just refused the Job.
    """

    case: Case
    tenants: Tenants
    policy: Policy
    now: datetime
    job: JobView | None = None
    others: tuple[JobView, ...] = ()
    pod: PodView | None = None
    slot: Slot = Slot.UNASKED
    refusal: str = ""


def decide(inputs: Inputs) -> Plan:
    """What to do now. An empty plan means that there is nothing to do until something happens."""
    case = inputs.case
    if case.deleting:
        return Plan(_stop(inputs))
    if case.finished:
        when = expires_at(case, inputs.policy.ttl)
        if case.unlearned:
            return Plan((Learn(),))
        return Plan((Expire(),) if when is not None and inputs.now >= when else ())
    for rule in _RULES:
        plan = rule(inputs)
        if plan is not None:
            return plan
    return Plan()


def wants_pod(case: Case, job: JobView | None, policy: Policy, now: datetime) -> bool:
    """Whether a decision about this attempt needs to know its pod."""
    if job is None or case.finished or case.reported:
        return False
    return bool(job.ended) or _late_to_start(job, policy, now)


def _reported(inputs: Inputs) -> Plan | None:
    case = inputs.case
    if not case.reported:
        return None
    over = inputs.job is None or not inputs.job.live
    if case.traced or over or case.cancelled:
        stop = _stop(inputs) if case.cancelled else ()
        done = transitions.succeeded(case, inputs.now)
        return Plan((*stop, done, Emit("Finished", case.headline)), outcome="Reported")
    return _write(case, transitions.reported(case, inputs.now))


def _cancelled(inputs: Inputs) -> Plan | None:
    if not inputs.case.cancelled:
        return None
    return _end(inputs, "Cancelled", "It was cancelled by spec.intent.", Phase.CANCELLED)


def _moved(inputs: Inputs) -> Plan | None:
    if inputs.job is None:
        return None
    why = scope_change(inputs.case, inputs.job, inputs.tenants)
    return _end(inputs, "ScopeChanged", f"{why}. Create another Investigation to look again.") if why else None


def _impossible(inputs: Inputs) -> Plan | None:
    problem = find_problem(inputs.case, inputs.tenants, inputs.now)
    return _end(inputs, problem.reason, problem.message) if problem is not None else None


def _waiting(inputs: Inputs) -> Plan | None:
    case, policy = inputs.case, inputs.policy
    if case.attempt:
        return None
    if inputs.slot is Slot.GRANTED:
        message = f"Attempt 1 of {policy.attempts}."
        started = transitions.attempting(case, 1, inputs.now, "Started", message)
        return Plan((started, CreateJob(1), Emit("Started", message)))
    if inputs.slot is Slot.UNASKED:
        return Plan((AskSlot(),))
    message = (
        f"At most {policy.max_running} investigations run at a time, {policy.max_running_per_tenant} of one tenant; "
        "this one starts when one of them ends."
    )
    return _write(case, transitions.queued(case, inputs.now, message))


def _overdue(inputs: Inputs) -> Plan | None:
    """Nothing runs for ever, whatever keeps an attempt from ending."""
    case, policy = inputs.case, inputs.policy
    whole = policy.attempts * (case.seconds + policy.grace + BACKOFF_LIMIT)
    if case.started is None or inputs.now < case.started + timedelta(seconds=whole):
        return None
    mark = find(case.marks, RUNNING)
    why = f" Last: {mark.reason}: {mark.message}" if mark is not None and mark.message else ""
    return _end(inputs, "DeadlineExceeded", f"No report within {whole} s over all attempts.{why}")


def _unmade(inputs: Inputs) -> Plan | None:
    """The attempt has no Job: it is still to be made, or it was lost."""
    case, now = inputs.case, inputs.now
    if inputs.job is not None:
        return None
    if case.claimed:
        return _lost(inputs, outcomes.of_missing_job(f"of attempt {case.attempt}"))
    if inputs.refusal:
        message = f"The Job was refused: {inputs.refusal}. It is tried again every {RETRY_REFUSED:.0f} s."
        return _write(case, transitions.hindered(case, now, "JobRefused", message), again=RETRY_REFUSED)
    before = next((job for job in inputs.others if job.attempt == case.attempt - 1), None)
    if before is not None and before.ended_at is not None:
        wait = (before.ended_at + _backoff(inputs, before.attempt) - now).total_seconds()
        if wait > 0:
            return Plan(again=wait)
    return Plan((CreateJob(case.attempt),))


def _running(inputs: Inputs) -> Plan | None:
    """The attempt has a Job that runs, waits to run, or is over."""
    case, job, policy = inputs.case, inputs.job, inputs.policy
    if job is None:
        return None
    if job.ended:
        return _lost(inputs, outcomes.of_ended(job, inputs.pod, policy.runs_namespace))
    if job.deleting:
        return Plan()
    if _late_to_start(job, policy, inputs.now):
        stuck = outcomes.of_unstarted(job, inputs.pod, policy.runs_namespace)
        if stuck.outcome is not None:
            return _lost(inputs, stuck.outcome)
        return _write(case, transitions.hindered(case, inputs.now, stuck.reason, stuck.message))
    if not job.ready:
        # A pod that goes on waiting changes nothing that anybody would tell of.
        return Plan(again=(_start_by(job, policy) - inputs.now).total_seconds())
    return _recovered(inputs)


def _recovered(inputs: Inputs) -> Plan:
    """It runs; if the status still speaks of trouble, it says so no more."""
    case, mark = inputs.case, find(inputs.case.marks, RUNNING)
    if mark is not None and mark.status is TRUE:
        return Plan()
    message = f"Attempt {case.attempt} of {inputs.policy.attempts}."
    return Plan((transitions.attempting(case, case.attempt, inputs.now, "Started", message),))


def _lost(inputs: Inputs, outcome: Outcome) -> Plan:
    """The attempt is over without a report: another one, or the end."""
    case, policy = inputs.case, inputs.policy
    mark = find(case.marks, RUNNING)
    if not outcome.may_retry(case.attempt, policy.attempts, mark.reason if mark is not None else ""):
        message = f"{_sentence(outcome.message)} Attempt {case.attempt} of {policy.attempts}."
        return _end(inputs, outcome.reason, message, outcome=outcome.reason)
    following = case.attempt + 1
    why = f"Attempt {following} of {policy.attempts}, because {outcome.message}."
    retry = transitions.attempting(case, following, inputs.now, RETRY + outcome.reason, why)
    # One Event tells that it is being retried; the condition always says why.
    tell = (Emit("Retrying", why, warning=True),) if following == 2 else ()
    wait = _backoff(inputs, case.attempt).total_seconds()
    return Plan((*_stop(inputs), retry, *tell), again=wait, outcome=outcome.reason)


def _end(inputs: Inputs, reason: str, message: str, phase: Phase = Phase.FAILED, outcome: str = "") -> Plan:
    done = transitions.failed(inputs.case, inputs.now, phase, reason, message)
    ended = outcome or (reason if inputs.case.attempt else "")
    return Plan((*_stop(inputs), done, Emit(reason, message, warning=phase is Phase.FAILED)), outcome=ended)


def _write(case: Case, write: WriteStatus, again: float | None = None) -> Plan:
    return Plan((write,) if transitions.differs(case, write) else (), again)


def _stop(inputs: Inputs) -> tuple[Step, ...]:
    jobs = (*((inputs.job,) if inputs.job is not None else ()), *inputs.others)
    return tuple(DeleteJob(job.name, job.uid) for job in jobs if job.live)


def _late_to_start(job: JobView, policy: Policy, now: datetime) -> bool:
    return not job.ended and not job.ready and now >= _start_by(job, policy)


def _start_by(job: JobView, policy: Policy) -> datetime:
    return job.created + timedelta(seconds=policy.start)


def _backoff(inputs: Inputs, attempt: int) -> timedelta:
    return timedelta(seconds=min(inputs.policy.backoff * 2 ** (attempt - 1), BACKOFF_LIMIT))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


_RULES: tuple[Callable[[Inputs], Plan | None], ...] = (
    _reported,
    _cancelled,
    _moved,
    _impossible,
    _waiting,
    _overdue,
    _unmade,
    _running,
)
