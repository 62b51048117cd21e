"""The recorded incidents that this bench learns from, each with the report that it had and what told it."""

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass

from bench.measures.recorded import KEPT
from bench.snapshots import Snapshot, snapshots
from casebook.api.enums import ConditionStatus
from casebook.api.report import Report
from casebook.api.run import Precedent, Trace
from casebook.knowledge.recall import FRESH
from casebook.knowledge.standing import Told
from casebook.reasoning.replay import replay
from scenariokit.cli import SCENARIOS
from scenariokit.format import load_all
from support.reason import Root, roots
from support.recorded import precedent
from support.renaming import renamed


@dataclass(frozen=True, eq=False)
class Incident:
    """One recorded incident; `report` is what the engine says of it where nothing is remembered."""

    snapshot: Snapshot

    @property
    def name(self) -> str:
        """The scenario that it was recorded in."""
        return self.snapshot.scenario.id

    @property
    def trace(self) -> Trace:
        """The recorded run."""
        return self.snapshot.trace

    @functools.cached_property
    def report(self) -> Report:
        """The report without memories."""
        return replay(self.trace)

    @functools.cached_property
    def precedent(self) -> Precedent | None:
        """What it is to the next of its kind; None where its cause is not clear by facts alone."""
        return precedent(self.trace)

    @property
    def target(self) -> str:
        """The name of what was asked about; empty where only words were."""
        target = self.trace.run.spec.target
        return target.name if target else ""

    def called(self, name: str) -> Trace:
        """The same incident where what was asked about has another name."""
        raw = self.trace.model_dump_json(by_alias=True)
        return Trace.model_validate(json.loads(renamed(raw, {self.target: name})))


@functools.cache
def incidents() -> tuple[Incident, ...]:
    """All that the repository holds, by name."""
    return tuple(Incident(snapshot) for snapshot in snapshots(KEPT, load_all(SCENARIOS)))


def conclusion(report: Report) -> tuple[str, frozenset[Root]]:
    """What a memory may have moved."""
    return report.verdict.value, frozenset(roots(report))


def why_stale(told: Iterable[Told]) -> str:
    """What a memory's conditions say against its freshness, as a run is told; empty where it is fresh."""
    return next((said.message for said in told if said.type == FRESH and said.status is ConditionStatus.FALSE), "")
