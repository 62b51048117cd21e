"""ConsumerTooSlow: what waits grows without errors, because what takes it away is slower than what brings it."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from casebook.analysis.curves import shown
from casebook.analysis.settings import Setting, settings
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.api.enums import Outcome
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.configuration import changed_at
from casebook.reasoning.checks.helpers import changed, cite_rollout, command, troubles, workload_logs_wanted
from casebook.reasoning.planning.measuring import Measured
from casebook.reasoning.situation import Situation

FELL = 0.7
"""The share of before at which less is done or more comes in; smaller changes are the day's."""


class Slow(NamedTuple):
    """What waits, at whom, who takes it away, and a setting of that which was changed before it began to grow."""

    backlog: Symptom
    keeper: Workload
    consumer: Workload
    setting: Setting | None


def _detect(situation: Situation) -> Iterator[Candidate[Slow]]:
    for backlog in situation.symptoms:
        keeper = situation.world.workloads.get(backlog.entity)
        if backlog.sign is Sign.BACKLOG and keeper is not None:
            for consumer in _consumers(situation, keeper):
                setting, at = _changed(situation, consumer)
                yield _candidate(situation, Slow(backlog, keeper, consumer, setting), at)


def _candidate(situation: Situation, item: Slow, at: datetime | None) -> Candidate[Slow]:
    origin = item.setting.origin if item.setting else item.consumer.ref
    why = f": {item.setting.key} = {item.setting.value[:60]}" if item.setting else ""
    since = f" since {timestamp(at)}" if at else ""
    return Candidate(
        object=origin,
        statement=f"{situation.label(item.consumer.ref)} takes away less than comes in{since}{why}; at "
        f"{situation.label(item.keeper.ref)} {item.backlog.said}",
        harms=frozenset({item.keeper.ref, item.consumer.ref}),
        covers=frozenset({Sign.BACKLOG}),
        about=item,
        since=None if at else item.backlog.since,
        changed=at,
    )


def _consumers(situation: Situation, keeper: Workload) -> list[Workload]:
    """Who calls the keeper without being called itself takes away; nobody brings it work. A lone keeper is its own."""
    callers = [workload for workload in _callers(situation, keeper) if workload.ref != keeper.ref]
    ends = [workload for workload in callers if not _callers(situation, workload)]
    return ends or ([keeper] if not callers else [])


def _callers(situation: Situation, workload: Workload) -> list[Workload]:
    mine: set[Ref] = {service.ref for service in situation.world.services_of(workload)}
    calls = situation.graph.calls
    return [one for one in situation.workloads if any(call.target in mine for call in calls.get(one.ref, ()))]


def _changed(situation: Situation, consumer: Workload) -> tuple[Setting | None, datetime | None]:
    """The number among its settings that was changed last, or its newest release."""
    numbers = [one for one in settings(situation.world, consumer) if _is_number(one.value)]
    dated = [(at, one) for one in numbers if (at := changed_at(situation, one, consumer))]
    if dated:
        at, setting = max(dated, key=lambda pair: (pair[0], pair[1].key))
        return setting, at
    parts = (".image", ".env", ".resources")
    rolled = next((one for part in parts if (one := changed(situation, consumer, part))), None)
    return None, rolled.at if rolled else None


def _is_number(value: str) -> bool:
    return value.replace(".", "", 1).rstrip("ms").isdigit()


def _grows(_: Situation, found: Candidate[Slow]) -> Finding:
    return held(*found.about.backlog.cites)


def _works(situation: Situation, found: Candidate[Slow]) -> Finding:
    consumer = found.about.consumer
    said = troubles(situation, consumer)
    if said:
        return failed(said[0].cite(), note="it fails, it is not only slow")
    unready = [pod for pod in consumer.live if not pod.ready]
    if unready or not consumer.live:
        cite = unready[0].cite_condition("Ready") if unready else consumer.thing.say("it has no pods")
        return failed(cite, note="it does not run")
    logs = [log.summary() for log in situation.world.logs_of(consumer) if log.entries]
    return held(*logs[:1]) if logs else UNTESTED


def _logs(_: Situation, found: Candidate[Slow]) -> list[Query]:
    return workload_logs_wanted(found.about.consumer)


def _was_changed(situation: Situation, found: Candidate[Slow]) -> Finding:
    item = found.about
    if found.changed is None:
        return UNTESTED
    if item.setting and item.setting.origin.kind == "ConfigMap":
        said = f"{item.setting.key} = {item.setting.value[:60]}, written at {timestamp(found.changed)}"
        return held(Cite(item.setting.source, said))
    rolled = changed(situation, item.consumer, "")
    return held(cite_rollout(rolled)) if rolled else UNTESTED


def _does_less(situation: Situation, found: Candidate[Slow]) -> Finding:
    done = situation.measured("done", found.about.consumer)
    if done is None:
        return UNTESTED
    change = done.total.shift(situation.world.begin)
    if change is None and not _compares(situation, found, done):
        return UNTESTED
    if change and change.after <= FELL * change.before:
        return held(done.cite(f"it finishes {shown(change.after)} a second, before {shown(change.before)}"))
    return failed(done.cite("it finishes as much as before"))


def _no_more_comes_in(situation: Situation, found: Candidate[Slow]) -> Finding:
    """More work than before is no fault of who takes it away."""
    callers = _callers(situation, found.about.keeper)
    asked = [one for caller in callers if (one := situation.measured("traffic", caller))]
    for one in asked:
        change = one.total.shift(situation.world.begin)
        if change and change.ratio >= 1 / FELL:
            return failed(one.cite(f"{shown(change.before)} -> {shown(change.after)} requests a second come in"))
    told = [one for one in asked if _compares(situation, found, one)]
    return held(told[0].cite("no more requests come in than before")) if told else UNTESTED


def _compares(situation: Situation, found: Candidate[Slow], measured: Measured) -> bool:
    """Whether the curve reaches far enough past what was changed, or past the growth, to speak against either."""
    since = found.changed or found.since
    return since is not None and measured.total.compares(situation.world.begin, since)


def _is_told(situation: Situation, found: Candidate[Slow]) -> Finding:
    """A backlog grows as well where more work comes: what tells that less is taken away has to be something else."""
    tests = (check(situation, found) for check in (_was_changed, _does_less, _no_more_comes_in))
    return next((held(*one.cites[:1]) for one in tests if one.outcome is Outcome.HELD), UNTESTED)


def _steps(_: Situation, found: Candidate[Slow]) -> list[str]:
    item = found.about
    named = f"{found.object.kind} {found.object.name}"
    where = f"Set {item.setting.key} of {named} back" if item.setting else f"Make {named} faster"
    return [
        f"{where}, or run more of it for a while: what waits has to be worked off too.",
        command("scale", item.consumer.ref, "--replicas=3   # if several of it may work side by side"),
        command("logs", item.keeper.ref, "--tail=50   # does it still grow?"),
    ]


CAUSES = (
    Cause(
        code="ConsumerTooSlow",
        means="What takes work away is slower than what brings it; the backlog grows without errors.",
        names="workload or ConfigMap",
        explains="a backlog that grows, and work that is done later and later",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("what waits grows", _grows, 200, -300),
            Prediction("what takes it away runs without errors", _works, 120, -250, _logs),
            Prediction("something besides the backlog tells that less is taken away", _is_told, 100, 0),
            Prediction("it was changed before", _was_changed, 120, 0),
            Prediction("it finishes less than before", _does_less, 150, -200, metered=True),
            Prediction("no more work comes in than before", _no_more_comes_in, 40, -250, metered=True),
        ),
        steps=_steps,
    ),
)
