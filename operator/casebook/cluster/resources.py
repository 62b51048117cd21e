"""The resources that Casebook knows: where each is served, and the names that people use for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Resource:
    """One served resource."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The plural with its group, as `kubectl` takes it: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """Group and version as they stand in a manifest."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The URL path of the collection, of one object, or of its subresource."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        place = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return "/".join([root + place, self.plural, *([name] if name else []), *([subresource] if subresource else [])])


_CLUSTER = False

RESOURCES = (
    Resource("", "v1", "pods", "Pod", short=("po",)),
    Resource("", "v1", "services", "Service", short=("svc",)),
    Resource("", "v1", "endpoints", "Endpoints", short=("ep",)),
    Resource("", "v1", "configmaps", "ConfigMap", short=("cm",)),
    Resource("", "v1", "events", "Event", short=("ev",)),
    Resource("", "v1", "serviceaccounts", "ServiceAccount", short=("sa",)),
    Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", short=("pvc",)),
    Resource("", "v1", "resourcequotas", "ResourceQuota", short=("quota",)),
    Resource("", "v1", "limitranges", "LimitRange", short=("limits",)),
    Resource("", "v1", "replicationcontrollers", "ReplicationController", short=("rc",)),
    Resource("", "v1", "namespaces", "Namespace", _CLUSTER, ("ns",)),
    Resource("", "v1", "nodes", "Node", _CLUSTER, ("no",)),
    Resource("", "v1", "persistentvolumes", "PersistentVolume", _CLUSTER, ("pv",)),
    Resource("apps", "v1", "deployments", "Deployment", short=("deploy",)),
    Resource("apps", "v1", "replicasets", "ReplicaSet", short=("rs",)),
    Resource("apps", "v1", "controllerrevisions", "ControllerRevision"),
    Resource("apps", "v1", "statefulsets", "StatefulSet", short=("sts",)),
    Resource("apps", "v1", "daemonsets", "DaemonSet", short=("ds",)),
    Resource("batch", "v1", "jobs", "Job"),
    Resource("batch", "v1", "cronjobs", "CronJob", short=("cj",)),
    Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", short=("hpa",)),
    Resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", short=("pdb",)),
    Resource("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", short=("netpol",)),
    Resource("networking.k8s.io", "v1", "ingresses", "Ingress", short=("ing",)),
    Resource("networking.k8s.io", "v1", "ingressclasses", "IngressClass", _CLUSTER),
    Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
    Resource("events.k8s.io", "v1", "events", "Event"),
    Resource("storage.k8s.io", "v1", "storageclasses", "StorageClass", _CLUSTER, ("sc",)),
    Resource("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", _CLUSTER, ("pc",)),
    Resource("apiregistration.k8s.io", "v1", "apiservices", "APIService", _CLUSTER),
    Resource(
        "admissionregistration.k8s.io",
        "v1",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        _CLUSTER,
    ),
    Resource(
        "admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", _CLUSTER
    ),
    Resource("rbac.authorization.k8s.io", "v1", "roles", "Role"),
    Resource("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
    Resource("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", _CLUSTER),
    Resource("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", _CLUSTER),
    Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics"),
    Resource("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", _CLUSTER),
    Resource("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", _CLUSTER),
    Resource("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", _CLUSTER),
    Resource("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", _CLUSTER),
    Resource("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", _CLUSTER),
    Resource("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", _CLUSTER),
    Resource("casebook.dev", "v1alpha1", "investigations", "Investigation", short=("inv",)),
    Resource("casebook.dev", "v1alpha1", "memories", "Memory", short=("cbmem",)),
    Resource("casebook.dev", "v1alpha1", "skills", "Skill", short=("cbskill",)),
)

_BY_NAME = {resource.name: resource for resource in RESOURCES}
_BY_WORD: dict[str, Resource] = {}
for _resource in RESOURCES:
    for _word in (_resource.kind, _resource.plural, _resource.name, *_resource.short):
        _BY_WORD.setdefault(_word.lower(), _resource)


class UnknownResource(ValueError):
    """A resource that Casebook does not know."""


def locate(name: str) -> Resource:
    """The resource of this exact name, for example `deployments.apps`. Raises `UnknownResource`."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UnknownResource(f"unknown resource {name!r}; known are {', '.join(sorted(_BY_NAME))}") from None


def by_word(word: str) -> Resource:
    """The resource that a person means by a kind, plural or short name in any case. Raises `UnknownResource`."""
    try:
        return _BY_WORD[word.lower()]
    except KeyError:
        kinds = ", ".join(sorted({resource.kind for resource in RESOURCES}))
        raise UnknownResource(f"unknown kind {word!r}; known are {kinds}") from None
