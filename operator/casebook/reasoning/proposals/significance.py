"""How telling a proposed prediction is: what would hold anyway shows nothing.

A quotation is telling where it stands in the errors of something that is unwell; a field where it is a setting of a
program and those errors speak of its value or its name, by an identifier that is no name of an object or a host: plain
words and such names stand in errors whatever is wrong. That it was changed is not telling: the rules weigh changes.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from casebook.analysis.endpoints import mentions
from casebook.analysis.logs import Entry, Log
from casebook.analysis.things import Ref
from casebook.api.consultation import Look, Operator, ProposedPrediction
from casebook.reasoning.proposals.predicted import ref_of, within
from casebook.reasoning.situation import Situation

QUOTE, LEAST = 12, 4
"""Characters that a quotation, and the value or name of a setting, have at least, to be told from chance."""
LAST_WORDS = 5
_SETTING = re.compile(r"^(?:data\.|spec\.(?:.+\.)?(?:c|initC)ontainers\.[^.]+\.(?:env|args|command)\b)")
_LETTER, _MARK = re.compile(r"[A-Za-z]"), re.compile(r"[\d_-]")

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


def is_telling(situation: Situation, prediction: ProposedPrediction, said: Spoken) -> bool:
    """Whether it would hardly hold by chance."""
    if prediction.look is Look.METRIC:
        # Somewhere a curve is above or below anything: it can refute, and shows nothing by itself.
        return False
    if prediction.look is not Look.FIELD:
        words = said.get(situation.world.top(ref_of(situation, prediction.object)), ())
        quoted = prediction.operator is Operator.CONTAINS and len(prediction.value) >= QUOTE
        return quoted and any(within(prediction.value, line) for line in words)
    if not _SETTING.search(prediction.field):
        return False
    lines = [line for of_one in said.values() for line in of_one]
    known = _names(situation)
    return any(_named(token, lines) for token in _tokens(prediction) if not _is_common(token, known))


def _tokens(prediction: ProposedPrediction) -> Iterable[str]:
    """What of a setting an error would have to speak of: its name for the program, or its value."""
    yield prediction.field.removesuffix(".value").rpartition(".")[2]
    if prediction.operator in (Operator.EQUALS, Operator.CONTAINS):
        yield prediction.value


def _is_common(token: str, known: frozenset[str]) -> bool:
    """Whether errors speak of it whatever is wrong: plain words, numbers, hosts, names of what is there."""
    is_word = not _LETTER.search(token) or not _MARK.search(token)
    return is_word or len(token) < LEAST or token.casefold() in known or bool(mentions(token))


def _names(situation: Situation) -> frozenset[str]:
    """Names of everything that was seen, and of where it stands and what it is labelled with."""
    things = situation.world.things
    names = {name for ref in things for name in (ref.name, ref.namespace)}
    labels = {value for thing in things.values() for value in thing.labels.values()}
    containers = {one.name for pod in situation.world.pods.values() for one in pod.containers}
    return frozenset(name.casefold() for name in names | labels | containers)


def _named(token: str, lines: Iterable[str]) -> bool:
    pattern = re.compile(rf"(?<!\w){re.escape(token)}(?!\w)", re.IGNORECASE)
    return any(pattern.search(line) for line in lines)
