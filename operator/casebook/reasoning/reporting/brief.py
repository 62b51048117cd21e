"""The report of an investigation that another of the same incident explains: two lines, and what they rest on."""

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import clip
from casebook.api.enums import Outcome, Verdict
from casebook.api.names import placed
from casebook.api.report import Cost, Hypothesis, Report
from casebook.api.run import Incident, Stop
from casebook.reasoning.asked.meaning import meaning
from casebook.reasoning.board import Board
from casebook.reasoning.memories.uses import knowledge
from casebook.reasoning.reporting.evidence import Ledger
from casebook.reasoning.reporting.history import onset
from casebook.reasoning.reporting.surroundings import MAX_FINDINGS, limitations
from casebook.reasoning.reporting.writer import LINE, hypothesis, root_cause

EXCERPT = 500
MOST_NAMED = 6


def brief(snapshot: Snapshot, board: Board, incident: Incident, stop: Stop, cost: Cost) -> Report:
    """Who found the cause, that it holds by this run's own reads, and where the rest stands."""
    ledger = Ledger(snapshot, EXCERPT)
    written = [hypothesis(ledger, item, f"h{number}") for number, item in enumerate(board.chosen, start=1)]
    ids = {item.object + item.cause: item.id for item in written}
    head = placed(incident.namespace, incident.name, snapshot.run.namespace)
    found = " ".join(f"{item.statement.rstrip('.')}." for item in board.chosen)
    return Report(
        verdict=Verdict.ROOT_CAUSE,
        summary=f"{clip(f'Explained by investigation {head}: {found}', LINE)}\n{clip(_checked(board, written), LINE)}",
        meaning=meaning(board.situation),
        stopped=clip(f"{stop.reason}: {stop.message}", LINE),
        explained_by=head,
        root_causes=[root_cause(board, item, ids) for item in board.chosen],
        hypotheses=written,
        evidence=ledger.all(),
        onset=onset(board),
        knowledge=knowledge(board),
        limitations=[*snapshot.run.unrecalled, *limitations(board)][:MAX_FINDINGS],
        next_steps=[f"kubectl casebook show {incident.name} -n {incident.namespace}"],
        cost=cost,
    )


def _checked(board: Board, written: list[Hypothesis]) -> str:
    """What of the cause was seen to hold, and what it explains here."""
    tested = [one for item in written for one in item.predictions if one.outcome is not Outcome.UNTESTED]
    cited = list(dict.fromkeys(name for item in written for name in item.evidence_for))[:MOST_NAMED]
    harmed = sorted({board.situation.label(symptom.entity) for symptom in board.situation.pressing})
    more = f" and {len(harmed) - MOST_NAMED} more" if len(harmed) > MOST_NAMED else ""
    held = sum(one.outcome is Outcome.HELD for one in tested)
    return (
        f"Checked again: {held} of its {len(tested)} predictions that were tested hold [{' '.join(cited)}], and it "
        f"explains all that deviates here: {', '.join(harmed[:MOST_NAMED])}{more}."
    )
