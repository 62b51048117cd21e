"""A connection to one API server: raw JSON in and out, one mapping of errors, a time limit on every call."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from casebook.cluster.bodies import bounded
from casebook.cluster.errors import Denied, Unavailable, from_response
from casebook.cluster.lean import skip_eager_imports

skip_eager_imports("kubernetes", "kubernetes.aio")

from kubernetes.aio.client.api_client import ApiClient  # noqa: E402
from kubernetes.aio.client.configuration import Configuration  # noqa: E402
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config  # noqa: E402
from kubernetes.aio.config.kube_config import KUBE_CONFIG_DEFAULT_LOCATION, list_kube_config_contexts  # noqa: E402

JSON = "application/json"
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""A list without the content of its items (kubernetes.io, API concepts, "Metadata-only fetches")."""
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
IN_CLUSTER_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

Parameters = Sequence[tuple[str, str]]


class NotConfigured(Exception):
    """No kubeconfig, context or in-cluster account could be used; the message says what was tried."""


@dataclass(frozen=True)
class Client:
    """One API server as one identity. `server` is its URL, `default_namespace` the context's own."""

    api: ApiClient
    server: str
    default_namespace: str

    async def json(
        self,
        method: str,
        path: str,
        *,
        query: Parameters = (),
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        content_type: str = JSON,
        accept: str = JSON,
        timeout: float = 30.0,
    ) -> dict[str, Any]:
        """One call, decoded. Raises `ClusterError`; `timeout` is in seconds for the whole of it."""
        headers = {"Accept": accept, "Content-Type": content_type}
        data, _ = await self._read(self._answered(method, path, query, headers, timeout, body), timeout)
        return _decode(data)

    async def text(
        self, path: str, *, query: Parameters = (), limit: int = 1 << 20, timeout: float = 30.0
    ) -> tuple[str, bool]:
        """A plain text answer, at most `limit` bytes of it, and whether more was there. Raises `ClusterError`."""
        data, more = await self._read(self._answered("GET", path, query, {"Accept": "*/*"}, timeout), timeout, limit)
        return data.decode("utf-8", "replace"), more

    async def lines(self, path: str, *, query: Parameters = (), timeout: float) -> AsyncGenerator[dict[str, Any], None]:
        """The documents of an answer that goes on, one in each line, until the API server ends it.

        Raises `ClusterError`; `timeout` is in seconds for the whole of it.
        """
        with self._told(timeout):
            async with self._answered("GET", path, query, {"Accept": JSON}, timeout) as response:
                _check(response, b"" if response.status < 400 else await response.read())
                async for line in response.content:
                    yield _decode(line)

    async def _read(
        self, answered: AbstractAsyncContextManager[aiohttp.ClientResponse], timeout: float, limit: int | None = None
    ) -> tuple[bytes, bool]:
        with self._told(timeout):
            async with asyncio.timeout(timeout), answered as response:
                data, more = (await response.read(), False) if limit is None else await bounded(response, limit)
        _check(response, data)
        return data, more

    @contextmanager
    def _told(self, timeout: float) -> Iterator[None]:
        """Says of what goes wrong on the way what a person can use."""
        try:
            yield
        except TimeoutError as error:
            raise Unavailable(f"no answer from {self.server} within {timeout:.0f} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"cannot reach {self.server}: {error}") from error
        except ConfigException as error:
            raise Denied(f"credentials for {self.server} could not be renewed: {error}") from error

    @asynccontextmanager
    async def _answered(
        self,
        method: str,
        path: str,
        query: Parameters,
        headers: dict[str, str],
        timeout: float,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        _, url, headers, _, _ = await self.api.param_serialize(
            method, path, query_params=list(query), header_params=headers, auth_settings=["BearerToken"]
        )
        answer = await self.api.rest_client.request(
            method, url, headers=headers, body=body, _request_timeout=aiohttp.ClientTimeout(total=timeout)
        )
        async with answer.response as response:
            yield response


@asynccontextmanager
async def connect(kubeconfig: str | None = None, context: str | None = None) -> AsyncIterator[Client]:
    """A client from the named kubeconfig and context, else $KUBECONFIG or ~/.kube/config, else the pod's account.

    Raises `NotConfigured`.
    """
    configuration = Configuration()
    # Reads go side by side; the library's default of one connection per core would queue them.
    configuration.connection_pool_maxsize = 32
    namespace = await _configure(configuration, kubeconfig, context)
    api = ApiClient(configuration=configuration)
    api.user_agent = "casebook"
    try:
        yield Client(api, str(configuration.host), namespace)
    finally:
        await api.close()


async def _configure(configuration: Configuration, kubeconfig: str | None, context: str | None) -> str:
    if not kubeconfig and not context and IN_CLUSTER_NAMESPACE.exists():
        load_incluster_config(client_configuration=configuration)
        return IN_CLUSTER_NAMESPACE.read_text().strip()
    location = kubeconfig or KUBE_CONFIG_DEFAULT_LOCATION
    if not any(Path(part).expanduser().is_file() for part in location.split(os.pathsep)):
        raise NotConfigured(f"there is no kubeconfig at {location or '$KUBECONFIG'}; name one with KUBECONFIG")
    try:
        await load_kube_config(
            config_file=location, context=context, client_configuration=configuration, persist_config=False
        )
        return _context_namespace(location, context)
    except (ConfigException, yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise NotConfigured(f"no usable kubeconfig at {location}: {' '.join(str(error).split())}") from error


def _context_namespace(location: str, context: str | None) -> str:
    contexts, active = list_kube_config_contexts(config_file=location)
    chosen = next((item for item in contexts if item["name"] == context), active) or {}
    return str(chosen.get("context", {}).get("namespace") or "default")


def _check(response: aiohttp.ClientResponse, data: bytes) -> None:
    if response.status >= 400:
        raise from_response(response.status, data, response.headers.get("Retry-After"))


def _decode(data: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(data) if data else {}
    except ValueError as error:
        raise Unavailable("the API server's answer is not JSON") from error
    return decoded if isinstance(decoded, dict) else {"items": decoded}
