"""Names in plain words: which of the known names a question means, by kinds, plurals, words and slips of the key."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

KINDS: Mapping[str, str] = {
    "deployment": "Deployment", "deploy": "Deployment", "statefulset": "StatefulSet", "sts": "StatefulSet",
    "daemonset": "DaemonSet", "cronjob": "CronJob", "job": "Job", "pod": "Pod", "po": "Pod", "service": "Service",
    "svc": "Service", "ingress": "Ingress", "ing": "Ingress", "configmap": "ConfigMap", "cm": "ConfigMap",
    "hpa": "HorizontalPodAutoscaler", "autoscaler": "HorizontalPodAutoscaler", "pvc": "PersistentVolumeClaim",
    "horizontalpodautoscaler": "HorizontalPodAutoscaler", "persistentvolumeclaim": "PersistentVolumeClaim",
    "node": "Node", "quota": "ResourceQuota",
    "resourcequota": "ResourceQuota", "networkpolicy": "NetworkPolicy", "netpol": "NetworkPolicy",
    "pdb": "PodDisruptionBudget", "poddisruptionbudget": "PodDisruptionBudget", "replicaset": "ReplicaSet",
    "rs": "ReplicaSet",
}  # fmt: skip
"""Kinds by what people call them, in the singular."""

_TOKEN = re.compile(r"[^\W_](?:[\w.-]*[^\W_])?")
_PLACE = re.compile(
    r"(?<![\w-])(?:(?:in|from|of) (?:the )?(?:namespace |ns )?|namespace |ns |-n )([a-z0-9][a-z0-9-]{0,62})\b"
)
_PLACED = re.compile(r"\b([a-z0-9][a-z0-9-]{0,62}) (?:namespace|environment)\b")
_COMMON = frozenset(
    # Words of questions that are within one edit of likely names, or that tell nothing of what is meant.
    """about after again alert alerts answer around been before begin being build cannot cause change check could crash
    deploy deployed does down error errors every everybody everything fail failed failing fails from gone good hang
    hangs happened happens have hour hours just last late latest like long many minute minutes more most much must
    name need never next night noon nothing often only open other others please problem reach ready request requests
    restart restarting restarts right rollout running runs same seem send should show shows since slow slower some
    start started starting starts still stop stopped stops take takes test than that their them then there they this
    time timeout times today tonight under until update upgrade very want well went were what when where which while
    will with without work working works would wrong yesterday your""".split()  # noqa: SIM905
)
_NO_PLACE = frozenset(["a", "all", "an", "in", "it", "its", "my", "our", "the", "us"])
_MIN_WORD, _MIN_SLIP, _MIN_SWAP = 4, 5, 4
_MOST = 2048


class Named(NamedTuple):
    """A known name that a text means: its kind, the name, and the word that was read as it."""

    kind: str
    name: str
    said: str


def words(said: str) -> list[str]:
    """The words of a text in lower case, at most 2048 characters of it; dashes and dots inside belong to them."""
    return _TOKEN.findall(said[:_MOST].lower())


def places(said: str) -> list[str]:
    """Words that stand where a question names a namespace: `in staging`, `namespace staging`, `staging namespace`."""
    lowered = said[:_MOST].lower()
    found = [*_PLACED.findall(lowered), *_PLACE.findall(lowered)]
    return [name for name in dict.fromkeys(found) if name not in _COMMON | _NO_PLACE and name not in KINDS]


def meant(said: str, known: Iterable[tuple[str, str]]) -> list[Named]:
    """Which of the known (kind, name) pairs a text means; empty where it means none.

    The first of these that finds anything decides: the name itself; its plural or singular; two words that make it;
    a word of it; a slip of one character. Where a word for a kind stands beside a name, objects of that kind are meant
    if there is one of that name.
    """
    tokens, pairs = words(said), sorted(set(known))
    for read in (_exact, _numbered, _joined, _by_part, _slipped):
        found = read(tokens, pairs)
        if found:
            return _of_kind(tokens, found)
    return []


def kinds_named(said: str) -> set[str]:
    """Kinds that a text speaks of, in the singular or the plural."""
    return {KINDS[word] for token in words(said) for word in (token, singular(token)) if word in KINDS}


def singular(word: str) -> str:
    """The word without the ending of an English plural."""
    if word.endswith("ies") and len(word) > _MIN_WORD:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else word


def _exact(tokens: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[Named]:
    said = set(tokens)
    return [Named(kind, name, name) for kind, name in pairs if name.lower() in said]


def _numbered(tokens: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[Named]:
    said = {singular(token): token for token in tokens if len(token) > 2 and token not in _COMMON}
    return [Named(kind, name, said[singular(name)]) for kind, name in pairs if singular(name) in said]


def _joined(tokens: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[Named]:
    two = {glue.join(pair): " ".join(pair) for pair in pairwise(tokens) for glue in ("-", "")}
    return [Named(kind, name, two[name]) for kind, name in pairs if name in two]


def _by_part(tokens: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[Named]:
    """Names that begin with a word of the text; else names that hold one."""
    said = {word: token for token in tokens if _tells(token) for word in (token, singular(token))}
    first: list[Named] = []
    later: list[Named] = []
    for kind, name in pairs:
        parts = [(part, singular(part)) for part in re.split(r"[-.]", name) if len(part) >= _MIN_WORD]
        begin = next((word for word in said if name.startswith(f"{word}-")), "")
        inside = next((word for part in parts for word in part if word in said), "")
        if begin or inside:
            is_first = bool(begin) or name.startswith(inside[:_MIN_WORD])
            (first if is_first else later).append(Named(kind, name, said[begin or inside]))
    return first or later


def _tells(token: str) -> bool:
    """Whether a word may be a part of a name: no word of questions, of a kind, nor a short one."""
    return token not in _COMMON and singular(token) not in KINDS and (len(token) >= _MIN_WORD or "-" in token)


def _slipped(tokens: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[Named]:
    """Names that differ from a word by one character; of short words only two that changed places count."""
    found = []
    telling = [token for token in dict.fromkeys(tokens) if _tells(token)]
    for kind, name in pairs:
        for token in telling:
            if _swapped(token, name) or (min(len(token), len(name)) >= _MIN_SLIP and one_edit(token, name)):
                found.append(Named(kind, name, token))
                break
    return found


def _swapped(one: str, other: str) -> bool:
    if len(one) != len(other) or len(one) < _MIN_SWAP or one == other:
        return False
    at = [index for index in range(len(one)) if one[index] != other[index]]
    return len(at) == 2 and at[1] == at[0] + 1 and one[at[0]] == other[at[1]] and one[at[1]] == other[at[0]]


def one_edit(one: str, other: str) -> bool:
    """Whether two words differ by one character added, left out or changed, or by two neighbours swapped."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    short, long = sorted((one, other), key=len)
    start = next((i for i in range(len(short)) if short[i] != long[i]), len(short))
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    return short[start + 1 :] == long[start + 1 :] or _swapped(one, other)


def _of_kind(tokens: Sequence[str], found: Sequence[Named]) -> list[Named]:
    """Of each name the objects of the kind that the text puts beside it; all of them where it names no kind."""
    kept = []
    for item in found:
        beside = _kinds_beside(tokens, item.said.split()) & {one.kind for one in found if one.name == item.name}
        if not beside or item.kind in beside:
            kept.append(item)
    return kept


def _kinds_beside(tokens: Sequence[str], said: Sequence[str]) -> set[str]:
    size = len(said)
    kinds: set[str] = set()
    for index in range(len(tokens) - size + 1):
        if list(tokens[index : index + size]) == list(said):
            near = [*tokens[max(0, index - 1) : index], *tokens[index + size : index + size + 1]]
            kinds |= {KINDS[word] for token in near for word in (token, singular(token)) if word in KINDS}
    return kinds
