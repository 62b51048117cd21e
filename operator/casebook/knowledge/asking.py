"""What a question is about before anything was looked at, in a form that is the same whenever it is asked again."""

import re

from casebook.analysis.naming import words
from casebook.api.case import Asked
from casebook.api.investigation import InvestigationSpec

ALIKE_PERCENT = 60
"""Share of words that two questions must have in common to be the same; taken from both together."""
MAX_WORDS = 64

_SUFFIX = "[bcdfghjklmnpqrstvwxz2456789]{5}"
"""The letters that the API server appends to a generated name (`k8s.io/apimachinery/pkg/util/rand`)."""
_GENERATED = {
    "Pod": re.compile(rf"(?:-[0-9a-f]{{6,10}}-{_SUFFIX}|-{_SUFFIX}|-\d+)$"),
    "ReplicaSet": re.compile(r"-[0-9a-f]{6,10}$"),
    "Job": re.compile(r"-\d{6,}$"),
}


def asked(spec: InvestigationSpec, namespace: str) -> Asked:
    """What this question in this namespace is about."""
    labels = spec.alert.labels if spec.alert else {}
    target = spec.target
    place = (target.namespace if target else "") or labels.get("namespace") or namespace
    if target is None and spec.alert is None:
        return Asked(place=place, words=sorted(set(words(spec.question)))[:MAX_WORDS])
    kind, name = (target.kind, target.name) if target else ("", "")
    return Asked(alertname=labels.get("alertname", ""), place=place, kind=kind, entity=entity_class(kind, name))


def entity_class(kind: str, name: str) -> str:
    """A name with `*` for the part that is generated anew each time: `api-5ffdc75f85-q8dh2` is `api-*`."""
    pattern = _GENERATED.get(kind)
    return pattern.sub("-*", name) if pattern else name


def alike(one: Asked, other: Asked) -> bool:
    """Whether two questions are the same: by structure, and where they have none by their words."""
    if one.replace(words=[]) != other.replace(words=[]):
        return False
    both = set(one.words) | set(other.words)
    return not both or 100 * len(set(one.words) & set(other.words)) >= ALIKE_PERCENT * len(both)


def beside(one: Asked, other: Asked) -> bool:
    """Whether the same alert asked about another object in the same place."""
    return bool(one.alertname) and one != other and one.replace(kind=other.kind, entity=other.entity) == other
