"""References of pods to ConfigMaps and Secrets that lead to nothing, as the kubelet reports them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from casebook.analysis.changes import Rollout
from casebook.analysis.settings import Reference, references
from casebook.analysis.signs import Sign
from casebook.analysis.symptoms import CREATE_REASONS
from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Finding, Prediction, failed, held
from casebook.reasoning.helpers import changed, cite_rollout, containers, only
from casebook.reasoning.situation import Situation

_MISSING = re.compile(r'\b(configmap|secret)s? "([^"]+)" not found', re.IGNORECASE)
_KEY = re.compile(r"couldn't find key (\S+) in (ConfigMap|Secret) (?:[^/\s]+/)?([\w.-]+)", re.IGNORECASE)
_VOLUME_KEY = re.compile(r"references non-existent (config|secret) key: (\S+)", re.IGNORECASE)
_VOLUME = re.compile(r'for volume "([^"]+)"')
_KINDS = {"configmap": "ConfigMap", "secret": "Secret", "config": "ConfigMap"}


@dataclass(frozen=True)
class Dangling:
    """A reference of a workload to an object, or to a key of it, that the kubelet did not find."""

    workload: Workload
    target: Ref
    key: str
    cites: tuple[Cite, ...]


def dangling(situation: Situation) -> Iterator[Dangling]:
    """What the kubelet could not find, once for each workload and target."""
    found: dict[tuple[Ref, Ref, str], Dangling] = {}
    for workload, pod, container in containers(situation):
        said = [(container.waiting_message, container.cite_state())] if container.waiting in CREATE_REASONS else []
        if not any(item.is_running for item in pod.containers):
            mounts = situation.world.about(pod.thing.ref)
            said += [(event.message, event.cite()) for event in mounts if event.reason in ("FailedMount", "Failed")]
        for message, cite in said:
            for target, key in _targets(workload, message):
                mark = (workload.ref, target, key)
                before = found[mark].cites if mark in found else ()
                found[mark] = Dangling(workload, target, key, tuple(dict.fromkeys((*before, cite)))[:3])
    yield from found.values()


def _targets(workload: Workload, message: str) -> Iterator[tuple[Ref, str]]:
    place = workload.ref.namespace
    for kind, name in _MISSING.findall(message):
        yield Ref(_KINDS[kind.lower()], place, name), ""
    for key, kind, name in _KEY.findall(message):
        yield Ref(_KINDS[kind.lower()], place, name), key
    for kind, key in _VOLUME_KEY.findall(message):
        volume = _VOLUME.search(message)
        for item in references(workload):
            if item.target.kind == _KINDS[kind.lower()] and item.key == key and volume:
                yield item.target, key


def candidate(situation: Situation, item: Dangling) -> Candidate[Dangling]:
    """The hypothesis that this reference keeps the workload from starting."""
    name = item.target.label(item.target.namespace)
    what = f"key {item.key} of {name}" if item.key else name
    rolled = _brought(situation, item)
    said = "the key is not in it" if item.key else "it does not exist"
    return Candidate(
        object=item.workload.ref,
        statement=f"{situation.label(item.workload.ref)} refers to {what}, but {said}",
        harms=only(item.workload.ref),
        covers=frozenset({Sign.CREATE, Sign.MOUNT, Sign.NOT_READY, Sign.CRASH}),
        about=item,
        changed=rolled.at if rolled else None,
    )


def detector(kind: str, *, keyed: bool) -> Callable[[Situation], Iterator[Candidate[Dangling]]]:
    """Detects references to a kind of object that is missing, or to a key that is missing in it."""

    def detect(situation: Situation) -> Iterator[Candidate[Dangling]]:
        for item in dangling(situation):
            if item.target.kind == kind and bool(item.key) is keyed:
                yield candidate(situation, item)

    return detect


def _kubelet_says_so(_: Situation, found: Candidate[Dangling]) -> Finding:
    return held(*found.about.cites)


def _template_refers(_: Situation, found: Candidate[Dangling]) -> Finding:
    item = _reference(found.about)
    thing = found.about.workload.thing
    return held(thing.cite(*item.path)) if item else failed(thing.say("no such reference in its template now"))


def _reference(item: Dangling) -> Reference | None:
    mine = [one for one in references(item.workload) if one.target == item.target]
    return next((one for one in mine if one.key == item.key or not item.key), None)


def _really_absent(situation: Situation, found: Candidate[Dangling]) -> Finding:
    item = found.about
    if item.target.kind != "ConfigMap" or not situation.world.complete("configmaps", item.target.namespace):
        return UNTESTED
    listed = situation.world.listed("configmaps", item.target.namespace)
    thing = situation.world.things.get(item.target)
    if thing is None:
        return held(Cite(listed.id if listed else "", f"no ConfigMap {item.target.name} among those listed"))
    keys = sorted({*(thing.raw.get("data") or {}), *(thing.raw.get("binaryData") or {})}, key=str)
    if item.key and item.key not in keys:
        return held(thing.say(f"keys: {', '.join(map(str, keys[:12]))}"))
    return failed(thing.say(f"it is there now, keys: {', '.join(map(str, keys[:12]))}"))


def _newly_referred(situation: Situation, found: Candidate[Dangling]) -> Finding:
    rolled = _brought(situation, found.about)
    return held(cite_rollout(rolled)) if rolled else UNTESTED


def _brought(situation: Situation, item: Dangling) -> Rollout | None:
    rolled = changed(situation, item.workload, "spec")
    named = (item.key, item.target.name)
    new = {str(one.new) for one in rolled.found if one.new is not None} if rolled else set()
    return rolled if any(name in new for name in named if name) else None


PREDICTIONS: tuple[Prediction[Dangling], ...] = (
    Prediction("the kubelet says that it is not there", _kubelet_says_so, 450, -300),
    Prediction("the pod template refers to it", _template_refers, 60, -300),
    Prediction("it is really absent from what was listed", _really_absent, 150, -250),
    Prediction("the newest revision brought the reference", _newly_referred, 100, 0),
)
EXPLAINS = "containers that cannot be created or volumes that cannot be mounted, and what follows from that"
