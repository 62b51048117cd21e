"""What a person would do next: commands, each change with its risk; never executed."""

from casebook.analysis.things import Ref
from casebook.analysis.workloads import Container
from casebook.api.enums import Origin, Verdict
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.judging import starting
from casebook.reasoning.judging.verdict import blind_spots, no_fault
from casebook.reasoning.planning.deciding import wanted
from casebook.reasoning.reporting.restoring import put_back
from casebook.reasoning.situation import Situation

MAX_STEPS = 8


def next_steps(board: Board, said: Verdict) -> list[str]:
    """What a person would do now; for an open case also what would decide it."""
    situation = board.situation
    found: list[str] = []
    if said is Verdict.ROOT_CAUSE:
        found = [step for item in board.chosen for step in _mending(situation, item)]
    elif said is Verdict.NO_FAULT:
        item = no_fault(board)
        found = list(item.cause_entry.steps(situation, item.candidate)) if item else []
    else:
        found = _waiting(situation) or [step for item in _leading(board) for step in _deciding(board, item)]
        found = found or _looking(situation)
        found += [f"Let {name} be read, then ask again." for name in blind_spots(situation)[:3]]
    return list(dict.fromkeys(found))[:MAX_STEPS]


def _mending(situation: Situation, item: Ranked) -> list[str]:
    """The steps of the cause; before them the command that puts back what a change took, in place of an editor."""
    steps = list(item.cause_entry.steps(situation, item.candidate))
    back = put_back(situation, item)
    return [back, *(step for step in steps if not step.startswith("kubectl edit "))] if back else steps


def _looking(situation: Situation) -> list[str]:
    """Where a person would look when no hypothesis stands: at what is unwell, containers that end first."""
    unwell: list[Ref] = list(dict.fromkeys(symptom.entity for symptom in situation.pressing))
    workloads = [situation.world.workloads[ref] for ref in unwell if ref in situation.world.workloads]
    ended = [one for workload in workloads for one in workload.containers if one.exit_code]
    said = [step for container in ended[:1] for step in _of_ended(container)]
    return [*said, *(command("describe", ref) for ref in unwell[:2])]


def _waiting(situation: Situation) -> list[str]:
    """What to do about what has too few ready pods, where nothing deviates that says why."""
    return [
        f"Ask again in a minute: {starting.said(situation, one)}."
        if starting.is_starting(situation, one)
        else command("describe", one.ref)
        for one in starting.alone(situation)[:2]
    ]


def _of_ended(container: Container) -> list[str]:
    place, pod = container.pod.ref.namespace, container.pod.ref.name
    return [
        f"kubectl logs -n {place} {pod} -c {container.name} --previous   # its last words",
        f"Ask who wrote the program what exit code {container.exit_code} means, or let it log why it ends.",
    ]


def _leading(board: Board) -> list[Ranked]:
    able = (item for item in board.ranked if item.origin is not Origin.MODEL)
    return [item for item in able if not item.refuted and item.cause_entry.fault][:3]


def _deciding(board: Board, item: Ranked) -> list[str]:
    queries = [query for query in wanted(board.situation, item) if not board.situation.world.made(query)]
    looks = [f"To decide {item.cause} on {item.object}: {query.command()}" for query in queries[:2]]
    return looks or list(item.cause_entry.steps(board.situation, item.candidate))[:2]
