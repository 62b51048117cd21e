"""What to look at next: orient and survey, then logs along the path, then what would decide the leading hypotheses."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from casebook.analysis.workloads import Container, Pod, Workload
from casebook.api.enums import Origin, Outcome, Reach
from casebook.api.observation import Query, listing, pod_logs
from casebook.api.run import Stop
from casebook.reasoning import measuring
from casebook.reasoning.baseline import before_the_onset
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.focus import naming
from casebook.reasoning.patience import again, pause
from casebook.reasoning.situation import Situation
from casebook.reasoning.survey import ELSEWHERE, NAMESPACED, survey

MAX_LOGS = 20
MEASURED_LOGS = 12
"""Logs that are read where curves are too, so that the reads of a run stay under 60."""
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
    world = situation.world
    target = world.cluster_target
    if target is None:
        yield Step(f"survey of namespace {world.home}", [*survey(world), *measuring.first(world)])
        yield Step("namespaces that the path leads to", _widened(situation))
    else:
        yield Step(f"survey of {situation.label(target)} and of what rests on it", survey(world))
        yield Step(f"namespaces where {situation.label(target)} is named or carries what is unwell", _harmed(situation))
    curves = measuring.curves(world)
    said = "logs of what looks suspicious and of what the path leads through"
    yield Step(f"{said}, and their curves" if curves else said, [*_logs(situation), *curves])
    yield Step("logs from before the trouble began, where the last lines are all of it", before_the_onset(situation))
    yield Step("tests that would decide between the leading hypotheses", _tests(situation, board))
    if not situation.symptoms and not board.chosen:
        yield Step("the other namespaces, since nothing deviates here", _everywhere(situation))
    seconds = pause(situation, board)
    if seconds:
        yield Step(f"the same again in {seconds} s, since what deviates has only begun", again(situation), seconds)


def _widened(situation: Situation) -> list[Query]:
    """Namespaces that calls on the path lead to, as far as the scope allows."""
    run = situation.world.snapshot.run
    if run.spec.scope is not Reach.TENANT and not run.scene.platform:
        return []
    known = set(run.scene.namespaces)
    places = {ref.namespace for ref in situation.path if ref.kind == "Service"} - {situation.world.home, ""}
    open_ = sorted(place for place in places if place in known or run.scene.platform)
    return [listing(resource, place) for place in open_[:MAX_WIDENED] for resource in ELSEWHERE]


def _harmed(situation: Situation) -> list[Query]:
    """The namespaces in which most deviates of what rests on a cluster-scoped object, or of what events blame on it."""
    workloads = situation.world.workloads
    ailing = [one for one in situation.pressing if one.entity not in workloads or _ailing(workloads[one.entity])]
    named = [symptom.entity.namespace for symptom in ailing]
    named += [event.about.namespace for event in naming(situation.world)]
    seen = [place for place in dict.fromkeys(named) if situation.world.listed("services", place)]
    worst = Counter(sorted(place for place in named if place and place not in seen)).most_common()
    places = [*seen, *(place for place, _ in worst)][:MAX_WIDENED]
    return [listing(resource, place) for place in places for resource in NAMESPACED]


def _ailing(workload: Workload) -> bool:
    return any(not pod.ready for pod in workload.live)


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
    if situation.world.cluster_target:
        # What runs on a node may be hundreds of pods, which nobody asked about: only those that are not ready.
        ordered = [item for item in ordered if _ailing(item)]
    asked = [query for workload in ordered for query in _of_workload(situation, workload)]
    return _unique(asked)[: MEASURED_LOGS if situation.world.snapshot.run.prometheus else MAX_LOGS]


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
        if item.chosen or (not item.refuted and (item.origin is Origin.MODEL or not clear))
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
