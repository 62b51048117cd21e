"""Which logs of a workload tell most: of a pod or two, and of the containers in them that ran."""

from collections.abc import Iterator

from casebook.analysis.workloads import Container, Pod, Workload
from casebook.api.observation import Query, pod_logs
from casebook.reasoning.situation import Situation

PODS_PER_WORKLOAD = 2


def logs_of(situation: Situation, workload: Workload) -> Iterator[Query]:
    """Logs of its least well pods, and of their containers before the last restart; one that never ran has none."""
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
