"""How an attempt ended, told from its Job and its pod, and whether another attempt can help. Pure."""

from dataclasses import dataclass

from casebook.controller.views import JobView, PodView

IMAGE_TROUBLE = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
)
START_TROUBLE = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})
EVICTIONS = frozenset({"Evicted", "NodeLost", "NodeShutdown", "NodeAffinity", "UnexpectedAdmissionError", "Terminated"})
KILLED = 137
RETRY = "RetryAfter"

ALWAYS, ONCE, NEVER = "always", "once", "never"


@dataclass(frozen=True)
class Outcome:
    """Reason and message of an ended attempt. `retry`: always within the limit of attempts, once for this reason in a
    row, or never."""

    reason: str
    message: str
    retry: str = NEVER

    def may_retry(self, attempt: int, attempts: int, previous: str) -> bool:
        """Whether another attempt follows attempt number `attempt`, which itself was made for reason `previous`."""
        if self.retry == NEVER or attempt >= attempts:
            return False
        return self.retry == ALWAYS or previous != RETRY + self.reason


def of_missing_job(name: str) -> Outcome:
    """The Job is gone although its pod had begun."""
    return Outcome("PodLost", f"Job {name} was deleted while it ran", ALWAYS)


def of_ended(job: JobView, pod: PodView | None, namespace: str) -> Outcome:
    """The Job is over and no report stands in the status."""
    where = f"Job {namespace}/{job.name}"
    if job.ended == "Complete":
        return Outcome(
            "NoReport",
            f"the agent of {where} ended without handing in a report; see the logs of the Job and of the gateway",
            ONCE,
        )
    if job.ended == "DeadlineExceeded":
        return Outcome(
            "DeadlineExceeded",
            f"{where} was stopped at its deadline before a report was handed in; raise spec.budget.seconds in another "
            "Investigation, or see the log of the gateway if reports were refused",
        )
    return _of_failed(job, pod, where)


def _of_failed(job: JobView, pod: PodView | None, where: str) -> Outcome:
    disruption = _disruption(job, pod)
    if disruption:
        return Outcome("Disrupted", f"the pod of {where} was taken away by the cluster ({disruption})", ALWAYS)
    if (pod is not None and pod.terminated == "OOMKilled") or _killed(job, pod):
        return Outcome(
            "OutOfMemory",
            f"the agent of {where} was killed at its memory limit; raise agentResources.limits.memory",
            ONCE,
        )
    if pod is None or pod.deleting:
        # A pod that failed by its own fault stays as long as its Job; one that is gone was deleted.
        return Outcome("PodLost", f"the pod of {where} was deleted while it ran", ALWAYS)
    if pod.exit_code is None:
        return Outcome("PodNotStarted", f"the pod of {where} failed before its container ran: {job.message}", ONCE)
    return Outcome(
        "AgentFailed",
        f"the agent of {where} failed with exit code {pod.exit_code}; see its log: "
        f"kubectl -n {where.split()[1].split('/')[0]} logs job/{job.name}",
        ONCE,
    )


def _disruption(job: JobView, pod: PodView | None) -> str:
    if pod is not None and (pod.disruption or pod.status_reason in EVICTIONS):
        return pod.disruption or pod.status_reason
    return "DisruptionTarget" if job.ended == "PodFailurePolicy" and "DisruptionTarget" in job.message else ""


def _killed(job: JobView, pod: PodView | None) -> bool:
    if pod is not None and not pod.deleting:
        return pod.exit_code == KILLED
    return job.ended == "PodFailurePolicy" and f"exit code {KILLED} " in job.message


@dataclass(frozen=True)
class Stuck:
    """Why a pod does not start. `outcome` where waiting longer is pointless."""

    reason: str
    message: str
    outcome: Outcome | None = None


def of_unstarted(job: JobView, pod: PodView | None, namespace: str) -> Stuck:
    """The Job is active, but its pod has not run for longer than it may take to start."""
    where = f"{namespace}/{job.name}"
    if pod is None:
        message = f"Job {where} has no pod yet; see its events: kubectl -n {namespace} describe job {job.name}"
        return Stuck("PodNotCreated", message)
    if pod.unschedulable:
        return Stuck("Unschedulable", f"no node takes the pod of Job {where}: {pod.unschedulable}")
    if pod.waiting in IMAGE_TROUBLE:
        message = f"the image of Job {where} cannot be pulled ({pod.waiting}): {pod.waiting_message}"
        return Stuck("ImagePull", message, Outcome("ImagePull", message, ONCE))
    if pod.waiting in START_TROUBLE:
        message = f"the container of Job {where} does not start ({pod.waiting}): {pod.waiting_message}"
        return Stuck("PodNotStarted", message, Outcome("PodNotStarted", message, ONCE))
    return Stuck("PodStarting", f"the pod of Job {where} is still starting ({pod.waiting or pod.phase})")
