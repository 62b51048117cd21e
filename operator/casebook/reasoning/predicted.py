"""The test language of proposed predictions: what must hold of a field, of a log, of events; and how telling it is.

A prediction that would hold anyway shows nothing. It is telling where what it quotes is in the errors of something that
is unwell, or where the field that it names is spoken of there, or was changed before the trouble began.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from casebook.analysis.change import Change
from casebook.analysis.logs import Entry, Log
from casebook.analysis.things import RESOURCES, Cite, Ref, Thing, clip, shown
from casebook.api.consultation import Look, Operator, ProposedPrediction
from casebook.api.enums import Outcome
from casebook.api.observation import CLUSTER_SCOPED, Query, Result, getting, listing, pod_logs
from casebook.reasoning.cause import UNTESTED, Finding, tested
from casebook.reasoning.scoring import SLACK
from casebook.reasoning.situation import Situation

QUOTE, VALUE, NAME = 12, 4, 6
"""Characters that a quotation, a value and the name of a setting have at least, to be told from chance."""
LAST_WORDS = 5
MAX_LOGS = 2
SHOWN = 300
_MISSING: Final = object()
_COMMONPLACE = frozenset({"true", "false", "null", "none", "default"})

Spoken = Mapping[Ref, Sequence[str]]
"""What the errors of each workload that is unwell say."""


def ref_of(situation: Situation, label: str) -> Ref:
    """The entity that `Kind/name` or `Kind/namespace/name` means in this investigation."""
    ref = situation.taught.ref(label)
    return Ref(ref.kind, "", ref.name) if RESOURCES.get(ref.kind) in CLUSTER_SCOPED else ref


def spoken(situation: Situation) -> Spoken:
    """Errors that go on, last words of containers that ended and warnings, of workloads with a symptom on the path."""
    unwell = {situation.world.top(symptom.entity) for symptom in situation.pressing}
    return {
        workload.ref: [
            *(entry.said for _, entry, _ in situation.active_errors(workload)),
            *(entry.said for log in situation.world.logs_of(workload) if log.previous for entry in _last(log)),
            *(
                event.message
                for event in situation.world.about(*situation.world.family(workload))
                if event.type == "Warning"
            ),
        ]
        for workload in situation.workloads
        if workload.ref in unwell
    }


def _last(log: Log) -> Sequence[Entry]:
    return log.entries[-LAST_WORDS:]


def outcome(situation: Situation, prediction: ProposedPrediction) -> Finding:
    """Held, Failed or Untested, by what was observed so far."""
    ref = ref_of(situation, prediction.object)
    if prediction.look is Look.FIELD:
        return _field(situation, prediction, ref)
    return _log(situation, prediction, ref) if prediction.look is Look.LOG else _event(situation, prediction, ref)


def wants(situation: Situation, prediction: ProposedPrediction) -> list[Query]:
    """The reads that would decide it: kinds that Casebook knows, in the namespaces of the run, nothing else."""
    ref, scene = ref_of(situation, prediction.object), situation.world.snapshot.run.scene
    resource = RESOURCES.get(ref.kind, "")
    inside = not ref.namespace or scene.platform or ref.namespace in (*scene.namespaces, situation.world.home)
    if not resource or not inside or outcome(situation, prediction).outcome is not Outcome.UNTESTED:
        return []
    if prediction.look is Look.FIELD:
        return [getting(resource, ref.name, ref.namespace)]
    if prediction.look is Look.EVENT:
        return [listing("events", ref.namespace)] if ref.namespace else []
    workload = situation.world.workload_of(ref)
    pods = workload.pods[:MAX_LOGS] if workload else ()
    return [pod_logs(pod.thing.ref.namespace, pod.thing.ref.name, one.name) for pod in pods for one in pod.containers]


def telling(situation: Situation, prediction: ProposedPrediction, said: Spoken) -> bool:
    """Whether it would hardly hold by chance."""
    if prediction.look is not Look.FIELD:
        words = said.get(situation.world.top(ref_of(situation, prediction.object)), ())
        quoted = prediction.operator is Operator.CONTAINS and len(prediction.value) >= QUOTE
        return quoted and any(_within(prediction.value, line) for line in words)
    everything = [line for lines in said.values() for line in lines]
    return any(_named(token, everything) for token in _tokens(prediction)) or bool(changed(situation, prediction))


def changed(situation: Situation, prediction: ProposedPrediction) -> datetime | None:
    """When the field was last written before the trouble began, if that is recorded."""
    if prediction.look is not Look.FIELD or not prediction.field:
        return None
    ref, onset = ref_of(situation, prediction.object), situation.onset
    times = [
        change.at
        for change in situation.timeline
        if change.object == ref and onset and change.at <= onset + SLACK and _writes(change, prediction.field)
    ]
    return max(times, default=None)


def _writes(change: Change, field: str) -> bool:
    return any(field.startswith(one.path.partition(":")[0]) for one in change.fields)


def _tokens(prediction: ProposedPrediction) -> Iterable[str]:
    """What of a field prediction an error would have to speak of: its value, or the name of the setting."""
    name = prediction.field.rpartition(".")[2]
    if len(name) >= NAME and not name.isdigit():
        yield name
    positive = prediction.operator in (Operator.EQUALS, Operator.CONTAINS)
    if positive and len(prediction.value) >= VALUE and prediction.value.casefold() not in _COMMONPLACE:
        yield prediction.value


def _named(token: str, lines: Iterable[str]) -> bool:
    pattern = re.compile(rf"(?<!\w){re.escape(token)}(?!\w)", re.IGNORECASE)
    return any(pattern.search(line) for line in lines)


def _within(text: str, line: str) -> bool:
    return text.casefold() in line.casefold()


def _field(situation: Situation, prediction: ProposedPrediction, ref: Ref) -> Finding:
    thing = situation.world.things.get(ref)
    if thing is None:
        gone = _gone(situation, ref)
        return tested(prediction.operator is Operator.ABSENT, gone) if gone else UNTESTED
    value = _at(thing.raw, prediction.field.split(".") if prediction.field else [])
    return tested(_holds(prediction, value), _shown(thing, prediction.field, value))


def _shown(thing: Thing, field: str, value: Any) -> Cite:
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
        Operator.CONTAINS: _within(prediction.value, text),
        Operator.LACKS: _within(prediction.value, text),
    }[prediction.operator]
    return positive != (prediction.operator in (Operator.ABSENT, Operator.DIFFERS, Operator.LACKS))


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
            if _within(prediction.value, entry.said):
                return tested(prediction.operator is Operator.CONTAINS, log.cite(entry))
    if not logs or any(log.truncated for log in logs):
        return UNTESTED
    return tested(prediction.operator is Operator.LACKS, *(log.summary() for log in logs[:MAX_LOGS]))


def _event(situation: Situation, prediction: ProposedPrediction, ref: Ref) -> Finding:
    workload = situation.world.workload_of(ref)
    events = situation.world.about(*(situation.world.family(workload) if workload else [ref]))
    for event in events:
        if _within(prediction.value, f"{event.reason} {event.message}"):
            return tested(prediction.operator is Operator.CONTAINS, event.cite())
    listed = situation.world.listed("events", ref.namespace)
    if listed is None or not situation.world.complete("events", ref.namespace):
        return UNTESTED
    return tested(
        prediction.operator is Operator.LACKS, Cite(listed.id, f"{len(events)} events of {prediction.object}")
    )
