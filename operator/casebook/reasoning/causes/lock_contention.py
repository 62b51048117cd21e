"""LockContention: statements of a database wait for each other's locks, or are ended for them."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.logs import Entry, Log
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import Trouble, at, callers_logs_wanted, command
from casebook.reasoning.checks.logged import EXPLAINS, SIGNS, Said, blamed, of_kind, quoted, spoken
from casebook.reasoning.situation import Situation

_HOLDS = re.compile(
    r"\block table\b|access exclusive|(?:holds?|holding|acquired|taking) (?:the |a )?(?:table |row )?lock|"
    r"\balter table\b|\bcreate (?:unique )?index\b|\bvacuum full\b|\breindex\b",
    re.IGNORECASE,
)
JUST = timedelta(seconds=90)
"""A transaction that takes its locks at once is felt as soon as another waits for as long as it may."""


class Holder(NamedTuple):
    """What seems to hold the locks: it uses the database too, began just before, and says what it does."""

    workload: Workload
    began: datetime
    log: Log
    entry: Entry


class Waits(NamedTuple):
    """Where statements wait, what says so, and who holds the locks, where that is seen."""

    said: tuple[Said, ...]
    holder: Holder | None

    @property
    def entries(self) -> list[Trouble]:
        """All that was said of it."""
        return [entry for one in self.said for entry in one.entries]


def _detect(situation: Situation) -> Iterator[Candidate[Waits]]:
    """The database is to be looked at: what its callers name, else who says so itself; or what holds the locks."""
    found: dict[Ref, list[Said]] = {}
    sayers = list(spoken(situation, of_kind(failures.LOCKED)))
    for one in sayers:
        found.setdefault(_where(situation, one, [other.workload.ref for other in sayers]), []).append(one)
    for where, said in found.items():
        waits = Waits(tuple(said), _holder(situation, where, said))
        statement = f"Statements at {situation.label(where)} wait for each other's locks: {quoted(said[0])}"
        holder = waits.holder
        if holder:
            who = situation.label(holder.workload.ref)
            statement = f"{who}, begun{at(holder.began)}, holds locks: {holder.entry.message[:120]}. {statement}"
        yield Candidate(
            object=holder.workload.ref if holder else where,
            statement=statement,
            harms=frozenset({where, *(one.workload.ref for one in said)}),
            covers=SIGNS,
            about=waits,
            changed=holder.began if holder else None,
        )


def _where(situation: Situation, said: Said, sayers: list[Ref]) -> Ref:
    """What the entries blame; else the one that it depends on and that says the same; else itself."""
    own = said.workload.ref
    further = situation.graph.upstream({own})
    deeper = sorted((one for one in sayers if one in further and one != own), key=lambda ref: (-further[ref], ref))
    return next((one.ref for one in blamed(situation, said)), deeper[0] if deeper else own)


def _holder(situation: Situation, where: Ref, said: list[Said]) -> Holder | None:
    """Of what uses the database and complains of no lock, what began just before and names a lock that it takes."""
    waiting = {one.workload.ref for one in said}
    first = min((one.entry.at for part in said for one in part.entries if one.entry.at), default=None)
    users = situation.graph.downstream({where})
    for workload in situation.workloads:
        began = min((one.running_since for one in workload.containers if one.running_since), default=None)
        if workload.ref in waiting or workload.ref not in users or not first or not began:
            continue
        if not timedelta(0) <= first - began <= JUST:
            continue
        for log in situation.world.logs_of(workload):
            for entry in log.entries:
                if _HOLDS.search(entry.message):
                    return Holder(workload, began, log, entry)
    return None


def _says_so(_: Situation, found: Candidate[Waits]) -> Finding:
    return held(*(one.cite() for one in found.about.entries[:2]))


def _several_say_so(_: Situation, found: Candidate[Waits]) -> Finding:
    many = [one for one in found.about.entries if one.times > 1]
    return held(many[0].cite(), note=f"{many[0].times} times") if many else UNTESTED


def _is_held(_: Situation, found: Candidate[Waits]) -> Finding:
    holder = found.about.holder
    return held(holder.log.cite(holder.entry), holder.workload.thing.cite("status")) if holder else UNTESTED


def _still_runs(_: Situation, found: Candidate[Waits]) -> Finding:
    holder = found.about.holder
    running = [one for one in holder.workload.containers if one.is_running] if holder else []
    if holder is None:
        return UNTESTED
    return held(running[0].cite_state()) if running else failed(holder.workload.thing.cite("status"))


def _steps(_: Situation, found: Candidate[Waits]) -> list[str]:
    known = found.about.holder
    return [
        "Look for the transaction that holds the lock: a migration, a backup, or one that was left open.",
        "SELECT pid, state, now() - xact_start, query FROM pg_stat_activity ORDER BY 3 DESC;   -- for Postgres",
        *([f"Ask its owners whether {known.workload.ref.name} may be stopped and run when few wait."] if known else []),
        command("logs", found.object, "--tail=100"),
    ]


CAUSES = (
    Cause(
        code="LockContention",
        means="Statements of a database wait for each other's locks.",
        names="workload",
        explains=EXPLAINS,
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("a lock is named as the reason", _says_so, 400, -300),
            Prediction("it is said again and again", _several_say_so, 80, 0),
            Prediction(
                "something that uses it began just before, and says that it takes locks",
                _is_held,
                200,
                0,
                callers_logs_wanted,
            ),
            Prediction("what holds them runs on", _still_runs, 0, -150),
        ),
        steps=_steps,
    ),
)
