"""Symptoms: deviations seen on entities, each since a time and with what it was seen in."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from casebook.analysis.access import count, dig, listed, moment, text
from casebook.analysis.backlog import backlogs
from casebook.analysis.budgets import held_up
from casebook.analysis.changes import edited
from casebook.analysis.errors import errors_of
from casebook.analysis.evictions import evictions
from casebook.analysis.graph import Graph
from casebook.analysis.scaling import scaling
from casebook.analysis.services import ready_endpoints, routes
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Ref, Thing
from casebook.analysis.unending import suspended, unending
from casebook.analysis.workloads import Container, Pod, Workload, cite_condition, condition
from casebook.analysis.world import World

IMAGE_REASONS = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
CREATE_REASONS = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"}
START_REASONS = {"StartError", "ContainerCannotRun"}
SETTLING = timedelta(seconds=15)
INITIALISING = timedelta(seconds=60)
"""An init container that runs longer waits for something."""


def symptoms(world: World, graph: Graph) -> tuple[Symptom, ...]:
    """Every deviation that the world shows, sorted by entity and sign."""
    found: dict[tuple[Ref, Sign, frozenset[Ref]], Symptom] = {}
    for symptom in _all(world, graph):
        key = (symptom.entity, symptom.sign, symptom.peers)
        found[key] = found[key].joined(symptom) if key in found else symptom
    return tuple(sorted(found.values(), key=lambda item: (item.entity, item.sign, sorted(item.peers))))


def _all(world: World, graph: Graph) -> Iterator[Symptom]:
    for workload in world.workloads.values():
        for pod in workload.live:
            yield from _pod(world, workload, pod)
        yield from _workload(world, workload)
        yield from errors_of(world, workload, graph)
        yield from _backlog(world, workload)
    for service in world.all("Service"):
        yield from _service(world, service)
    for ingress in world.all("Ingress"):
        yield from _ingress(world, ingress)
    for claim in world.all("PersistentVolumeClaim"):
        yield from _claim(world, claim)
    for node in world.all("Node"):
        yield from _node(node)
    for scaler in world.all("HorizontalPodAutoscaler"):
        yield from _scaler(scaler)
    for api in world.all("APIService"):
        yield from _api(api)
    for item in evictions(world):
        yield Symptom(item.workload, Sign.EVICTED, "its pods are evicted", item.at, (item.cite(),))
    for held in held_up(world):
        cites = (held.budget.cite("status", "disruptionsAllowed"),)
        said = f"lets none of its pods be evicted from Node/{held.node.ref.name}"
        yield Symptom(held.budget.ref, Sign.DRAIN, said, held.since, cites)
    yield from unending(world)


def _pod(world: World, workload: Workload, pod: Pod) -> Iterator[Symptom]:
    since = pod.thing.created
    scheduled = pod.condition("PodScheduled")
    if text(scheduled, "status") == "False":
        cites = (pod.cite_condition("PodScheduled"),)
        yield Symptom(workload.ref, Sign.PENDING, "cannot be scheduled", since, cites)
    elif pod.overlooked and since is not None and world.now - since >= SETTLING:
        yield Symptom(
            workload.ref, Sign.PENDING, "waits, and no scheduler looks at it", since, (pod.thing.cite("status"),)
        )
    elif on_unknown_node(world, pod):
        said = f"waits on node {pod.node}, which does not exist"
        yield Symptom(workload.ref, Sign.PENDING, said, since, (pod.thing.cite("spec", "nodeName"),))
    for container in pod.containers:
        yield from _container(world, workload, container)
    yield from _unready(world, workload, pod)
    mounts = [event for event in world.about(pod.thing.ref) if event.reason in ("FailedMount", "FailedAttachVolume")]
    if mounts and pod.phase == "Pending" and not pod.mounted:
        yield Symptom(workload.ref, Sign.MOUNT, "cannot mount a volume", mounts[0].first, (mounts[-1].cite(),))


def on_unknown_node(world: World, pod: Pod) -> bool:
    """Whether it waits for the kubelet of a node that does not exist, where the nodes could be seen.

    A scheduler chooses nodes that are there, and says that it chose: what it placed may be on a node that came later.
    """
    if pod.phase != "Pending" or not pod.node or pod.condition("PodScheduled"):
        return False
    seen = {node.ref.name for node in world.all("Node")}
    return bool(seen) and world.complete("nodes", "") and pod.node not in seen


def _container(world: World, workload: Workload, container: Container) -> Iterator[Symptom]:
    cites, since = (container.cite_state(),), container.pod.created
    if container.waiting in IMAGE_REASONS:
        yield Symptom(workload.ref, Sign.IMAGE, f"cannot pull its image ({container.waiting})", since, cites)
    elif container.waiting in CREATE_REASONS or text(container.ended, "reason") in START_REASONS:
        reason = container.waiting or text(container.ended, "reason")
        yield Symptom(workload.ref, Sign.CREATE, f"container {container.name} cannot start ({reason})", since, cites)
    elif _crashing(world, container):
        yield from _crash(workload, container)
    elif container.init and not container.sidecar and runs_on(world, container):
        said = f"init container {container.name} of pod {container.pod.ref.name} runs and does not end"
        yield Symptom(workload.ref, Sign.NOT_READY, said, container.running_since, cites)


def runs_on(world: World, container: Container) -> bool:
    """Whether an init container has run for so long that it waits for something."""
    return container.running_since is not None and world.now - container.running_since > INITIALISING


def _crashing(world: World, container: Container) -> bool:
    if container.waiting == "CrashLoopBackOff":
        return True
    if container.init and not container.sidecar:
        return bool(container.exit_code) and text(container.status, "state", "terminated", "reason") != "Completed"
    ended = bool(dig(container.status, "state", "terminated"))
    if ended:
        return container.exit_code != 0 or text(container.pod.raw, "spec", "restartPolicy") in ("", "Always")
    return container.restarts > 0 and bool(container.ended) and not container.steady(world.now)


def _crash(workload: Workload, container: Container) -> Iterator[Symptom]:
    killed = text(container.ended, "reason") == "OOMKilled"
    sign = Sign.KILLED if killed else Sign.CRASH
    how = "is killed for its memory" if killed else f"ends with exit code {container.exit_code}"
    began = moment(container.ended, "startedAt") or container.pod.created
    said = f"container {container.name} {how} (restarts {container.restarts})"
    yield Symptom(workload.ref, sign, said, _earliest(began, container), (container.cite_ended(),))


def _earliest(began: datetime | None, container: Container) -> datetime | None:
    """One restart shows when it first fell; of more only the start of the pod is known."""
    return began if container.restarts <= 1 else container.pod.created or began


def _unready(world: World, workload: Workload, pod: Pod) -> Iterator[Symptom]:
    ready = pod.condition("Ready")
    main = [container for container in pod.containers if not container.init]
    if pod.ready or not workload.serves or not main or not all(container.is_running for container in main):
        return
    since = moment(ready, "lastTransitionTime")
    if since is not None and world.now - since < SETTLING:
        return
    probes = [event for event in world.about(pod.thing.ref) if event.reason == "Unhealthy"]
    cites = (pod.cite_condition("Ready"), *(event.cite() for event in probes[-1:]))
    yield Symptom(workload.ref, Sign.NOT_READY, f"pod {pod.thing.ref.name} runs but is not ready", since, cites)


def _workload(world: World, workload: Workload) -> Iterator[Symptom]:
    if workload.desired == 0 and workload.ref.kind in ("Deployment", "StatefulSet"):
        scaled = scaling(world, workload)
        if scaled.at and scaled.at >= world.begin:
            cites = (workload.thing.cite("spec", "replicas"),)
            yield Symptom(workload.ref, Sign.NO_PODS, "has no replicas", scaled.at, cites)
        return
    refused = [event for event in world.about(*world.family(workload)) if event.reason == "FailedCreate"]
    if refused and lacks_pods(workload):
        yield Symptom(
            workload.ref, Sign.REFUSED, "its pods are refused on creation", refused[0].first, (refused[-1].cite(),)
        )
    progress = condition(workload.thing, "Progressing")
    if text(progress, "reason") == "ProgressDeadlineExceeded":
        cites = (cite_condition(workload.thing, "Progressing"),)
        since = moment(progress, "lastTransitionTime")
        yield Symptom(workload.ref, Sign.ROLLOUT, "its rollout does not go on", since, cites)
    if workload.ref.kind in ("CronJob", "Job") and suspended(workload.thing):
        edit = edited(workload.thing, "spec", "suspend")
        cites = (workload.thing.cite("spec", "suspend"),)
        yield Symptom(workload.ref, Sign.SUSPENDED, "is suspended", edit.at if edit else None, cites)
    for job in _jobs(world, workload):
        failed = condition(job, "Failed")
        at = moment(failed, "lastTransitionTime")
        if text(failed, "status") == "True" and (at is None or at >= world.begin):
            yield Symptom(workload.ref, Sign.JOB_FAILED, "a Job failed", at, (cite_condition(job, "Failed"),))


def _backlog(world: World, workload: Workload) -> Iterator[Symptom]:
    for item in backlogs(world, workload):
        said = f"what waits there grows: {item.was} -> {item.now}"
        yield Symptom(workload.ref, Sign.BACKLOG, said, item.first.at, (item.log.cite(item.first, item.last),))


def _ingress(world: World, ingress: Thing) -> Iterator[Symptom]:
    for route in routes(world, ingress):
        if route.wrong:
            since = ingress.created
            yield Symptom(ingress.ref, Sign.NO_ROUTE, route.wrong, since, (ingress.cite("spec", "rules"),))


def lacks_pods(workload: Workload) -> bool:
    """Whether it has fewer pods than wanted, or its newest revision has none although it wants some."""
    if len(workload.live) < workload.desired:
        return True
    newest = workload.revisions[0] if workload.revisions else None
    return newest is not None and count(newest.thing.raw, "spec", "replicas") > len(workload.pods_of(newest))


def _jobs(world: World, workload: Workload) -> list[Thing]:
    return [world.things[ref] for ref in world.family(workload) if ref.kind == "Job" and ref in world.things]


def _service(world: World, service: Thing) -> Iterator[Symptom]:
    if not dig(service.raw, "spec", "selector") or text(service.raw, "spec", "type") == "ExternalName":
        return
    if not world.complete("endpointslices.discovery.k8s.io", service.ref.namespace):
        return
    slices, ready = ready_endpoints(world, service)
    if ready:
        return
    behind = world.selected_by(service)
    if behind and all(workload.desired == 0 and not _lately(world, workload) for workload in behind):
        return
    cite = slices[0].cite("endpoints") if slices else service.say("no EndpointSlice with ready endpoints")
    yield Symptom(service.ref, Sign.NO_ENDPOINTS, "has no ready endpoints", None, (cite,))


def _lately(world: World, workload: Workload) -> bool:
    at = scaling(world, workload).at
    return at is not None and at >= world.begin


def _claim(world: World, claim: Thing) -> Iterator[Symptom]:
    if text(claim.raw, "status", "phase") != "Pending":
        return
    waits = [event for event in world.about(claim.ref) if event.reason != "WaitForFirstConsumer"]
    used = any(
        text(volume, "persistentVolumeClaim", "claimName") == claim.ref.name
        for pod in world.pods.values()
        if pod.thing.ref.namespace == claim.ref.namespace
        for volume in listed(pod.thing.raw, "spec", "volumes")
    )
    if waits or used:
        cites = (claim.cite("status", "phase"), *(event.cite() for event in waits[-1:]))
        yield Symptom(claim.ref, Sign.CLAIM, "is not bound", claim.created, cites)


def _node(node: Thing) -> Iterator[Symptom]:
    for kind, good in (
        ("Ready", "True"),
        ("DiskPressure", "False"),
        ("MemoryPressure", "False"),
        ("PIDPressure", "False"),
    ):
        found = condition(node, kind)
        if found and text(found, "status") != good:
            since = moment(found, "lastTransitionTime")
            yield Symptom(
                node.ref,
                Sign.NODE,
                f"condition {kind} is {text(found, 'status')}",
                since,
                (cite_condition(node, kind),),
            )


def _api(api: Thing) -> Iterator[Symptom]:
    found = condition(api, "Available")
    if text(found, "status") == "False":
        since = moment(found, "lastTransitionTime")
        yield Symptom(api.ref, Sign.UNSERVED, "is not available", since, (cite_condition(api, "Available"),))


def _scaler(scaler: Thing) -> Iterator[Symptom]:
    limited, active = condition(scaler, "ScalingLimited"), condition(scaler, "ScalingActive")
    if text(limited, "reason") == "TooManyReplicas" and text(limited, "status") == "True":
        since = moment(limited, "lastTransitionTime")
        yield Symptom(scaler.ref, Sign.SCALER, "is at its maximum", since, (cite_condition(scaler, "ScalingLimited"),))
    if text(active, "status") == "False" and text(active, "reason") != "ScalingDisabled":
        since = moment(active, "lastTransitionTime")
        yield Symptom(scaler.ref, Sign.SCALER, "cannot scale", since, (cite_condition(scaler, "ScalingActive"),))
    able = condition(scaler, "AbleToScale")
    if text(able, "status") == "False":
        since = moment(able, "lastTransitionTime")
        yield Symptom(scaler.ref, Sign.SCALER, "cannot scale", since, (cite_condition(scaler, "AbleToScale"),))
