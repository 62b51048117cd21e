"""Gives each tenant its reader, and the reader and the gateway their bindings in the tenant's namespaces."""

from typing import Any

import structlog

from casebook.api.meta import MANAGED_BY, MANAGED_BY_LABEL, ROLE_LABEL
from casebook.api.names import PLATFORM_TENANT, reader_name
from casebook.cluster.errors import NotFound
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.controller import manifests
from casebook.controller.tenancy import GATEWAY_BINDING, READER_BINDING, bindings, plan_bindings, plan_readers
from casebook.controller.world import World

BINDINGS = "rolebindings.rbac.authorization.k8s.io"
ACCOUNTS = "serviceaccounts"

log = structlog.get_logger(__name__)


class Access:
    """Keeps accounts and bindings as the tenants are. Every method raises `ClusterError`."""

    def __init__(self, world: World, reader: Reader, writer: Writer) -> None:
        self._world = world
        self._reader = reader
        self._writer = writer
        self._bound: dict[str, str] = {}
        self._accounts: set[str] = set()

    async def ensure(self, tenant: str) -> None:
        """The tenant's reader and all of its bindings are there, as far as was not seen already."""
        if tenant == PLATFORM_TENANT:
            return
        name = reader_name(tenant)
        if name not in self._accounts:
            await self._make_account(name, tenant)
        for namespace in sorted(self._world.tenants.spaces.get(tenant, ())):
            if self._bound.get(namespace) != tenant:
                await self.bind(namespace)

    async def bind(self, namespace: str) -> None:
        """The bindings of one namespace say what they should: whatever is wrong goes before what is right comes."""
        self._bound.pop(namespace, None)
        view, domain = self._world.namespaces.get(namespace), self._world.domain
        if view is None or view.deleting or namespace in (domain.operator, domain.runs):
            return
        tenant = domain.tenant(view)
        found = {name: await self._find(namespace, name) for name in (READER_BINDING, GATEWAY_BINDING)}
        plan = plan_bindings(bindings(tenant, domain), found)
        for name, uid in plan.remove:
            await self._writer.delete(BINDINGS, name, namespace, uid=uid)
            log.info("removed a binding", namespace=namespace, binding=name)
        for binding in plan.add:
            await self._writer.create(BINDINGS, manifests.role_binding(binding, namespace))
            log.info("made a binding", namespace=namespace, binding=binding.name, tenant=tenant)
        # The tenant may have changed while this went on; then the change has woken this namespace again.
        if tenant is not None:
            self._bound[namespace] = tenant

    async def readers(self) -> None:
        """There is an account for each tenant that has a namespace, and none besides."""
        runs = self._world.domain.runs
        labels = f"{MANAGED_BY_LABEL}={MANAGED_BY},{ROLE_LABEL}={manifests.READER_ROLE}"
        page = await self._reader.list(ACCOUNTS, runs, labels=labels)
        found = {item["metadata"]["name"]: item["metadata"]["uid"] for item in page.items}
        add, remove = plan_readers(self._world.tenants, found)
        wanted = self._world.tenants.readers()
        self._accounts = set(found) & set(wanted)
        for name in add:
            await self._make_account(name, wanted[name])
        for name in remove:
            await self._writer.delete(ACCOUNTS, name, runs, uid=found[name])
            log.info("removed a reader", account=name)

    async def _make_account(self, name: str, tenant: str) -> None:
        await self._writer.create(ACCOUNTS, manifests.reader(name, tenant, self._world.domain.runs))
        self._accounts.add(name)

    async def _find(self, namespace: str, name: str) -> dict[str, Any] | None:
        try:
            return await self._reader.get(BINDINGS, name, namespace)
        except NotFound:
            return None
