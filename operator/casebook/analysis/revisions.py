"""Revisions of workloads: the ReplicaSets of a Deployment, the ControllerRevisions of a StatefulSet or DaemonSet."""

from dataclasses import dataclass
from typing import Any

from casebook.analysis.access import count, mapping
from casebook.analysis.things import Ref, Thing

REVISIONS = ("ReplicaSet", "ControllerRevision")
TEMPLATES: dict[str, tuple[str, ...]] = {
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "ControllerRevision": ("data", "spec", "template"),
    "Pod": (),
}
"""Where the pod template stands, for the kinds that do not keep it in `spec.template`."""

_NUMBER = "deployment.kubernetes.io/revision"
HASH = "controller-revision-hash"
"""The label by which a pod says which ControllerRevision it was made from."""


def template_of(thing: Thing) -> dict[str, Any]:
    """The pod template of a workload or of a revision; a bare Pod is its own."""
    return mapping(thing.raw, *TEMPLATES.get(thing.ref.kind, ("spec", "template")))


@dataclass(frozen=True)
class Revision:
    """One revision of a workload; the greater its number, the newer it is."""

    number: int
    thing: Thing

    @classmethod
    def of(cls, thing: Thing) -> "Revision":
        """The revision that a ReplicaSet or ControllerRevision keeps; number 0 where none is written."""
        if thing.ref.kind == "ControllerRevision":
            return cls(count(thing.raw, "revision"), thing)
        found = thing.annotations.get(_NUMBER, "")
        return cls(int(found) if found.isdigit() else 0, thing)

    @property
    def template(self) -> dict[str, Any]:
        """Its pod template."""
        return template_of(self.thing)


def made_from(pod: Thing) -> Ref | None:
    """The revision that a pod was made from, or None where it has none.

    A StatefulSet labels its pods with the name of the ControllerRevision, a DaemonSet with the hash at its end.
    """
    owner = pod.owner()
    if owner is None or owner.kind == "ReplicaSet":
        return owner
    label = pod.labels.get(HASH, "")
    names = {"StatefulSet": label, "DaemonSet": f"{owner.name}-{label}"}
    return Ref("ControllerRevision", owner.namespace, names[owner.kind]) if label and owner.kind in names else None
