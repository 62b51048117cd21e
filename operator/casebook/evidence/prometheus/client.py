"""One store behind the Prometheus HTTP API: a bearer token, bounded answers, errors in words."""

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from casebook.cluster.bodies import bounded
from casebook.cluster.errors import ClusterError, Denied, Invalid, Unavailable

SECONDS = 10.0
MAX_ANSWER = 16 << 20
_PASSWORD = re.compile(r"//[^/]*@")
_MEANING: dict[int, type[ClusterError]] = {400: Invalid, 401: Denied, 403: Denied, 422: Invalid}


class BadStore(Exception):
    """The address or its credentials cannot be used; one line for a person."""


@dataclass(frozen=True)
class Store:
    """Where the store is and how to be let in: a token itself, or a file that holds one and is read for every call."""

    url: str
    token: str = ""
    token_file: Path | None = None
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        if not _usable(self.url):
            raise BadStore(f"{self.shown} is not the http(s) URL of a Prometheus, for example http://localhost:9090")
        if self.ca_file and not self.url.startswith("https:"):
            raise BadStore(f"a CA file is given, but {self.shown} is not https")

    @property
    def shown(self) -> str:
        """The URL as it may be shown: without a password."""
        return _PASSWORD.sub("//", self.url)

    def headers(self) -> dict[str, str]:
        """The authorization of a call. Raises `BadStore`."""
        token = self.token
        if self.token_file:
            try:
                token = self.token_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise BadStore(f"cannot read the token for {self.shown}: {error}") from error
        return {"Authorization": f"Bearer {token}"} if token else {}

    def trust(self) -> ssl.SSLContext | bool:
        """Whom to trust: the CA file, else what the system trusts. Raises `BadStore`."""
        if self.ca_file is None:
            return True
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise BadStore(f"cannot use the CA file {self.ca_file}: {error}") from error


def _usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    whole = parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0
    return whole and not set("?#").intersection(url)


class PrometheusClient:
    """Calls one store. Raises `ClusterError` for what it answers, `Unavailable` where it does not."""

    def __init__(self, session: aiohttp.ClientSession, store: Store, *, seconds: float = SECONDS) -> None:
        self._session = session
        self._store = store
        self._trust = store.trust()
        self._timeout = aiohttp.ClientTimeout(total=seconds)

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """`data` of the answer to a GET of `/api/v1/<path>`."""
        return await self._call("GET", path, params=query)

    async def post(self, path: str, form: Mapping[str, str]) -> Any:
        """`data` of the answer to a form posted to `/api/v1/<path>`; expressions are too long for a URL."""
        return await self._call("POST", path, data=form)

    async def _call(self, method: str, path: str, **content: Any) -> Any:
        url = f"{self._store.url.rstrip('/')}/api/v1/{path}"
        try:
            async with self._session.request(
                method,
                url,
                headers=self._store.headers(),
                allow_redirects=False,
                ssl=self._trust,
                timeout=self._timeout,
                **content,
            ) as response:
                body = await _read(response)
                return _data(body, response.status, self._store.shown)
        except BadStore as error:
            raise Unavailable(str(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"cannot reach {self._store.shown}: {error or type(error).__name__}") from error


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body, more = await bounded(response, MAX_ANSWER)
    if more:
        raise Unavailable(f"the store answers more than {MAX_ANSWER >> 20} MiB")
    return body


def _data(body: bytes, status: int, shown: str) -> Any:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict) and answer.get("status") == "success" and status == 200:
        return answer.get("data")
    said = answer.get("error") if isinstance(answer, dict) else None
    problem = _MEANING.get(status, Unavailable)
    raise problem(f"{shown} answers {status}: {said or 'this is not the Prometheus HTTP API'}")
