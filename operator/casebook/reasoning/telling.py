"""How telling a proposed prediction is: what would hold anyway shows nothing.

It is telling where what it quotes is in the errors of something that is unwell, or where the field that it names is
spoken of there, or was written before the trouble began.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from casebook.analysis.change import Change
from casebook.analysis.logs import Entry, Log
from casebook.analysis.things import Ref
from casebook.api.consultation import Look, Operator, ProposedPrediction
from casebook.reasoning.predicted import ref_of, within
from casebook.reasoning.scoring import SLACK
from casebook.reasoning.situation import Situation

QUOTE, VALUE, NAME = 12, 4, 6
"""Characters that a quotation, a value and the name of a setting have at least, to be told from chance."""
LAST_WORDS = 5
_COMMONPLACE = frozenset({"true", "false", "null", "none", "default"})

Spoken = Mapping[Ref, Sequence[str]]
"""What the errors of each workload that is unwell say."""


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


def telling(situation: Situation, prediction: ProposedPrediction, said: Spoken) -> bool:
    """Whether it would hardly hold by chance."""
    if prediction.look is not Look.FIELD:
        words = said.get(situation.world.top(ref_of(situation, prediction.object)), ())
        quoted = prediction.operator is Operator.CONTAINS and len(prediction.value) >= QUOTE
        return quoted and any(within(prediction.value, line) for line in words)
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
