"""What a correction changes: the current engine on stored observations, without and with the memory."""

from casebook.api.enums import Verdict
from casebook.api.investigation import Replay, ReplaySide
from casebook.api.report import Report
from casebook.api.run import Recalled, Trace
from casebook.knowledge.concepts import key
from casebook.knowledge.recall import display_name
from casebook.reasoning.replay import replay

NOTE = 1000


def replayed(trace: Trace, memory: Recalled, feedback_id: str) -> Replay:
    """Old and new conclusion side by side; a query that was never made stays untested on both sides.

    Whatever the run recalled then is recalled on both sides, but for an earlier version of the memory itself.
    """
    others = [one for one in trace.run.recalled if key(one) != key(memory)]
    before = replay(trace.replace(run=trace.run.replace(recalled=others)))
    after = replay(trace.replace(run=trace.run.replace(recalled=[*others, memory])))
    return Replay(feedback_id=feedback_id, before=_side(before), after=_side(after), note=_note(trace, memory, after))


def _side(report: Report) -> ReplaySide:
    if not report.root_causes:
        return ReplaySide(verdict=report.verdict)
    first = report.root_causes[0]
    return ReplaySide(
        verdict=Verdict.ROOT_CAUSE,
        object=first.object,
        cause=first.cause,
        confidence_percent=first.confidence_percent,
    )


def _note(trace: Trace, memory: Recalled, after: Report) -> str:
    name = display_name(memory, trace.run.namespace)
    used = next((use for use in after.knowledge if use.name == name), None)
    if used is None:
        return f"memory {memory.name} does not apply to this investigation: look at its scope"
    return f"{used.effect} ({used.why})"[:NOTE]
