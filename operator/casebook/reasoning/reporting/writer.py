"""The report: what a board amounts to, in the words and order in which an on-call reads it."""

import json
from collections.abc import Sequence

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import clip
from casebook.api.consultation import MAX_REFUSED, Sentence
from casebook.api.enums import Outcome, Standing, Verdict
from casebook.api.report import Cost, Hypothesis, Prediction, Report, RootCause, Statement, Term
from casebook.api.run import Stop
from casebook.reasoning.asked.meaning import meaning
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.judging.verdict import no_fault, verdict
from casebook.reasoning.memories.uses import doubts, knowledge
from casebook.reasoning.proposals.sentences import checked, cites, unheard
from casebook.reasoning.reporting.chain import chain
from casebook.reasoning.reporting.evidence import Ledger
from casebook.reasoning.reporting.history import changes, onset
from casebook.reasoning.reporting.logbook import logbook
from casebook.reasoning.reporting.prose import summary
from casebook.reasoning.reporting.steps import MAX_STEPS, next_steps
from casebook.reasoning.reporting.surroundings import MAX_FINDINGS, affected, healthy, limitations, not_checked

MAX_BYTES = 46 * 1024
SIZES = ((900, 12), (500, 12), (300, 8), (160, 5), (80, 3))
"""(characters of an excerpt, hypotheses), tried in this order until the report fits."""
LINE, STATEMENT = 1000, 600


def write(snapshot: Snapshot, board: Board, stop: Stop, cost: Cost) -> Report:
    """The report of a run, at most 46 KiB as JSON: excerpts are shortened and hypotheses dropped until it fits."""
    report = _write(snapshot, board, stop, cost, *SIZES[0])
    for size in SIZES[1:]:
        if len(json.dumps(report.wire(), ensure_ascii=False).encode("utf-8", "replace")) <= MAX_BYTES:
            break
        report = _write(snapshot, board, stop, cost, *size)
    return report


def _write(snapshot: Snapshot, board: Board, stop: Stop, cost: Cost, chars: int, hypotheses: int) -> Report:
    ledger = Ledger(snapshot, chars)
    said = verdict(board)
    calm = no_fault(board) if said is Verdict.NO_FAULT else None
    written = [
        hypothesis(ledger, item, f"h{number}", stands=item is calm)
        for number, item in enumerate(board.ranked[:hypotheses], start=1)
    ]
    ids = {item.object + item.cause: item.id for item in written}
    harmed, well = affected(board, ledger), healthy(board, ledger)
    changed = changes(board, ledger, ids)
    news = logbook(board, ledger)
    asked = snapshot.consultation
    answer = _statements(board, ledger, asked.answer) if asked else []
    account = _statements(board, ledger, asked.account) if asked else []
    causes = [root_cause(board, item, ids) for item in board.chosen] if said is Verdict.ROOT_CAUSE else []
    return Report(
        verdict=said,
        summary=clip(summary(board, said), 4000),
        answer=answer,
        account=account,
        meaning=meaning(board.situation),
        stopped=clip(f"{stop.reason}: {stop.message}", LINE),
        root_causes=[item for item in causes if item.hypothesis],
        hypotheses=written,
        evidence=ledger.all(),
        onset=onset(board),
        changes=changed,
        logs=news,
        knowledge=knowledge(board),
        affected=harmed,
        healthy=well,
        not_checked=not_checked(board),
        limitations=[*snapshot.run.unrecalled, *_of_model(snapshot, board), *limitations(board)][:MAX_FINDINGS],
        next_steps=[clip(step, LINE) for step in (*doubts(board), *next_steps(board, said))][:MAX_STEPS],
        cost=cost,
    )


def _statements(board: Board, ledger: Ledger, sentences: Sequence[Sentence]) -> list[Statement]:
    """What of a model's sentences is borne out, with its citations; one that finds no room to be cited is left out."""
    written = [(one.says, ledger.cite(cites(one))) for one in checked(board, sentences)[0]]
    return [Statement(text=text, evidence=cited) for text, cited in written if cited]


def _of_model(snapshot: Snapshot, board: Board) -> list[str]:
    """What a model that was asked did not give, or gave and was not taken."""
    asked = snapshot.consultation
    if asked is None:
        return []
    problem = [f"model {asked.model} gave no help: {asked.problem}"] if asked.problem else []
    left_out = [*asked.refused, *unheard(board, asked)][:MAX_REFUSED]
    return [clip(line, LINE) for line in (*problem, *(f"model {asked.model}: {line}" for line in left_out))]


def hypothesis(ledger: Ledger, item: Ranked, name: str, *, stands: bool = False) -> Hypothesis:
    """One hypothesis with its tests; `stands` where the report stands behind it though it is no fault."""
    predictions = [
        Prediction(
            statement=clip(f"{prediction.says}{f' ({finding.note})' if finding.note else ''}", LINE),
            outcome=finding.outcome,
            evidence=ledger.cite(finding.cites),
        )
        for prediction, finding in item.tests
    ]
    return Hypothesis(
        id=name,
        object=clip(item.object, 253),
        cause=item.cause,
        statement=clip(item.statement, STATEMENT),
        origin=item.origin,
        verdict=Standing.SUPPORTED if stands else item.standing,
        confidence_percent=item.percent,
        since=item.candidate.changed or item.candidate.since,
        predictions=predictions[:12],
        evidence_for=ledger.cite(item.cites(Outcome.HELD)),
        evidence_against=ledger.cite(item.cites(Outcome.FAILED)),
        terms=[Term(name=clip(part.name, LINE), centinats=part.centinats) for part in item.parts[:16]],
    )


def root_cause(board: Board, item: Ranked, ids: dict[str, str]) -> RootCause:
    """A hypothesis that the report stands behind; `ids` are those of the written ones, by object and cause."""
    return RootCause(
        hypothesis=ids.get(item.object + item.cause, ""),
        object=clip(item.object, 253),
        namespace=item.ref.namespace,
        cause=item.cause,
        statement=clip(item.statement, STATEMENT),
        confidence_percent=item.percent,
        since=item.candidate.changed or item.candidate.since,
        chain=[clip(line, 400) for line in chain(board.situation, item)][:12],
    )
