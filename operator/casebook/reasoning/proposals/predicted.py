"""The test language of proposed predictions: what must hold of a field of an object, a log, events, a metric."""

from collections.abc import Sequence
from typing import Any, Final

from casebook.analysis.events import Event
from casebook.analysis.things import RESOURCES, Cite, Ref, Thing, clip, shown
from casebook.api.consultation import Look, Operator, ProposedPrediction
from casebook.api.enums import Outcome
from casebook.api.observation import CLUSTER_SCOPED, Query, Result, getting, listing, pod_logs
from casebook.reasoning.cause import UNTESTED, Finding, tested
from casebook.reasoning.proposals import metering
from casebook.reasoning.proposals.scope import Outside, inside
from casebook.reasoning.situation import Situation

MAX_LOGS = 2
SHOWN = 300
_MISSING: Final = object()


def ref_of(situation: Situation, label: str) -> Ref:
    """The entity that `Kind/name` or `Kind/namespace/name` means in this investigation."""
    ref = situation.taught.ref(label)
    return Ref(ref.kind, "", ref.name) if RESOURCES.get(ref.kind) in CLUSTER_SCOPED else ref


def outcome(situation: Situation, prediction: ProposedPrediction) -> Finding:
    """Held, Failed or Untested, by what was observed so far."""
    if prediction.look is Look.METRIC:
        return metering.outcome(situation, prediction)
    ref = ref_of(situation, prediction.object)
    if prediction.look is Look.FIELD:
        return _field(situation, prediction, ref)
    return _log(situation, prediction, ref) if prediction.look is Look.LOG else _event(situation, prediction, ref)


def wants(situation: Situation, prediction: ProposedPrediction) -> list[Query]:
    """The reads that would decide it: kinds that Casebook knows, in the namespaces of the run, nothing else."""
    ref = ref_of(situation, prediction.object)
    resource = RESOURCES.get(ref.kind, "")
    if not resource or not inside(situation, ref) or outcome(situation, prediction).outcome is not Outcome.UNTESTED:
        return []
    if prediction.look is Look.METRIC:
        return _metric(situation, prediction)
    if prediction.look is Look.FIELD:
        return [getting(resource, ref.name, ref.namespace)]
    if prediction.look is Look.EVENT:
        return [listing("events", ref.namespace)] if ref.namespace else []
    workload = situation.world.workload_of(ref)
    pods = workload.pods[:MAX_LOGS] if workload else ()
    return [pod_logs(pod.thing.ref.namespace, pod.thing.ref.name, one.name) for pod in pods for one in pod.containers]


def _metric(situation: Situation, prediction: ProposedPrediction) -> list[Query]:
    try:
        return [metering.question(situation, prediction.field)]
    except Outside:
        return []


def within(text: str, line: str) -> bool:
    """Whether a line holds a text, whatever the case of its letters."""
    return text.casefold() in line.casefold()


def _field(situation: Situation, prediction: ProposedPrediction, ref: Ref) -> Finding:
    thing = situation.world.things.get(ref)
    if thing is None:
        gone = _gone(situation, ref)
        return tested(prediction.operator is Operator.ABSENT, gone) if gone else UNTESTED
    value = at(thing.raw, prediction.field)
    return tested(_holds(prediction, value), shown_of(thing, prediction.field, value))


def shown_of(thing: Thing, field: str, value: Any) -> Cite:
    """A citation of a field of an object and the value that `at` gave."""
    if not field:
        return thing.say("is there")
    return thing.say(f"{field} is not set" if value is _MISSING else f"{field} = {clip(shown(value), SHOWN)}")


def _holds(prediction: ProposedPrediction, value: Any) -> bool:
    text = "" if value is _MISSING else shown(value).strip()
    positive = {
        Operator.EXISTS: value is not _MISSING,
        Operator.ABSENT: value is not _MISSING,
        Operator.EQUALS: text == prediction.value.strip(),
        Operator.DIFFERS: text == prediction.value.strip(),
        Operator.CONTAINS: within(prediction.value, text),
        Operator.LACKS: within(prediction.value, text),
    }[prediction.operator]
    return positive != (prediction.operator in (Operator.ABSENT, Operator.DIFFERS, Operator.LACKS))


def at(value: Any, field: str) -> Any:
    """The value at a field, its steps joined by dots; what `is_missing` tells where there is none."""
    return _at(value, field.split(".") if field else [])


def is_missing(value: Any) -> bool:
    """Whether a field was not there."""
    return value is _MISSING


def _at(value: Any, steps: Sequence[str]) -> Any:
    """The value at a path; keys may hold dots, items of a list are told by index or name."""
    if not steps:
        return value
    if isinstance(value, dict):
        for end in range(len(steps), 0, -1):
            key = ".".join(steps[:end])
            if key in value:
                return _at(value[key], steps[end:])
        return _MISSING
    items = value if isinstance(value, list) else []
    if steps[0].isdecimal():
        index = int(steps[0])
        return _at(items[index], steps[1:]) if index < len(items) else _MISSING
    named = [item for item in items if isinstance(item, dict) and item.get("name") == steps[0]]
    return _at(named[0], steps[1:]) if named else _MISSING


def _gone(situation: Situation, ref: Ref) -> Cite | None:
    """A citation of the read that shows that an object is not there."""
    resource = RESOURCES.get(ref.kind, "")
    asked = situation.world.snapshot.answer(getting(resource, ref.name, ref.namespace)) if resource else None
    if asked is not None and asked.result is Result.NOT_FOUND:
        return Cite(asked.id, f"{ref.label(ref.namespace)} is not there")
    whole = situation.world.listed(resource, ref.namespace) if resource else None
    if whole is None or not situation.world.complete(resource, ref.namespace):
        return None
    return Cite(whole.id, f"{ref.label(ref.namespace)} is not among the {len(whole.items())} listed")


def _log(situation: Situation, prediction: ProposedPrediction, ref: Ref) -> Finding:
    workload = situation.world.workload_of(ref)
    logs = list(situation.world.logs_of(workload)) if workload else []
    for log in logs:
        for entry in log.entries:
            if within(prediction.value, entry.said):
                return tested(prediction.operator is Operator.CONTAINS, log.cite(entry))
    if not logs or any(log.truncated for log in logs):
        return UNTESTED
    return tested(prediction.operator is Operator.LACKS, *(log.summary() for log in logs[:MAX_LOGS]))


def events_of(situation: Situation, ref: Ref, text: str = "") -> list[Event]:
    """Events of an object or, of a workload, of all its parts; those that hold the text."""
    workload = situation.world.workload_of(ref)
    events = situation.world.about(*(situation.world.family(workload) if workload else [ref]))
    return [event for event in events if within(text, f"{event.reason} {event.message}")]


def _event(situation: Situation, prediction: ProposedPrediction, ref: Ref) -> Finding:
    holding = events_of(situation, ref, prediction.value)
    if holding:
        return tested(prediction.operator is Operator.CONTAINS, holding[0].cite())
    listed = situation.world.listed("events", ref.namespace)
    if listed is None or not situation.world.complete("events", ref.namespace):
        return UNTESTED
    count = len(events_of(situation, ref))
    return tested(prediction.operator is Operator.LACKS, Cite(listed.id, f"{count} events of {prediction.object}"))
