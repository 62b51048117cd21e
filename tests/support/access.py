"""People and accounts for tests: impersonation, the rights they hold, and what the API server says to them."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from casebook.cluster.client import Client, connect
from casebook.cluster.errors import ClusterError, Denied, Invalid
from casebook.cluster.resources import locate
from casebook.cluster.writer import Writer

PATIENCE = 60.0
"""Seconds that a new policy or grant may take to take hold."""

Rule = tuple[str, str, str]
"""API group, resource with its subresource, verbs separated by commas; `resource=name` limits it to a name."""


@asynccontextmanager
async def acting_as(kubeconfig: str, user: str) -> AsyncIterator[Client]:
    """A connection that acts as another user; a ServiceAccount gets its groups too."""
    async with connect(kubeconfig) as client:
        client.api.set_default_header("Impersonate-User", user)
        if user.startswith("system:serviceaccount:"):
            client.api.set_default_header("Impersonate-Group", f"system:serviceaccounts:{user.split(':')[2]}")
        yield client


class Rights:
    """Grants rights by RBAC and takes all of them back at the end."""

    def __init__(self, client: Client) -> None:
        self._writer = Writer(client, "casebook-tests")
        self._made: list[tuple[str, str, str]] = []

    async def grant(self, user: str, rules: Iterable[Rule], namespace: str = "") -> None:
        """Let the user do this in the namespace, or in all of the cluster."""
        name = f"casebook-test-{uuid4().hex[:10]}"
        roles = "roles" if namespace else "clusterroles"
        where = {"namespace": namespace} if namespace else {}
        await self._make(roles, {"metadata": {"name": name, **where}, "rules": [_rule(rule) for rule in rules]})
        binding = {
            "metadata": {"name": name, **where},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Role" if namespace else "ClusterRole",
                "name": name,
            },
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        }
        await self._make("rolebindings" if namespace else "clusterrolebindings", binding)

    async def revoke(self) -> None:
        """Take everything back."""
        for resource, name, namespace in reversed(self._made):
            await self._writer.delete(resource, name, namespace)
        self._made.clear()

    async def _make(self, plural: str, manifest: dict[str, Any]) -> None:
        resource = f"{plural}.rbac.authorization.k8s.io"
        where = locate(resource)
        await self._writer.create(resource, {"apiVersion": where.api_version, "kind": where.kind, **manifest})
        self._made.append((resource, manifest["metadata"]["name"], manifest["metadata"].get("namespace", "")))


def _rule(rule: Rule) -> dict[str, Any]:
    group, resource, verbs = rule
    resource, _, name = resource.partition("=")
    named = {"resourceNames": [name]} if name else {}
    return {"apiGroups": [group], "resources": [resource], "verbs": verbs.split(","), **named}


class Tried:
    """One request that is tried, as a dry run, until the API server's answer is the one expected."""

    def __init__(self, client: Client, method: str, path: str, body: dict[str, Any] | None, content: str) -> None:
        self._client = client
        self._request = (method, path)
        self._body = body
        self._content = content

    async def admitted(self) -> dict[str, Any]:
        """The object as it would be stored. Fails with the last refusal."""
        refusal = await self._until(lambda answer: isinstance(answer, dict))
        assert isinstance(refusal, dict), f"never admitted: {refusal}"
        return refusal

    async def denied_by(self, policy: str, saying: str = "") -> str:
        """The message of the refusal by this policy that says this. Fails where something else is said."""

        def refused(answer: dict[str, Any] | str) -> bool:
            return isinstance(answer, str) and f"'{policy}'" in answer and saying in answer

        answer = await self._until(refused)
        assert refused(answer), f"not denied by {policy}{f' saying {saying}' if saying else ''}, but: {answer}"
        return str(answer)

    async def _until(self, wanted: Any) -> dict[str, Any] | str:
        end = time.monotonic() + PATIENCE
        while True:
            answer = await self._once()
            if wanted(answer) or time.monotonic() > end:
                return answer
            await asyncio.sleep(0.3)

    async def _once(self) -> dict[str, Any] | str:
        method, path = self._request
        query = [("dryRun", "All")] + ([("fieldManager", "casebook-tests")] if method != "DELETE" else [])
        if self._content.startswith("application/apply"):
            query.append(("force", "true"))
        try:
            return await self._client.json(method, path, query=query, body=self._body, content_type=self._content)
        except (Denied, Invalid) as error:
            return error.message
        except ClusterError as error:
            return f"{type(error).__name__}: {error.message}"
