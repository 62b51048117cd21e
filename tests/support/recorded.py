"""Runs recorded on a real cluster, by the names of their scenarios."""

import gzip
import json
from pathlib import Path

from casebook.analysis.snapshot import Snapshot
from casebook.api.observation import Observation, Query, Result, observation_id
from casebook.api.run import Precedent, ReportEnvelope, Run, Trace
from casebook.reasoning.engine import ENGINE, Done, decide, weigh
from casebook.reasoning.replay import replay
from casebook.reasoning.replay import told as told_by

HERE = Path(__file__).parents[1] / "unit" / "reasoning" / "recorded"
RECORDED = sorted(path.name.removesuffix(".json.gz") for path in HERE.glob("*.json.gz"))


def trace(name: str, folder: Path = HERE) -> Trace:
    """One recorded run."""
    return Trace.model_validate(json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes())))


def seen(found: Trace) -> Snapshot:
    """All that a recorded run saw."""
    return Snapshot(found.run, tuple(found.observations))


def relived(found: Trace, run: Run, place: str) -> Trace:
    """What a recorded run saw, in another namespace and for another run, which then is of the recording's time."""
    raw = found.model_dump_json(by_alias=True).replace(found.run.namespace, place)
    return Trace.model_validate_json(raw).replace(run=run.replace(now=found.run.now))


def envelope(found: Trace) -> ReportEnvelope:
    """What the agent of a run would hand in at its end, as the engine of now has it."""
    return ReportEnvelope(
        report=replay(found),
        engine=ENGINE,
        stop=found.stop,
        observations=len(found.observations),
        telling=told_by(found),
    )


def rerun(found: Trace, *precedents: Precedent) -> Trace:
    """The recorded run again, which looks where the engine looks now; what was not recorded is not to be had."""
    answers = {one.query.canonical(): one for one in found.observations}
    run = found.run.replace(precedents=list(precedents))
    snapshot, number = Snapshot(run), 0
    while True:
        step = decide(snapshot, weigh(snapshot))
        if isinstance(step, Done):
            made = list(snapshot.observations)
            return found.replace(run=run, stop=step.stop, observations=made)
        snapshot = snapshot.extended(_answer(answers, query, number, run) for query in step.queries)
        number += 1


def _answer(answers: dict[str, Observation], query: Query, number: int, run: Run) -> Observation:
    none = Observation(id="o", round=0, query=query, result=Result.UNAVAILABLE, observed_at=run.now)
    return answers.get(query.canonical(), none).replace(id=observation_id(number, query), round=number)


def precedent(found: Trace, times: int = 1) -> Precedent | None:
    """What a recorded run is to the next of its kind; None where it is no precedent."""
    told = told_by(found)
    if not told.clues:
        return None
    first = replay(found).root_causes[0]
    reads = len(found.observations)
    return Precedent(
        name="inv-1", namespace="shop", object=first.object, cause=first.cause, told=told, reads=reads, times=times
    )
