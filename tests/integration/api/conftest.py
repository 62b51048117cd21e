"""The custom resources under a group of their own, so that neither an installation nor its policies are in the way."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import yaml

from casebook.api.base import VERSION
from casebook.cluster.client import MERGE_PATCH, Client
from casebook.cluster.errors import Invalid
from casebook.crdgen.kinds import KINDS, Kind
from casebook.crdgen.manifest import manifest
from support.tools import output

DRY = [("dryRun", "All"), ("fieldValidation", "Strict")]


@pytest.fixture(scope="session")
def group(kubeconfig: str) -> Iterator[str]:
    """A group that holds a copy of every kind, served."""
    name = f"t{uuid4().hex[:8]}.casebook-test.dev"
    copies = [_copy(kind, name) for kind in KINDS]
    output("kubectl", "apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(copies))
    names = [copy["metadata"]["name"] for copy in copies]
    output("kubectl", "wait", "--for=condition=Established", "--timeout=60s", "crd", *names)
    output("kubectl", "wait", "--for=jsonpath={.spec.group}=" + name, "--timeout=60s", "crd", *names)
    yield name
    output("kubectl", "delete", "crd", *names, "--wait=false")


def _copy(kind: Kind, group: str) -> dict[str, Any]:
    made = manifest(kind)
    made["metadata"]["name"] = f"{kind.plural}.{group}"
    made["spec"]["group"] = group
    made["spec"]["names"] = {
        key: value for key, value in made["spec"]["names"].items() if key not in ("shortNames", "categories")
    }
    return made


class Api:
    """Tries objects of one kind on the API server; nothing is stored but by `store`."""

    def __init__(self, client: Client, group: str, namespace: str, kind: Kind) -> None:
        self.kind = kind
        self._client = client
        self._api = f"{group}/{VERSION}"
        self._path = f"/apis/{self._api}/namespaces/{namespace}/{kind.plural}"

    async def create(self, spec: Any, name: str = "x") -> str:
        """What is said against an object with this spec; "" if nothing."""
        return await self._said("POST", self._path, self._body(spec, name))

    async def created(self, spec: Any) -> dict[str, Any]:
        """The object as it would be stored."""
        return await self._client.json("POST", self._path, query=DRY, body=self._body(spec, "x"))

    async def store(self, spec: Any) -> str:
        """Create it for real; its name."""
        name = f"x-{uuid4().hex[:8]}"
        await self._client.json("POST", self._path, body=self._body(spec, name))
        return name

    async def patch(self, name: str, patch: Any, subresource: str = "", *, keep: bool = False) -> str:
        """What is said against this change; kept only if asked to."""
        path = "/".join([self._path, name, *([subresource] if subresource else [])])
        return await self._said("PATCH", path, patch, keep=keep)

    def _body(self, spec: Any, name: str) -> dict[str, Any]:
        return {"apiVersion": self._api, "kind": self.kind.kind, "metadata": {"name": name}, "spec": spec}

    async def _said(self, method: str, path: str, body: Any, *, keep: bool = False) -> str:
        content = MERGE_PATCH if method == "PATCH" else "application/json"
        try:
            await self._client.json(method, path, query=[] if keep else DRY, body=body, content_type=content)
        except Invalid as error:
            return error.message
        return ""


@pytest.fixture
def api(kube_client: Client, group: str, namespace: str) -> Callable[[str], Api]:
    """The kind of this plural."""
    kinds = {kind.plural: kind for kind in KINDS}
    return lambda plural: Api(kube_client, group, namespace, kinds[plural])
