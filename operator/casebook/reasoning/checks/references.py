"""References of pods to ConfigMaps and Secrets that lead to nothing, as the kubelet or the program reports them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from casebook.analysis.access import mapping
from casebook.analysis.settings import mounted_maps, references
from casebook.analysis.symptoms import CREATE_REASONS
from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Workload
from casebook.reasoning.checks.helpers import containers
from casebook.reasoning.checks.logged import everything
from casebook.reasoning.situation import Situation

_MISSING = re.compile(r'\b(configmap|secret)s? "([^"]+)" not found', re.IGNORECASE)
_KEY = re.compile(r"couldn't find key (\S+) in (ConfigMap|Secret) (?:[^/\s]+/)?([\w.-]+)", re.IGNORECASE)
_VOLUME_KEY = re.compile(r"references non-existent (config|secret) key: (\S+)", re.IGNORECASE)
_VOLUME = re.compile(r'for volume "([^"]+)"')
_ABSENT = re.compile(
    r"no such file|cannot find the (?:file|path)|can't open file|enoent|filenotfound|nosuchfile|"
    r"(?:does not|doesn't|not) (?:exist|found)",
    re.IGNORECASE,
)
_KINDS = {"configmap": "ConfigMap", "secret": "Secret", "config": "ConfigMap"}


@dataclass(frozen=True)
class Dangling:
    """A reference of a workload to an object, or to a key of it, that the kubelet did not find.

    With a `path` it is the program that did not find the file which the key would be.
    """

    workload: Workload
    target: Ref
    key: str
    cites: tuple[Cite, ...]
    path: str = ""


def dangling(situation: Situation) -> Iterator[Dangling]:
    """What the kubelet could not find, once for each workload and target."""
    found: dict[tuple[Ref, Ref, str], Dangling] = {}
    for workload, pod, container in containers(situation):
        said = [(container.waiting_message, container.cite_state())] if container.waiting in CREATE_REASONS else []
        if not any(item.is_running for item in pod.containers):
            counts = {"Failed"} if pod.mounted else {"Failed", "FailedMount"}
            told = situation.world.about(pod.thing.ref)
            said += [(event.message, event.cite()) for event in told if event.reason in counts]
        for message, cite in said:
            for target, key in _targets(workload, message):
                mark = (workload.ref, target, key)
                before = found[mark].cites if mark in found else ()
                found[mark] = Dangling(workload, target, key, tuple(dict.fromkeys((*before, cite)))[:3])
    yield from found.values()
    yield from _unread(situation)


def _unread(situation: Situation) -> Iterator[Dangling]:
    """Files in a mounted ConfigMap that a program asks for and that no key of it is."""
    for workload in situation.workloads:
        said = [one for one in everything(situation, workload) if _ABSENT.search(one.entry.said)]
        for folder, target in mounted_maps(workload) if said else ():
            thing = situation.world.things.get(target)
            path = re.compile(rf"(?<![\w.-]){re.escape(folder)}/([\w.-]*\w)")
            for one in said if thing else ():
                named = path.search(one.entry.said)
                if thing and named and named[1] not in {*mapping(thing.raw, "data"), *mapping(thing.raw, "binaryData")}:
                    yield Dangling(workload, target, named[1], (one.cite(),), named[0])
                    break


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
