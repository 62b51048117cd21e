"""Which logs to read: those of what is unwell and of what the path leads through, of a pod or two each."""

from collections.abc import Iterator

from casebook.analysis.workloads import Container, Pod, Workload
from casebook.api.observation import Query, pod_logs
from casebook.reasoning.situation import Situation

MAX_LOGS = 20
MEASURED_LOGS = 12
"""Logs that are read where curves are too, so that the reads of a run stay under 60."""
PODS_PER_WORKLOAD = 2


def ailing(workload: Workload) -> bool:
    """Whether any of its pods is not ready."""
    return any(not pod.ready for pod in workload.live)


def logs(situation: Situation) -> list[Query]:
    """Logs of what is unwell first, then along the path; a container that never ran has none."""
    unwell = {symptom.entity for symptom in situation.symptoms}
    path = situation.path
    ordered = sorted(
        situation.world.workloads.values(),
        key=lambda item: (item.ref not in path, item.ref not in unwell, path.get(item.ref, 0), item.ref),
    )
    if situation.world.cluster_target:
        # What runs on a node may be hundreds of pods, which nobody asked about: only those that are not ready.
        ordered = [item for item in ordered if ailing(item)]
    asked = [query for workload in ordered for query in of_workload(situation, workload)]
    return asked[: MEASURED_LOGS if situation.world.snapshot.run.prometheus else MAX_LOGS]


def of_workload(situation: Situation, workload: Workload) -> Iterator[Query]:
    """The logs of one workload, those of the least well pod first."""
    for pod in _telling_pods(workload):
        for container in pod.containers:
            yield from _of_container(situation, container)


def _telling_pods(workload: Workload) -> list[Pod]:
    """At most a pod or two: the least well of the newest revision, and one of another revision if there is one."""
    pods = workload.pods if workload.ref.kind in ("Job", "CronJob", "Pod") else workload.live
    newest = workload.revisions[0].thing.ref if workload.revisions else None
    ordered = sorted(pods, key=lambda pod: (pod.revision != newest, pod.ready, -_restarts(pod), pod.thing.ref))
    chosen: list[Pod] = []
    for pod in ordered:
        if all(pod.revision != other.revision for other in chosen) or (len(ordered) <= PODS_PER_WORKLOAD):
            chosen.append(pod)
    return chosen[:PODS_PER_WORKLOAD]


def _restarts(pod: Pod) -> int:
    return sum(container.restarts for container in pod.containers)


def _of_container(situation: Situation, container: Container) -> Iterator[Query]:
    place, pod = container.pod.ref.namespace, container.pod.ref.name
    if container.is_running or container.ended:
        finished = container.init and not container.sidecar and container.exit_code == 0
        if not finished:
            yield pod_logs(place, pod, container.name)
    if container.restarts > 0 and not container.steady(situation.world.now):
        yield pod_logs(place, pod, container.name, previous=True)
