"""A real Alertmanager on loopback, from Debian's package."""

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import yaml

from support.ports import free_port

BINARIES = ("prometheus-alertmanager", "alertmanager")
GROUP_INTERVAL = 3


@dataclass
class Alertmanager:
    """One process without peers. It groups by alert name and posts to one webhook with a bearer token."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Start the process."""
        binary = next(filter(None, map(shutil.which, BINARIES)), None)
        assert binary, "no Alertmanager here: hack/bootstrap installs it"
        arguments = [f"--config.file={self.folder / 'config.yml'}", f"--storage.path={self.folder / 'data'}"]
        arguments += [f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([binary, *arguments], stdout=log, stderr=log, cwd=self.folder)

    async def start(self) -> None:
        """Start, and wait until it is ready."""
        self.launch()
        async with asyncio.timeout(60), aiohttp.ClientSession() as http:
            while not await self._ready(http):
                assert self.process, "killed while it started"
                assert self.process.poll() is None, (self.folder / "log").read_text()
                await asyncio.sleep(0.1)

    def kill(self, *, wipe: bool = False) -> None:
        """End it as a crash would; `wipe` loses what it remembers of its notifications."""
        if self.process:
            self.process.kill()
            self.process.wait(30)
            self.process = None
        if wipe:
            shutil.rmtree(self.folder / "data", ignore_errors=True)

    async def fire(self, name: str, *targets: dict[str, str], since: datetime | None = None) -> None:
        """These alerts of one name fire, for the next hour."""
        await self._post(name, targets, since or datetime.now(UTC), timedelta(hours=1))

    async def resolve(self, name: str, *targets: dict[str, str], since: datetime) -> None:
        """They have fired since, and do not any more."""
        await self._post(name, targets, since, timedelta(0))

    async def _post(self, name: str, targets: tuple[dict[str, str], ...], since: datetime, ends: timedelta) -> None:
        times = {"startsAt": since.isoformat(), "endsAt": (datetime.now(UTC) + ends).isoformat()}
        alerts = [{"labels": {"alertname": name, **labels}, **times} for labels in targets]
        url = f"{self.url}/api/v2/alerts"
        async with aiohttp.ClientSession() as http, http.post(url, json=alerts) as response:
            assert response.status == 200, await response.text()

    async def _ready(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(f"{self.url}/-/ready") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False


@contextlib.asynccontextmanager
async def alertmanager(folder: Path, webhook: str, token: str, *, max_alerts: int = 0) -> AsyncIterator[Alertmanager]:
    """One that posts to this webhook, ended afterwards."""
    folder.mkdir()
    (folder / "token").write_text(token)
    credentials = {"type": "Bearer", "credentials_file": str(folder / "token")}
    config = {
        "route": {
            "receiver": "casebook",
            "group_by": ["alertname"],
            "group_wait": "100ms",
            "group_interval": f"{GROUP_INTERVAL}s",
            "repeat_interval": "4h",
        },
        "receivers": [
            {
                "name": "casebook",
                "webhook_configs": [
                    {
                        "url": webhook,
                        "send_resolved": True,
                        "max_alerts": max_alerts,
                        "http_config": {"authorization": credentials},
                    }
                ],
            }
        ],
    }
    (folder / "config.yml").write_text(yaml.safe_dump(config))
    process = Alertmanager(folder, free_port())
    await process.start()
    try:
        yield process
    finally:
        process.kill()
