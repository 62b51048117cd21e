"""What a finding has to say to count as naming a kind of cause; the same table for every peer, read generously.

A pattern is looked for in all that a peer says of a finding: kind, summary, quoted messages. Each code that stands
beside a pattern that is found counts as named, also where the peer only quotes the kubelet or the scheduler.
"""

import re
from functools import cache

KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"oom-?killed", ("MemoryLimitTooLow", "MemoryLeak", "AdmissionWebhookMutates")),
    (r"liveness probe", ("LivenessProbeWrong",)),
    (r"readiness probe", ("ReadinessProbeWrong",)),
    (r"startup probe", ("StartupProbeWrong",)),
    (r"unauthorized|authentication required|credentials", ("ImageUnauthorized",)),
    (r"manifest unknown|image.*not found|does not exist in the registry", ("ImageNotFound",)),
    (r"no such host|cannot reach the registry", ("ImageRegistryUnreachable",)),
    (r"ErrImageNeverPull", ("ImageAbsentOnNode",)),
    (r"exec format error", ("ImageWrongArchitecture",)),
    (r"configmap.*(not found|does not exist)", ("ConfigMapMissing",)),
    (r"secret.*(not found|does not exist)", ("SecretMissing",)),
    (r"couldn't find key", ("SecretKeyMissing", "ConfigMapKeyMissing")),
    (r"run as root|runAsNonRoot", ("SecurityContextDenied",)),
    (r"executable file not found|exit code 12[67]", ("CommandInvalid",)),
    (r"exit code 0\b", ("ProcessExitsCleanly",)),
    (r"insufficient (cpu|memory)|enough allocatable", ("InsufficientResources",)),
    (r"\btaint", ("TaintNotTolerated",)),
    (r"node affinity|node selector|nodeSelector", ("NodeSelectorUnsatisfied",)),
    (r"anti-affinity", ("AffinityUnsatisfied",)),
    (r"preempted", ("Preempted",)),
    (r"persistentvolumeclaim.*not found", ("VolumeClaimMissing",)),
    (r"no persistent volumes available|unbound|is not bound", ("VolumeBindingFailed", "VolumeInUse")),
    (r"ReadWriteOncePod|already in use", ("VolumeInUse",)),
    (r"storageclass.*not found", ("StorageClassMissing",)),
    (r"FailedMount|MountVolume|type check failed", ("VolumeMountFailed",)),
    (r"exceeds the (total )?limit|evicted", ("EphemeralStorageExceeded", "VolumeFull")),
    (r"no space left", ("VolumeFull",)),
    (r"permission denied", ("VolumePermissionDenied",)),
    (r"exceeded quota", ("QuotaExceeded",)),
    (r"usage per container", ("LimitRangeDenied",)),
    (r"violates PodSecurity", ("PodSecurityDenied",)),
    (r"failed calling webhook", ("AdmissionWebhookDown",)),
    (r"webhook.*x509", ("AdmissionWebhookTLS",)),
    (r"serviceaccount.*not found", ("ServiceAccountMissing",)),
    (r"forbidden", ("RBACDenied",)),
    (r"init container", ("InitContainerFailed",)),
    (r"address already in use", ("PortConflict",)),
    (r"BackoffLimitExceeded|job.*failed", ("JobFailed",)),
    (r"DeadlineExceeded", ("JobDeadlineExceeded",)),
    (r"suspended", ("CronJobSuspended",)),
    (r"FailedGetScale", ("HPAMisconfigured",)),
    (r"TooManyReplicas", ("HPAAtMax",)),
    (r"no endpoints", ("ServiceSelectorMismatch", "EndpointsNotReady")),
    (r"ingress.*(does not exist|not found)", ("IngressMisconfigured",)),
    (r"DiskPressure", ("NodeDiskPressure",)),
    (r"MemoryPressure", ("NodeMemoryPressure",)),
    (r"NotReady\b", ("NodeNotReady",)),
)


def named(text: str) -> set[str]:
    """The cause codes that a finding counts as naming, from all that it says."""
    return {code for pattern, codes in _compiled() if pattern.search(text) for code in codes}


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), codes) for pattern, codes in KINDS)
