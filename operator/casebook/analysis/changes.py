"""What changed and when: template diffs between revisions, fields and times of managers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from casebook.analysis.access import dig, listed, mapping, moment, text
from casebook.analysis.revisions import Revision
from casebook.analysis.things import Thing, shown
from casebook.analysis.workloads import Workload, condition

RESTARTED = "kubectl.kubernetes.io/restartedAt"
PROGRAM = (".image", ".command", ".args", ".env", ".envFrom", ".workingDir", ".volumeMounts")
"""Fields of a container that say what it runs and what that is given."""

GIVEN = ("volumes", "automountServiceAccountToken", "serviceAccountName", "hostAliases", "dnsConfig", "dnsPolicy")
"""Fields of a pod that say what its programs are given."""

_CONTAINER = r"(?:initContainers|containers)\[[^\]]*\]"
_PROGRAM = re.compile(rf"spec\.(?:{_CONTAINER}(?:{'|'.join(map(re.escape, PROGRAM))})|{'|'.join(GIVEN)})(?!\w)")
_REFERS = re.compile(r"(?<!\$)\$\(([\w.-]+)\)")
_NAMED = {"containers", "initContainers", "env", "volumes", "volumeMounts", "ports", "envFrom", "imagePullSecrets"}
_CONTROLLERS = {"kube-controller-manager", "kubelet", "kube-scheduler", "kube-apiserver"}


class Difference(NamedTuple):
    """One field that differs between two revisions; an absent side is None."""

    path: str
    old: Any
    new: Any

    def touches(self, part: str) -> bool:
        """Whether its path contains this part; behind a dot it is a whole field: `.image` is not `.imagePullPolicy`."""
        end = r"(?!\w)" if "." in part else ""
        return re.search(re.escape(part) + end, self.path) is not None

    def said(self) -> str:
        """The difference in one line."""
        if self.old is None:
            return f"{self.path} added: {shown(self.new)}"
        if self.new is None:
            return f"{self.path} removed (was {shown(self.old)})"
        return f"{self.path}: {shown(self.old)} -> {shown(self.new)}"


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, leaf) pairs of a template; items of lists with names are keyed by name, not by position."""
    parts = _parts(value, path)
    for part, item in parts:
        yield from flat(item, part)
    if not parts:
        yield path, value


