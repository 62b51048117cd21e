"""The flat context that scopes are matched against: what is known of an investigation and of one entity in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from casebook.analysis.access import strings, text
from casebook.analysis.things import Thing
from casebook.analysis.workloads import Workload
from casebook.api.investigation import InvestigationSpec
from casebook.api.run import Run

LABEL = "label:"
WORKLOAD_KINDS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "ReplicaSet", "Pod"})

Values = frozenset[str]


@dataclass(frozen=True)
class Context:
    """Keys with their values; several where a thing has several, such as the nodes of a workload.

    A key with no values is known not to be there; a key that is missing is not known. With `closed`, a label that is
    missing is known not to be there: all the labels of the entity were seen.
    """

    values: Mapping[str, Values] = field(default_factory=dict)
    closed: bool = False

    def at(self, key: str) -> Values | None:
        """The values of a key; None where it is not known."""
        found = self.values.get(key)
        return frozenset() if found is None and self.closed and key.startswith(LABEL) else found

    def joined(self, other: "Context") -> "Context":
        """Both at once: a key has the values of both, and labels are all known where one of the two knows them."""
        merged = {key: (self.values.get(key) or frozenset()) | values for key, values in other.values.items()}
        return Context({**self.values, **merged}, self.closed or other.closed)

    def overlaid(self, other: "Context") -> "Context":
        """This with what the other knows in its place."""
        return Context({**self.values, **other.values}, self.closed or other.closed)

    def having(self, key: str, *values: str) -> "Context":
        """The same with these values added to a key."""
        return self.joined(Context({key: frozenset(values)}))


def of_run(run: Run) -> Context:
    """What a run knows before it has looked at anything."""
    return of_question(run.spec, run.namespace)


def of_question(spec: InvestigationSpec, namespace: str) -> Context:
    """What a question in this namespace says by itself: its namespace, alert, severity and target."""
    alert = spec.alert.labels if spec.alert else {}
    place = (spec.target.place if spec.target else "") or alert.get("namespace") or namespace
    found = {
        "namespace": [place],
        # The resource writes Critical, an alert's label critical: either is meant.
        "severity": [spec.severity.value, *([alert["severity"]] if "severity" in alert else [])],
        "alertname": [alert["alertname"]] if "alertname" in alert else [],
        **{f"{LABEL}{key}": [value] for key, value in alert.items()},
    }
    if spec.target and spec.target.kind in WORKLOAD_KINDS:
        found |= {"workload.kind": [spec.target.kind], "workload.name": [spec.target.name]}
    return Context(_frozen(found))


def of_thing(thing: Thing) -> Context:
    """What was seen of any object: it stands in the place of the workload, and all its labels are known."""
    found = {
        "namespace": [thing.ref.namespace],
        "workload.kind": [thing.ref.kind],
        "workload.name": [thing.ref.name],
        **{f"{LABEL}{key}": [value] for key, value in thing.labels.items()},
    }
    return Context(_frozen(found), closed=True)


def of_workload(workload: Workload) -> Context:
    """What was seen of a workload, with the nodes and images of its pods and the labels that it gives them."""
    containers = [container for pod in workload.live for container in pod.containers]
    labels = strings(workload.template, "metadata", "labels")
    found = {
        "node": [pod.node for pod in workload.live if pod.node],
        "image": [text(container.spec, "image") for container in containers],
        **{f"{LABEL}{key}": [value] for key, value in labels.items()},
    }
    return of_thing(workload.thing).joined(Context(_frozen(found)))


def _frozen(found: Mapping[str, Iterable[str]]) -> dict[str, Values]:
    return {key: frozenset(value for value in values if value) for key, values in found.items()}
