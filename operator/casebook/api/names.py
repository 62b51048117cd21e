"""Deterministic names: tenants, readers, runs, investigations. Every write is idempotent because its name is."""

from hashlib import sha256

PLATFORM_TENANT = "platform"
PLATFORM_READER = "reader-platform"


def digest(text: str, length: int) -> str:
    """The first `length` hex digits of SHA-256 over UTF-8 (lone surrogates replaced)."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:length]


def tenant_id(namespace: str, label: str | None) -> str:
    """`label:<value>` for a namespace that carries the tenant label, `ns:<name>` for one that does not."""
    return f"label:{label}" if label else f"ns:{namespace}"


def reader_name(tenant: str) -> str:
    """The ServiceAccount in the runs namespace that reads for a tenant."""
    return PLATFORM_READER if tenant == PLATFORM_TENANT else f"reader-{digest(tenant, 16)}"


def run_name(uid: str, attempt: int) -> str:
    """The Job of one attempt of the investigation with this UID."""
    return f"run-{uid.replace('-', '')[:12]}-{attempt}"


def group_hash(receiver: str, group_key: str, namespace: str) -> str:
    """Identity of an alert group within a namespace: 20 hex digits, unambiguous between its three parts."""
    return digest(f"{len(receiver)}:{receiver}|{len(group_key)}:{group_key}|{namespace}", 20)


def episode_name(group: str, episode: int) -> str:
    """The Investigation of one episode of an alert group."""
    return f"inv-{group}-{episode}"


def placed(namespace: str, name: str, home: str) -> str:
    """How an object in `home` names one of a known kind: its name alone, or `namespace/name` where it is elsewhere."""
    return name if namespace == home else f"{namespace}/{name}"


def unplaced(text: str, home: str) -> tuple[str, str]:
    """Namespace and name of what an object in `home` names so: the reverse of `placed`."""
    namespace, slash, name = text.rpartition("/")
    return (namespace if slash else home), name


def correction_name(uid: str, feedback_id: str) -> str:
    """The Memory that is made of one feedback entry of the investigation with this UID."""
    return f"correction-{digest(f'{uid}/{feedback_id}', 16)}"
