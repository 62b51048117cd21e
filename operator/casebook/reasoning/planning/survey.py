"""What is looked at first: a namespace, or an object that stands in none together with what rests on it."""

from casebook.analysis.things import RESOURCES, Ref
from casebook.analysis.world import World
from casebook.api.observation import Query, getting, listing

NAMESPACED = (
    "pods", "deployments.apps", "replicasets.apps", "events", "services", "endpointslices.discovery.k8s.io",
    "statefulsets.apps", "controllerrevisions.apps", "configmaps", "daemonsets.apps", "jobs.batch", "cronjobs.batch",
    "persistentvolumeclaims", "resourcequotas", "limitranges", "horizontalpodautoscalers.autoscaling",
    "poddisruptionbudgets.policy", "networkpolicies.networking.k8s.io", "ingresses.networking.k8s.io",
    "serviceaccounts",
)  # fmt: skip
CLUSTER = ("nodes", "storageclasses.storage.k8s.io", "persistentvolumes", "priorityclasses.scheduling.k8s.io")
ELSEWHERE = NAMESPACED[:9]
MAX_PLACES = 20
"""Namespaces that are asked one by one for what rests on an object, where they may not be asked all at once."""

EVENTS_PLACE = "default"
"""Where the API server keeps the events about what stands in no namespace."""

_RESTING = {
    "Node": ("pods", "spec.nodeName={name}"),
    "PersistentVolume": ("persistentvolumeclaims", ""),
    "StorageClass": ("persistentvolumeclaims", ""),
    "IngressClass": ("ingresses.networking.k8s.io", ""),
}


def survey(world: World) -> list[Query]:
    """The first queries of a run."""
    target = world.cluster_target
    if target is None:
        return [*(listing(resource, world.home) for resource in NAMESPACED), *_cluster()]
    about = f"involvedObject.kind={target.kind},involvedObject.name={target.name}"
    told = [listing("events", EVENTS_PLACE, fields=about)] if sees_events(world) else []
    warnings = [listing("events", place, fields="type=Warning") for place in _places(world)]
    return [*essential(world, target), *_cluster(), *told, *warnings]


def essential(world: World, target: Ref) -> list[Query]:
    """The queries without which nothing can be said of a cluster-scoped object: itself, and what rests on it."""
    resource, fields = _RESTING.get(target.kind, ("", ""))
    resting = [listing(resource, place, fields=fields.format(name=target.name)) for place in _places(world)]
    return [getting(RESOURCES[target.kind], target.name), *(resting if resource else [])]


def sees_events(world: World) -> bool:
    """Whether the run may look where the events about cluster-scoped objects are."""
    scene = world.snapshot.run.scene
    return scene.platform or EVENTS_PLACE in scene.namespaces


def _places(world: World) -> list[str]:
    scene = world.snapshot.run.scene
    return [""] if scene.platform else scene.namespaces[:MAX_PLACES]


def _cluster() -> list[Query]:
    return [listing(resource) for resource in CLUSTER]
