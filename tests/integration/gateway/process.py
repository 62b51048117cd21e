"""A gateway as a process of its own, which can be killed."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import aiohttp
import yaml

from support.ports import free_port

from .conftest import Scene


class Process:
    """One `casebook gateway`."""

    def __init__(self, scene: Scene, **changes: object) -> None:
        self.port = free_port()
        config = scene.config(**changes).model_dump(mode="json", by_alias=True, exclude_none=True)
        path = scene.folder / f"gateway-{self.port}.yaml"
        path.write_text(yaml.safe_dump(config | {"listen": f"127.0.0.1:{self.port}", "queueLimitPerTenant": 0}))
        self.command = [
            sys.executable,
            "-m",
            "casebook",
            "gateway",
            "--config",
            str(path),
            "--kubeconfig",
            scene.kubeconfig,
        ]
        self.log = scene.folder / f"gateway-{self.port}.log"
        self.url = f"http://127.0.0.1:{self.port}"
        self.launch()

    def launch(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(self.command, stdout=log, stderr=log)

    async def ready(self, http: aiohttp.ClientSession) -> None:
        async with asyncio.timeout(240):
            while True:
                assert self.running.poll() is None, self.log.read_text()
                with suppress(aiohttp.ClientError):
                    async with http.get(f"{self.url}/readyz") as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.2)

    def peak_memory(self) -> int:
        status = Path(f"/proc/{self.running.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) << 10

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.running.poll() is None:
            os.kill(self.running.pid, number)
        return self.running.wait(120)
