"""The agent's side of the gateway's run API: one bearer token from a file, no redirects, patience with 5xx."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from casebook.agent.loop import HomeError
from casebook.cluster.bodies import bounded

SECONDS = 30.0
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 8.0
_MAX_ANSWER = 64 << 20

_MEANING = {
    401: "the gateway does not accept this pod's token",
    403: "the gateway does not know this pod as a run of an investigation",
    409: "another attempt has taken over this investigation",
    413: "the gateway finds it too large",
    422: "the gateway refuses it",
}


class Unanswered(HomeError):
    """The gateway did not answer in time, however often it was asked."""


@dataclass(frozen=True)
class GatewayClient:
    """Calls the run API. `token_file` is read for every call, because the kubelet renews it."""

    session: aiohttp.ClientSession
    url: str
    token_file: Path
    clock: Callable[[], float] = time.monotonic

    async def call(self, method: str, path: str, body: Any = None, *, until: float) -> dict[str, Any]:
        """The decoded answer, tried again on 5xx and on a broken network until the clock shows `until`.

        Raises `HomeError` with what the gateway said; `Unanswered` where the time ran out.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._once(method, path, body)
            except _AgainLater as error:
                if self.clock() + pause >= until:
                    raise Unanswered(f"{method} {path}: {error}") from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _once(self, method: str, path: str, body: Any) -> dict[str, Any]:
        try:
            headers = {"Authorization": f"Bearer {self.token_file.read_text().strip()}"}
            async with self.session.request(
                method,
                f"{self.url.rstrip('/')}{path}",
                json=body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=SECONDS),
            ) as response:
                data, more = await bounded(response, _MAX_ANSWER)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _AgainLater(f"cannot reach the gateway at {self.url}: {error or type(error).__name__}") from error
        except OSError as error:
            raise HomeError(f"cannot read the token for the gateway: {error}") from error
        if more:
            raise HomeError(f"the gateway answers more than {_MAX_ANSWER >> 20} MiB ({method} {path})")
        return _decoded(method, path, response.status, data)


class _AgainLater(Exception):
    """Worth another try."""


def _decoded(method: str, path: str, status: int, data: bytes) -> dict[str, Any]:
    is_good = 200 <= status < 300
    try:
        answer = json.loads(data) if data else {}
    except (ValueError, RecursionError) as error:
        if is_good:
            raise _AgainLater("the gateway's answer is not JSON") from error
        answer = {}
    answer = answer if isinstance(answer, dict) else {}
    if is_good:
        return answer
    said = f"{_MEANING.get(status, f'the gateway answered {status}')}: {answer.get('error') or 'no reason given'}"
    if status >= 500 or status == 429:
        raise _AgainLater(said)
    raise HomeError(f"{said} ({method} {path})")
