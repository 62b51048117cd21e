"""The verdict: RootCause above a threshold, NoFault if all is well and that was seen, else Inconclusive."""

from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Ref
from casebook.api.enums import Verdict
from casebook.api.observation import LOGS, PROMETHEUS, Result
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.checks.warned import warned
from casebook.reasoning.judging.covering import THRESHOLD
from casebook.reasoning.judging.scoring import off_path
from casebook.reasoning.judging.starting import lacking
from casebook.reasoning.planning.sight import unseen
from casebook.reasoning.planning.survey import essential
from casebook.reasoning.situation import Situation

ESSENTIAL = (
    "pods", "events", "deployments.apps", "replicasets.apps", "statefulsets.apps", "services",
    "endpointslices.discovery.k8s.io",
)  # fmt: skip
NO_FAULT_PERCENT = 60


def verdict(board: Board) -> Verdict:
    """What the board amounts to."""
    if board.chosen:
        return Verdict.ROOT_CAUSE
    situation, calm = board.situation, no_fault(board)
    is_well = not _deviates(situation) and not missing_target(situation) and not _suspects(board)
    if (is_well or calm) and not _is_short_of_pods(situation, calm) and not blind_spots(situation):
        return Verdict.NO_FAULT
    return Verdict.INCONCLUSIVE


def _deviates(situation: Situation) -> bool:
    """Whether anything on the path is not as it should be, or an alert holds that names nothing that is there."""
    holds = any(one.presses for one in situation.reruns)
    return bool(situation.pressing) or holds or bool(left_lying(situation)) or bool(warned(situation))


def _suspects(board: Board) -> bool:
    """Whether something on the path was changed lately and is likely to be wrong, though no harm of it is seen yet."""
    situation = board.situation
    likely = (one for one in board.ranked if one.cause_entry.fault and not one.refuted and one.centinats >= THRESHOLD)
    lately = (one for one in likely if one.candidate.changed and one.candidate.changed >= situation.world.begin)
    return any(not off_path(situation, one.candidate, one.explained) for one in lately)


def left_lying(situation: Situation) -> list[Symptom]:
    """Work that piles up where nobody is known to take it away: it may be what was asked about that should."""
    piles = [one for one in situation.symptoms if one.sign is Sign.BACKLOG and situation.focus]
    workloads = situation.world.workloads
    return [
        one
        for one in piles
        if not any(ref in workloads and ref != one.entity for ref in situation.graph.downstream({one.entity}))
    ]


def _is_short_of_pods(situation: Situation, calm: Ranked | None) -> bool:
    """Whether something asked about has too few ready pods, and what needs no mending is something else."""
    return any(calm is None or one.ref not in calm.candidate.harms for one in lacking(situation))


def no_fault(board: Board) -> Ranked | None:
    """The best hypothesis that nothing needs mending, if it accounts for all that deviates."""
    for item in board.ranked:
        if item.leads and not item.cause_entry.fault:
            return item
        stands = not item.cause_entry.fault and not item.refuted and item.percent >= NO_FAULT_PERCENT
        if stands and all(symptom in item.explained for symptom in board.situation.pressing):
            return item
    return None


def blind_spots(situation: Situation) -> list[str]:
    """What would have to be seen before one could say that nothing is wrong."""
    world = situation.world
    if world.cluster_target:
        return [query.command() for query in essential(world, world.cluster_target) if not world.whole(query)]
    found = [f"{name} of namespace {world.home}" for name in ESSENTIAL if not world.complete(name, world.home)]
    found += [
        f"logs of pod {item.query.name}"
        for item in world.snapshot.failed()
        if item.query.source == LOGS and _on_path(situation, Ref("Pod", item.query.namespace, item.query.name))
    ]
    found += [one.named(situation) for one in unseen(situation)]
    return found + (["metrics of Prometheus"] if _without_curves(situation) else [])


def _without_curves(situation: Situation) -> bool:
    """Whether Prometheus is there and answered nothing at all; slowness and rates show nowhere else."""
    asked = [item for item in situation.world.snapshot.observations if item.query.source == PROMETHEUS]
    return bool(asked) and all(item.result in (Result.DENIED, Result.UNAVAILABLE) for item in asked)


def _on_path(situation: Situation, pod: Ref) -> bool:
    return situation.world.top(pod) in situation.path


def missing_target(situation: Situation) -> bool:
    """Whether the question is about something that is not there."""
    target = situation.world.snapshot.run.spec.target
    if target is None or target.kind == "Namespace":
        return False
    return not any(ref in situation.world.things for ref in situation.focus)