def _parts(value: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        keys = sorted(key for key in value if isinstance(key, str))
        return [(f"{path}.{key}" if path else key, value[key]) for key in keys]
    if isinstance(value, list):
        named = path.rsplit(".", 1)[-1] in _NAMED
        return [(f"{path}[{(named and text(item, 'name')) or index}]", item) for index, item in enumerate(value)]
    return []


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[Difference]:
    """Fields that differ between two pod templates, without what controllers stamp on them."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for path, mine, other in _unlike(old, new, ""):
        before |= flat(mine, path)
        after |= flat(other, path)
    found = [
        Difference(path, before.get(path), after.get(path))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path) and not _stamped(path)
    ]
    known = {one.path for one in found}
    return [*found, *(one for one in _unexpanded(old, new) if one.path not in known)]


def _unexpanded(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
    """Variables written as before that now come out otherwise, as what they refer to is declared in another order."""
    for kind in ("initContainers", "containers"):
        before = {text(spec, "name"): _expanded(spec) for spec in listed(old, "spec", kind)}
        for spec in listed(new, "spec", kind):
            name, after = text(spec, "name"), _expanded(spec)
            for variable, mine in before.get(name, {}).items():
                if variable in after and mine.refers != after[variable].refers:
                    path = f"spec.{kind}[{name}].env[{variable}].value"
                    yield Difference(path, mine.value, after[variable].value)


class _Variable(NamedTuple):
    """What a variable comes out as, and which of the variables that it names are declared before it."""

    value: str
    refers: frozenset[str]


def _expanded(spec: object) -> dict[str, _Variable]:
    """The variables of a container, with `$(NAME)` replaced as the kubelet does: where NAME is declared before."""
    found: dict[str, _Variable] = {}
    for item in listed(spec, "env"):
        value, name = text(item, "value"), text(item, "name")
        refers = frozenset(one for one in _REFERS.findall(value) if one in found)
        for one in refers:
            value = value.replace(f"$({one})", found[one].value or f"$({one})")
        found[name] = _Variable(value, refers)
    return found


def _unlike(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """The smallest parts that differ: most of two revisions is the same, and is not looked into."""
    if old == new:
        return
    mine, other = dict(_parts(old, path)), dict(_parts(new, path))
    if not mine or not other:
        yield path, old, new
        return
    for part in {**mine, **other}:
        yield from _unlike(mine.get(part), other.get(part), part)


def _stamped(path: str) -> bool:
    return "pod-template-hash" in path or path.endswith(("creationTimestamp", "].name"))


def telling(found: list[Difference]) -> list[Difference]:
    """Differences that can change how a program behaves: not annotations, not labels."""
    return [item for item in found if not item.path.startswith("metadata.")]


@dataclass(frozen=True)
class Rollout:
    """The newest change of revision of a workload."""

    workload: Workload
    new: Revision
    old: Revision
    at: datetime
    found: tuple[Difference, ...]

    @property
    def telling(self) -> list[Difference]:
        """Differences that can change how the program behaves."""
        return telling(list(self.found))

    @property
    def program(self) -> list[Difference]:
        """Differences in what runs or what it is given: image, command, environment, mounted files, account, names."""
        return [item for item in self.found if _PROGRAM.match(item.path)]


def rollout(workload: Workload) -> Rollout | None:
    """The newest change of revision, or None where there has been none or its time is unknown.

    A rollback takes up an older revision, whose creation is long past: its time is then that at which the Deployment
    last began to progress; of a StatefulSet or DaemonSet, that of the last write to its template.
    """
    if len(workload.revisions) < 2:
        return None
    new, old = workload.revisions[0], workload.revisions[1]
    at = new.thing.created
    if at is None:
        return None
    if old.thing.created and old.thing.created > at:
        at = _rolled_back(workload.thing) or at
    return Rollout(workload, new, old, at, tuple(differences(old.template, new.template)))


def _rolled_back(thing: Thing) -> datetime | None:
    if thing.ref.kind == "Deployment":
        return moment(condition(thing, "Progressing"), "lastTransitionTime")
    edit = edited(thing, "spec", "template")
    return edit.at if edit else None


class Edit(NamedTuple):
    """A write by one field manager."""

    at: datetime
    manager: str
    subresource: str
    fields: dict[str, Any]


def edits(thing: Thing) -> list[Edit]:
    """Writes by managers other than the control plane, newest first, from managedFields."""
    found = []
    for item in listed(thing.raw, "metadata", "managedFields"):
        at = moment(item, "time")
        if at and text(item, "manager") not in _CONTROLLERS and text(item, "subresource") != "status":
            found.append(Edit(at, text(item, "manager"), text(item, "subresource"), mapping(item, "fieldsV1")))
    return sorted(found, key=lambda edit: (edit.at, edit.manager), reverse=True)


def edited(thing: Thing, *path: str) -> Edit | None:
    """The newest write by a manager that owns this field, or None where none is recorded."""
    steps = [f"f:{step}" for step in path]
    return next((edit for edit in edits(thing) if dig(edit.fields, *steps) is not None), None)


def changed_after_creation(thing: Thing) -> Edit | None:
    """The newest write that came at least 2 s after the object was created."""
    for edit in edits(thing):
        if thing.created is None or (edit.at - thing.created).total_seconds() >= 2:
            return edit
    return None


def rewritten(thing: Thing, *path: str) -> Edit | None:
    """The newest write that came after the creation, if it was by the manager that owns this field."""
    edit, later = edited(thing, *path), changed_after_creation(thing)
    return edit if edit and later and edit.at == later.at else None
