"""Who belongs to whom: namespaces to tenants, tenants to readers, and the bindings that follow. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from casebook.api.meta import EVIDENCE_READER_ROLE, GATEWAY_TENANT_ROLE
from casebook.api.names import PLATFORM_READER, PLATFORM_TENANT, reader_name, tenant_id
from casebook.controller.views import Case, JobView, NamespaceView

READER_BINDING = "casebook-evidence-reader"
GATEWAY_BINDING = "casebook-gateway"
GATEWAY_ACCOUNT = "casebook-gateway"


@dataclass(frozen=True)
class Domain:
    """What the installation reserves: its own two namespaces, and those that are nobody's."""

    operator: str
    runs: str
    excluded: frozenset[str]

    def tenant(self, namespace: NamespaceView) -> str | None:
        """The tenant of a namespace; None where there is none."""
        if namespace.name == self.operator:
            return PLATFORM_TENANT
        if namespace.name == self.runs or namespace.name in self.excluded:
            return None
        return tenant_id(namespace.name, namespace.label)


@dataclass(frozen=True)
class Tenants:
    """The tenants of a cluster at one moment."""

    of: Mapping[str, str] = field(default_factory=dict)
    created: Mapping[str, NamespaceView] = field(default_factory=dict)
    spaces: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def derive(cls, namespaces: Iterable[NamespaceView], domain: Domain) -> "Tenants":
        """From the namespaces as they are."""
        of, spaces, created = {}, defaultdict(set), {}
        for namespace in namespaces:
            created[namespace.name] = namespace
            tenant = domain.tenant(namespace)
            if tenant is not None:
                of[namespace.name] = tenant
                spaces[tenant].add(namespace.name)
        return cls(of, created, {tenant: frozenset(names) for tenant, names in spaces.items()})

    def known(self, namespace: str) -> bool:
        """Whether the namespace exists, as far as is known."""
        return namespace in self.created

    def readers(self) -> dict[str, str]:
        """The ServiceAccounts that there should be, with their tenants; the platform's comes with the installation."""
        return {reader_name(tenant): tenant for tenant in self.spaces if tenant != PLATFORM_TENANT}


@dataclass(frozen=True)
class Binding:
    """A RoleBinding of ours: a fixed name, a ClusterRole, and one ServiceAccount."""

    name: str
    role: str
    account: str
    account_namespace: str

    def stands(self, found: Mapping[str, Any]) -> bool:
        """Whether a RoleBinding of the API server says exactly this."""
        role = found.get("roleRef") or {}
        subjects = [(s.get("kind"), s.get("namespace"), s.get("name")) for s in found.get("subjects") or []]
        return (role.get("kind"), role.get("name")) == ("ClusterRole", self.role) and subjects == [
            ("ServiceAccount", self.account_namespace, self.account)
        ]


def bindings(tenant: str | None, domain: Domain) -> tuple[Binding, ...]:
    """The bindings of one namespace of this tenant. The platform's are the installation's own."""
    if tenant is None or tenant == PLATFORM_TENANT:
        return ()
    return (
        Binding(READER_BINDING, EVIDENCE_READER_ROLE, reader_name(tenant), domain.runs),
        Binding(GATEWAY_BINDING, GATEWAY_TENANT_ROLE, GATEWAY_ACCOUNT, domain.operator),
    )


@dataclass(frozen=True)
class BindingPlan:
    """What to do in one namespace: first all of `remove`, then all of `add`."""

    remove: tuple[tuple[str, str], ...] = ()
    """Name and UID of each RoleBinding to delete."""
    add: tuple[Binding, ...] = ()


def plan_bindings(wanted: tuple[Binding, ...], found: Mapping[str, Mapping[str, Any] | None]) -> BindingPlan:
    """From what should be and what is, by name (None where nothing is). Whatever has a fixed name and says anything
    else than it should is removed before anything is made, so that no moment has both."""
    by_name = {binding.name: binding for binding in wanted}
    remove, add = [], [binding for binding in wanted if found.get(binding.name) is None]
    for name, held in found.items():
        if held is None:
            continue
        binding = by_name.get(name)
        if binding is None or not binding.stands(held):
            remove.append((name, str(held["metadata"]["uid"])))
            add.extend([binding] if binding is not None else [])
    return BindingPlan(tuple(remove), tuple(sorted(add, key=lambda binding: binding.name)))


def plan_readers(tenants: Tenants, found: Iterable[str]) -> tuple[list[str], list[str]]:
    """Names of ServiceAccounts to make and to remove."""
    wanted, held = set(tenants.readers()), set(found) - {PLATFORM_READER}
    return sorted(wanted - held), sorted(held - wanted)


def scope_change(case: Case, job: JobView, tenants: Tenants) -> str:
    """Why a running attempt may not go on: "" or a sentence. What it started with stands on its Job; it must end when
    its namespace changed hands, or when any namespace left its tenant or joined it from another."""
    tenant = tenants.of.get(case.namespace)
    if tenant != job.tenant:
        return f"namespace {case.namespace} moved from tenant {job.tenant} to {tenant or 'none'}"
    if tenant == PLATFORM_TENANT:
        return ""
    now = tenants.spaces.get(tenant, frozenset())
    left = sorted(name for name in job.namespaces - now if tenants.known(name))
    if left:
        return f"namespace {left[0]} left tenant {tenant}"
    # Creation times are whole seconds: one that was made in the same second may have been another tenant's before.
    joined = sorted(name for name in now - job.namespaces if tenants.created[name].created <= job.created)
    return f"namespace {joined[0]} joined tenant {tenant}" if joined else ""
