"""Backtest: what a memory would have done to an investigation of the past, had it been confirmed then."""

from typing import NamedTuple

from casebook.api.report import Report
from casebook.api.run import Recalled, Run, Trace
from casebook.knowledge.concepts import key
from casebook.knowledge.matching import applied
from casebook.knowledge.quarantine import heeding
from casebook.knowledge.recall import as_confirmed, display_name, recalled
from casebook.reasoning.replay import replay


class Effect(NamedTuple):
    """Whether a memory would have applied, and whether the conclusion would have been another."""

    applies: bool
    changes: bool


def may_apply(run: Run, memory: Recalled) -> bool:
    """Whether a run would have recalled it; tells without looking at anything that was observed."""
    found, _ = recalled([as_confirmed(memory)], run)
    return bool(found)


def effect(trace: Trace, memory: Recalled) -> Effect:
    """What it would have done to one investigation. Takes two replays.

    Whatever the run recalled then is recalled in both, but for another version of the memory itself.
    """
    others = [one for one in trace.run.recalled if key(one) != key(memory)]
    with_it = heeding([*others, as_confirmed(memory)], trace.run.now)
    after = replay(trace.replace(run=trace.run.replace(recalled=with_it)))
    name = display_name(memory, trace.run.namespace)
    if not any(use.name == name and applied(use) for use in after.knowledge):
        return Effect(applies=False, changes=False)
    before = replay(trace.replace(run=trace.run.replace(recalled=others)))
    return Effect(applies=True, changes=_conclusion(before) != _conclusion(after))


def _conclusion(report: Report) -> tuple[object, ...]:
    return report.verdict, sorted((one.object, one.cause) for one in report.root_causes)
