"""What to look at next: orient and survey, then logs along the path, then what would decide the leading hypotheses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from casebook.analysis.workloads import Container, Pod, Workload
from casebook.api.enums import Outcome, Reach
from casebook.api.observation import Query, listing, pod_logs
from casebook.api.run import Stop
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.patience import again, pause
from casebook.reasoning.situation import Situation

NAMESPACED = (
    "pods", "deployments.apps", "replicasets.apps", "events", "services", "endpointslices.discovery.k8s.io",
    "statefulsets.apps", "controllerrevisions.apps", "configmaps", "daemonsets.apps", "jobs.batch", "cronjobs.batch",
    "persistentvolumeclaims", "resourcequotas", "limitranges", "horizontalpodautoscalers.autoscaling",
    "poddisruptionbudgets.policy", "networkpolicies.networking.k8s.io", "ingresses.networking.k8s.io",
    "serviceaccounts",
)  # fmt: skip
CLUSTER = ("nodes", "storageclasses.storage.k8s.io", "persistentvolumes", "priorityclasses.scheduling.k8s.io")
ELSEWHERE = NAMESPACED[:9]
MAX_LOGS = 20
PODS_PER_WORKLOAD = 2
MAX_WIDENED = 3
MAX_TESTS = 8
MAX_ROUNDS = 8
CLEAR = 200
"""Centinats by which the leader must stand above the next that explains the same, for the run to stop early."""


@dataclass(frozen=True)
class Look:
    """Queries to make side by side, and why; `after` so many seconds they are made anew even where they were made."""

    queries: tuple[Query, ...]
    why: str
    after: int = 0


@dataclass(frozen=True)
class Done:
    """Nothing more to look at."""

    stop: Stop


class Step(NamedTuple):
    """What one stage of the plan wants to see."""

    why: str
    queries: Sequence[Query]
    after: int = 0


def plan(situation: Situation, board: Board) -> Look | Done:
    """The next queries, one that was made before only after a pause; or why the looking ends."""
    snapshot = situation.world.snapshot
    left = snapshot.run.spec.budget.observations - len(snapshot.observations)
    rounds = 1 + max((item.round for item in snapshot.observations), default=-1)
    for step in _steps(situation, board):
        new = [query for query in _unique(step.queries) if step.after or not situation.world.made(query)]
        if not new:
            continue
        if left <= 0:
            return Done(Stop(reason="Budget", message=f"all {len(snapshot.observations)} observations are used up"))
        if rounds >= MAX_ROUNDS:
            return Done(Stop(reason="Budget", message=f"{rounds} rounds of looking are used up"))
        return Look(tuple(new[:left]), step.why, step.after)
    return Done(_end(board))


def _unique(queries: Sequence[Query]) -> list[Query]:
    return list({query.canonical(): query for query in queries}.values())


def _steps(situation: Situation, board: Board) -> Iterator[Step]:
    home = situation.world.home
    yield Step(f"survey of namespace {home}", _survey(home))
    yield Step("namespaces that the path leads to", _widened(situation))
    yield Step("logs of what looks suspicious and of what the path leads through", _logs(situation))
    yield Step("tests that would decide between the leading hypotheses", _tests(situation, board))
    if not situation.symptoms and not board.chosen:
        yield Step("the other namespaces, since nothing deviates here", _everywhere(situation))
    seconds = pause(situation, board)
    if seconds:
        yield Step(f"the same again in {seconds} s, since what deviates has only begun", again(situation), seconds)


def _survey(namespace: str) -> list[Query]:
    return [listing(resource, namespace) for resource in NAMESPACED] + [listing(resource) for resource in CLUSTER]


def _widened(situation: Situation) -> list[Query]:
    """Namespaces that calls on the path lead to, as far as the scope allows."""
    run = situation.world.snapshot.run
    if run.spec.scope is not Reach.TENANT and not run.scene.platform:
        return []
    known = set(run.scene.namespaces)
    places = {ref.namespace for ref in situation.path if ref.kind == "Service"} - {situation.world.home, ""}
    open_ = sorted(place for place in places if place in known or run.scene.platform)
    return [listing(resource, place) for place in open_[:MAX_WIDENED] for resource in ELSEWHERE]


def _everywhere(situation: Situation) -> list[Query]:
    run = situation.world.snapshot.run
    if run.spec.scope is not Reach.TENANT or situation.focus:
        return []
    places = sorted(set(run.scene.namespaces) - {situation.world.home})
    return [listing(resource, place) for place in places[:MAX_WIDENED] for resource in ELSEWHERE]


def _logs(situation: Situation) -> list[Query]:
    """Logs of what is unwell first, then along the path; a container that never ran has none."""
    unwell = {symptom.entity for symptom in situation.symptoms}
    path = situation.path
    ordered = sorted(
        situation.world.workloads.values(),
        key=lambda item: (item.ref not in path, item.ref not in unwell, path.get(item.ref, 0), item.ref),
    )
    asked = [query for workload in ordered for query in _of_workload(situation, workload)]
    return _unique(asked)[:MAX_LOGS]


def _of_workload(situation: Situation, workload: Workload) -> Iterator[Query]:
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


def _tests(situation: Situation, board: Board) -> list[Query]:
    """What the leading hypotheses want to know, best first; of the others nothing where one stands clear."""
    clear = _clear(board)
    found = [
        query
        for item in board.ranked
        if item.chosen or not (clear or item.refuted)
        for query in wanted(situation, item)
    ]
    return _unique(found)[:MAX_TESTS]


def wanted(situation: Situation, item: Ranked) -> list[Query]:
    """Queries that would decide the untested predictions of one hypothesis, most telling first."""
    untested = [prediction for prediction, finding in item.results if finding.outcome is Outcome.UNTESTED]
    untested.sort(key=lambda prediction: prediction.failed - prediction.held)
    return [query for prediction in untested for query in prediction.wants(situation, item.candidate)]


def _clear(board: Board) -> bool:
    if not board.chosen or board.unexplained:
        return False
    rivals = [item for item in board.ranked if not item.chosen and not item.refuted and item.explained]
    return all(item.centinats <= chosen.centinats - CLEAR for chosen in board.chosen for item in rivals)


def _end(board: Board) -> Stop:
    if board.chosen and _clear(board):
        return Stop(reason="Clear", message="the leading hypothesis stands clear of the others")
    return Stop(reason="NothingLeft", message="nothing left to look at would decide more")
