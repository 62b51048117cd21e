"""Everything that a snapshot shows, indexed: objects, workloads, events, logs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from casebook.analysis.access import strings
from casebook.analysis.events import Event, merged
from casebook.analysis.logs import Log, read
from casebook.analysis.naming import places
from casebook.analysis.revisions import REVISIONS, Revision, made_from
from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import RESOURCES, Ref, Thing, thing_of
from casebook.analysis.times import FURTHEST, Moment, since
from casebook.analysis.workloads import CONTROLLERS, Pod, Workload
from casebook.api.enums import Reach
from casebook.api.observation import CLUSTER_SCOPED, KUBERNETES, LOGS, Observation, Query, Result, listing

LOOKBACK_SECONDS = 3600
SERVICE_NAME = "kubernetes.io/service-name"
LEAD = timedelta(minutes=30)
"""How long before the time that a question names a change may be that brought it about."""


@dataclass(frozen=True)
class World:
    """One snapshot, indexed. Every view is sorted, so that equal snapshots give equal views."""

    snapshot: Snapshot

    @cached_property
    def now(self) -> datetime:
        """The clock of the run: when it looked last."""
        return max([self.snapshot.run.now, *(item.observed_at for item in self.snapshot.observations)])

    @cached_property
    def stated(self) -> Moment | None:
        """The time that the question names, if it names one."""
        return since(self.snapshot.run.spec.question, self.snapshot.run.now)

    @cached_property
    def said_to_begin(self) -> datetime | None:
        """When the trouble began as the question or the alert says, the earlier of the two; None where neither does."""
        alert = self.snapshot.run.spec.alert
        stated = self.stated.at if self.stated and self.stated.is_onset else None
        return min((at for at in (stated, alert.starts_at if alert else None) if at), default=None)

    @cached_property
    def begin(self) -> datetime:
        """Begin of the span of time that was asked about.

        A window counts as it is. Else the time that a question names makes the usual hour longer, unless the spec says
        how far to look back; and an alert is looked into from before it began to fire. Never further than a week.
        """
        spec = self.snapshot.run.spec
        if spec.window:
            return spec.window.start
        usual = self.snapshot.run.now - timedelta(seconds=spec.lookback_seconds or LOOKBACK_SECONDS)
        stated = self.stated.at if self.stated and not spec.lookback_seconds else None
        fired = spec.alert.starts_at if spec.alert else None
        told = min((at - LEAD for at in (stated, fired) if at), default=usual)
        return min(usual, max(told, self.snapshot.run.now - FURTHEST))

    @cached_property
    def end(self) -> datetime:
        """End of the span of time that was asked about, which does not move while the run looks again."""
        run = self.snapshot.run
        return min(run.spec.window.end, run.now) if run.spec.window else run.now

    @cached_property
    def cluster_target(self) -> Ref | None:
        """What the investigation is about, where that is an object that stands in no namespace and is none itself."""
        target = self.snapshot.run.spec.target
        if target is None or target.kind == "Namespace" or RESOURCES.get(target.kind) not in CLUSTER_SCOPED:
            return None
        return Ref(target.kind, "", target.name)

    @cached_property
    def home(self) -> str:
        """The namespace that the investigation is about; empty where it is about a cluster-scoped object.

        One that only the question names counts where the whole tenant was asked about: whoever asks about a single
        namespace need not be allowed to look into another.
        """
        run = self.snapshot.run
        if self.cluster_target:
            return ""
        alert = run.spec.alert.labels.get("namespace", "") if run.spec.alert else ""
        target = run.spec.target.place if run.spec.target else ""
        known = run.scene.platform or not run.scene.namespaces or alert in run.scene.namespaces
        asked = self.places[:1] if run.spec.scope is Reach.TENANT else []
        return target or (alert if known else "") or "".join(asked) or run.namespace

    @cached_property
    def places(self) -> list[str]:
        """Namespaces of the tenant that the question names."""
        run = self.snapshot.run
        return [name for name in places(run.spec.question) if name in run.scene.namespaces]

    @cached_property
    def things(self) -> dict[Ref, Thing]:
        """Every object, the latest observation of it; what a newer list leaves out is gone."""
        found: dict[Ref, Thing] = {}
        for observation in self.snapshot.asked.values():
            if observation.query.source == KUBERNETES and not observation.query.resource.startswith("events"):
                for thing in _things(observation):
                    found[thing.ref] = thing
        return dict(sorted(found.items()))

    @cached_property
    def _by_kind(self) -> dict[str, list[Thing]]:
        found: dict[str, list[Thing]] = {}
        for thing in self.things.values():
            found.setdefault(thing.ref.kind, []).append(thing)
        return found

    def all(self, kind: str, namespace: str | None = None) -> list[Thing]:
        """Objects of a kind, in one namespace if one is given."""
        found = self._by_kind.get(kind, [])
        return found if namespace is None else [thing for thing in found if thing.ref.namespace == namespace]

    @cached_property
    def events(self) -> list[Event]:
        """Events, oldest first, without repeats."""
        raws = [
            thing
            for observation in self.snapshot.observations
            if observation.query.source == KUBERNETES and observation.query.resource.startswith("events")
            for thing in _things(observation)
        ]
        return merged(raws)

    @cached_property
    def _events_about(self) -> dict[Ref, list[Event]]:
        found: dict[Ref, list[Event]] = {}
        for event in self.events:
            found.setdefault(event.about, []).append(event)
        return found

    def about(self, *refs: Ref) -> list[Event]:
        """Events about any of these objects, newest last."""
        return [event for ref in dict.fromkeys(refs) for event in self._events_about.get(ref, [])]

    @cached_property
    def logs(self) -> dict[tuple[str, str, str, bool], Log]:
        """The last lines of the logs that could be read, by (namespace, pod, container, previous)."""
        found = [log for observation, log in self._read_logs if not observation.query.is_earlier_log]
        return dict(sorted({(log.namespace, log.pod, log.container, log.previous): log for log in found}.items()))

    @cached_property
    def earlier_logs(self) -> dict[tuple[str, str, str], Log]:
        """Earlier parts of logs whose last lines do not reach back far enough, by (namespace, pod, container)."""
        found = [log for observation, log in self._read_logs if observation.query.is_earlier_log]
        return {(log.namespace, log.pod, log.container): log for log in found}

    @cached_property
    def _read_logs(self) -> list[tuple[Observation, Log]]:
        known: dict[str, Log] = self.snapshot.read
        found = []
        for observation in self.snapshot.observations:
            if observation.query.source == LOGS and observation.result is Result.OK:
                if observation.id not in known:
                    known[observation.id] = read(observation)
                found.append((observation, known[observation.id]))
        return found

    @cached_property
    def pods(self) -> dict[Ref, Pod]:
        """Every pod by its identity."""
        return {thing.ref: Pod(thing, made_from(thing)) for thing in self.all("Pod")}

    def top(self, ref: Ref) -> Ref:
        """The workload at the top of an object's chain of owners, as far as it was observed; else the object itself."""
        for _ in range(4):
            thing = self.things.get(ref)
            owner = thing.owner() if thing else None
            if owner is None or owner.kind not in CONTROLLERS:
                return ref
            if owner not in self.things:
                return self._beyond(owner) or ref
            ref = owner
        return ref

    def _beyond(self, owner: Ref) -> Ref | None:
        """What owns an owner that was not observed: a ReplicaSet and a scheduled Job begin with their owner's name."""
        kind = {"ReplicaSet": "Deployment", "Job": "CronJob"}.get(owner.kind, "")
        found = Ref(kind, owner.namespace, owner.name.rpartition("-")[0])
        return found if found in self.things else None

    @cached_property
    def workloads(self) -> dict[Ref, Workload]:
        """Every workload that has no owner among the workloads, with its pods and revisions."""
        pods: dict[Ref, list[Pod]] = {}
        for pod in self.pods.values():
            pods.setdefault(self.top(pod.thing.ref), []).append(pod)
        revisions: dict[Ref, list[Revision]] = {}
        for thing in (thing for kind in REVISIONS for thing in self.all(kind)):
            revisions.setdefault(self.top(thing.ref), []).append(Revision.of(thing))
        found = {}
        for kind in CONTROLLERS:
            for thing in self.all(kind):
                if self.top(thing.ref) == thing.ref:
                    mine = sorted(revisions.get(thing.ref, []), key=lambda item: (-item.number, item.thing.ref))
                    found[thing.ref] = Workload(thing, tuple(pods.get(thing.ref, [])), tuple(mine))
        return dict(sorted(found.items()))

    def workload_of(self, ref: Ref) -> Workload | None:
        """The workload that an object belongs to or is."""
        return self.workloads.get(self.top(ref))

    def family(self, workload: Workload) -> tuple[Ref, ...]:
        """The workload, its revisions, Jobs and pods: all that events may speak of when they mean it."""
        jobs = [thing.ref for thing in self.all("Job", workload.ref.namespace) if self.top(thing.ref) == workload.ref]
        parts = [revision.thing.ref for revision in workload.revisions] + [pod.thing.ref for pod in workload.pods]
        return tuple(dict.fromkeys([workload.ref, *jobs, *parts, *self._unseen.get(workload.ref, [])]))

    @cached_property
    def _unseen(self) -> dict[Ref, list[Ref]]:
        """Parts of workloads that only events tell of, because they were not or may not be listed."""
        found: dict[Ref, list[Ref]] = {}
        for ref in sorted(self._events_about):
            owner = self._beyond(ref) if ref not in self.things else None
            if owner is not None:
                found.setdefault(owner, []).append(ref)
        return found

    def logs_of(self, workload: Workload) -> Iterator[Log]:
        """Logs of its pods, current runs before previous ones."""
        for pod in workload.pods:
            for container in pod.containers:
                for previous in (False, True):
                    log = self.logs.get((pod.thing.ref.namespace, pod.thing.ref.name, container.name, previous))
                    if log:
                        yield log

    def selected_by(self, service: Thing) -> list[Workload]:
        """Workloads whose pod template carries the labels that a Service selects."""
        return self._selected.get(service.ref, [])

    @cached_property
    def _selected(self) -> dict[Ref, list[Workload]]:
        labelled = [
            (workload, strings(workload.template, "metadata", "labels").items())
            for workload in self.workloads.values()
            if workload.ref.kind not in ("Job", "CronJob")
        ]
        found: dict[Ref, list[Workload]] = {}
        for service in self.all("Service"):
            selector, place = strings(service.raw, "spec", "selector").items(), service.ref.namespace
            if selector:
                mine = [one for one, labels in labelled if one.ref.namespace == place and selector <= labels]
                found[service.ref] = mine
        return found

    def services_of(self, workload: Workload) -> list[Thing]:
        """Services that select a workload."""
        return self._selecting.get(workload.ref, [])

    @cached_property
    def _selecting(self) -> dict[Ref, list[Thing]]:
        found: dict[Ref, list[Thing]] = {}
        for ref, selected in self._selected.items():
            for workload in selected:
                found.setdefault(workload.ref, []).append(self.things[ref])
        return found

    def slices_of(self, service: Thing) -> list[Thing]:
        """EndpointSlices of a Service."""
        return self._slices.get(service.ref, [])

    @cached_property
    def _slices(self) -> dict[Ref, list[Thing]]:
        found: dict[Ref, list[Thing]] = {}
        for thing in self.all("EndpointSlice"):
            service = Ref("Service", thing.ref.namespace, thing.labels.get(SERVICE_NAME, ""))
            found.setdefault(service, []).append(thing)
        return found

    def listed(self, resource: str, namespace: str) -> Observation | None:
        """The answer to the list of a kind, whole or with any selector left out."""
        return self.snapshot.answer(listing(resource, namespace))

    def complete(self, resource: str, namespace: str) -> bool:
        """Whether a kind was listed to the end, so that what is not there does not exist."""
        return self.whole(listing(resource, namespace))

    def whole(self, query: Query) -> bool:
        """Whether a query was answered to the end."""
        found = self.snapshot.answer(query)
        return found is not None and found.result is Result.OK and not found.truncated

    def made(self, query: Query) -> bool:
        """Whether a query was made."""
        return self.snapshot.answer(query) is not None


def _things(observation: Observation) -> Iterable[Thing]:
    for raw in observation.items():
        thing = thing_of(raw, observation.query.resource, observation.id)
        if thing is not None:
            yield thing
