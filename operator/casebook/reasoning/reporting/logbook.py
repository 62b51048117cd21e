"""What is new in the logs, for the report: of what is harmed first, and what says most first."""

from collections.abc import Iterator

from casebook.analysis import failures
from casebook.analysis.calls import peers
from casebook.analysis.novelty import ORDER, News, news
from casebook.analysis.things import Ref, clip
from casebook.api.report import LogNews
from casebook.reasoning.board import Board
from casebook.reasoning.reporting.evidence import Ledger
from casebook.reasoning.reporting.history import onset
from casebook.reasoning.situation import Situation

MOST, MOST_EACH, MOST_PEERS = 8, 2, 4
STACK = 6
LINE = 400


def logbook(board: Board, ledger: Ledger) -> list[LogNews]:
    """At most eight kinds of messages that are new, come more often or no more, two of a workload."""
    situation, began = board.situation, onset(board)
    reached = situation.graph.downstream({ref for item in board.chosen for ref in item.candidate.harms})
    found = [
        item
        for workload in situation.workloads
        if workload.ref in situation.path
        for item in _telling(news(situation.world, workload, began))
    ]
    found.sort(key=lambda item: (reached.get(item.workload, len(reached)), _order(item)))
    return [_written(situation, item, ledger) for item in found[:MOST]]


def _telling(found: list[News]) -> list[News]:
    """The most telling of one workload; what says nothing but that it failed only where nothing says more."""
    clear = [item for item in found if not _is_vague(item)]
    return sorted(clear or found, key=_order)[:MOST_EACH]


def _is_vague(item: News) -> bool:
    entry = item.entry
    return entry.is_error and not entry.exception[0] and not entry.kinds - {failures.STATUS} and not entry.peers


def _order(item: News) -> tuple[int, bool, int]:
    return ORDER.index(item.novelty), not item.entry.exception[0], -item.times


def _written(situation: Situation, item: News, ledger: Ledger) -> LogNews:
    entry = item.entry
    kind, message = entry.exception
    return LogNews(
        object=clip(situation.label(item.workload), 253),
        container=clip(item.container, 253),
        novelty=item.novelty,
        since=item.since,
        count=item.times,
        per_hour_before=round(60 * item.before),
        per_hour_since=round(60 * item.per_minute),
        message=clip(f"{kind}: {message}" if kind else entry.message, LINE),
        template=clip(item.template.said, LINE),
        level=entry.parsed.level,
        exception=clip(kind, 253),
        peers=list(_peers(situation, item))[:MOST_PEERS],
        evidence=ledger.cite([item.log.cite(entry, stack=STACK)]),
    )


def _peers(situation: Situation, item: News) -> Iterator[str]:
    """What the entry blames: `Service/db at db:5432 (ECONNREFUSED)`."""
    workload = situation.world.workloads[item.workload]
    if not item.entry.kinds & failures.PEER_KINDS:
        return
    number = failures.errno(item.entry.said)
    for peer in peers(situation.world, workload, item.entry, situation.graph.calls.get(item.workload, [])):
        ref: Ref = peer.target
        yield clip(f"{situation.label(ref)} at {peer.endpoint.said()}{f' ({number})' if number else ''}", LINE)
