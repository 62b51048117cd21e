"""What to look at next: orient and survey, then logs along the path, then what would decide the leading hypotheses."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from casebook.analysis.things import clip
from casebook.api.enums import Reach
from casebook.api.names import placed
from casebook.api.observation import Query, listing, used
from casebook.api.run import Stop
from casebook.reasoning.asked.complaint import of_lateness
from casebook.reasoning.asked.focus import naming
from casebook.reasoning.board import Board
from casebook.reasoning.incidents import recurring
from casebook.reasoning.incidents.incident import EXPLAINED, check, explaining
from casebook.reasoning.planning import measuring
from casebook.reasoning.planning.baseline import before_the_onset, over_the_time_asked_about
from casebook.reasoning.planning.deciding import wanted
from casebook.reasoning.planning.logreads import ailing, logs
from casebook.reasoning.planning.patience import again, pause
from casebook.reasoning.planning.survey import ELSEWHERE, NAMESPACED, survey
from casebook.reasoning.situation import Situation

MAX_WIDENED = 3
MAX_TESTS = 8
MAX_ROUNDS = 8


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
        if isinstance(step, Done):
            return step
        new = [query for query in _unique(step.queries) if step.after or not situation.world.made(query)]
        if not new:
            continue
        if left <= 0:
            return Done(Stop(reason="Budget", message=f"all {len(snapshot.observations)} observations are used up"))
        if rounds >= MAX_ROUNDS + (recurring.ROUNDS if snapshot.run.precedents else 0):
            return Done(Stop(reason="Budget", message=f"{rounds} rounds of looking are used up"))
        return Look(tuple(new[:left]), step.why, step.after)
    return Done(_end(board))


def _unique(queries: Sequence[Query]) -> list[Query]:
    return list({query.canonical(): query for query in queries}.values())


def _steps(situation: Situation, board: Board) -> Iterator[Step | Done]:
    """The stages in their order; each may be reached only once all before it have been looked at."""
    if situation.world.snapshot.run.precedents:
        yield from _short_way(situation, board)
    yield from _survey(situation)
    yield _quick_check(situation, board)
    yield from _explained(board)
    curves = measuring.curves(situation.world)
    said = "logs of what looks suspicious and of what the path leads through"
    yield Step(f"{said}, and their curves" if curves else said, [*logs(situation), *curves])
    yield Step("logs from before the trouble began, where the last lines are all of it", before_the_onset(situation))
    if not board.chosen:
        said = "logs of what was asked about from before, where their last lines do not reach back over that time"
        use = [used(situation.world.home)] if situation.world.home and of_lateness(situation.world) else []
        yield Step(said, [*over_the_time_asked_about(situation), *use])
    yield Step("tests that would decide between the leading hypotheses", _tests(situation, board))
    if not situation.symptoms and not board.chosen:
        yield Step("the other namespaces, since nothing deviates here", _everywhere(situation))
    seconds = pause(situation, board)
    if seconds:
        yield Step(f"the same again in {seconds} s, since what deviates has only begun", again(situation), seconds)


def _short_way(situation: Situation, board: Board) -> Iterator[Step | Done]:
    """What told the causes of earlier cases. What an incident has to do with it is looked at before that is enough."""
    known = recurring.settled(situation, board)
    if known:
        yield Done(Stop(reason="Clear", message=clip(recurring.said(known), 1000)))
    yield Step("what told the cause of earlier cases", recurring.first_lists(situation))
    yield _quick_check(situation, board)
    yield Step("logs that told the cause of earlier cases", recurring.first_logs(situation))


def _survey(situation: Situation) -> Iterator[Step]:
    world = situation.world
    target = world.cluster_target
    if target is None:
        yield Step(f"survey of namespace {world.home}", [*survey(world), *measuring.first(world)])
        yield Step("namespaces that the path leads to", _widened(situation))
    else:
        yield Step(f"survey of {situation.label(target)} and of what rests on it", survey(world))
        yield Step(f"namespaces where {situation.label(target)} is named or carries what is unwell", _harmed(situation))
        yield Step("budgets that may keep pods on a node that is cordoned", _keeping(situation))


def _quick_check(situation: Situation, board: Board) -> Step:
    return Step("quick check of a cause that another investigation has just found", check(situation, board))


def _explained(board: Board) -> Iterator[Done]:
    incident = explaining(board)
    if incident is not None:
        name = placed(incident.namespace, incident.name, board.situation.world.snapshot.run.namespace)
        yield Done(Stop(reason=EXPLAINED, message=f"investigation {name} has found the cause, which still holds"))


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
    unwell = [one for one in situation.pressing if one.entity not in workloads or ailing(workloads[one.entity])]
    named = [symptom.entity.namespace for symptom in unwell]
    named += [event.about.namespace for event in naming(situation.world)]
    seen = [place for place in dict.fromkeys(named) if situation.world.listed("services", place)]
    worst = Counter(sorted(place for place in named if place and place not in seen)).most_common()
    places = [*seen, *(place for place, _ in worst)][:MAX_WIDENED]
    return [listing(resource, place) for place in places for resource in NAMESPACED]


def _keeping(situation: Situation) -> list[Query]:
    world = situation.world
    node = world.things.get(world.cluster_target) if world.cluster_target else None
    if node is None or node.ref.kind != "Node" or node.spec("unschedulable") is not True:
        return []
    pods = Counter(sorted(pod.thing.ref.namespace for pod in world.pods.values() if pod.node == node.ref.name))
    return [listing("poddisruptionbudgets.policy", place) for place, _ in pods.most_common(MAX_TESTS)]


def _everywhere(situation: Situation) -> list[Query]:
    run = situation.world.snapshot.run
    if run.spec.scope is not Reach.TENANT or situation.focus:
        return []
    places = sorted(set(run.scene.namespaces) - {situation.world.home})
    return [listing(resource, place) for place in places[:MAX_WIDENED] for resource in ELSEWHERE]


def _tests(situation: Situation, board: Board) -> list[Query]:
    """What the leading hypotheses want to know, best first; of the others nothing where one stands clear."""
    clear = board.is_clear
    found = [
        query
        for item in board.ranked
        if item.chosen or not (clear or item.refuted)
        for query in wanted(situation, item)
    ]
    return _unique(found)[:MAX_TESTS]


def _end(board: Board) -> Stop:
    if board.is_clear:
        return Stop(reason="Clear", message="the leading hypothesis stands clear of the others")
    return Stop(reason="NothingLeft", message="nothing left to look at would decide more")
