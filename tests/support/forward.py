"""A port of a Service on loopback, opened again whenever the pod behind it has gone."""

import asyncio
import re
import subprocess
from contextlib import suppress

from support.tools import tool_path

HOST = "127.0.0.1"


class Forward:
    """`kubectl port-forward` to a Service."""

    def __init__(self, namespace: str, service: str, port: int) -> None:
        self._command = [tool_path("kubectl"), "-n", namespace, "port-forward", f"service/{service}", f":{port}"]
        self._process: subprocess.Popen[str] | None = None
        self._url = ""

    async def url(self) -> str:
        """Where the Service is reached now; waits until one of its pods is."""
        async with asyncio.timeout(180):
            while self._process is None or self._process.poll() is not None:
                await asyncio.to_thread(self._open)
                if not self._url:
                    await asyncio.sleep(1)
        return self._url

    def _open(self) -> None:
        self.close()
        command = [*self._command, "--address", HOST]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self._process.stdout is not None
        found = re.search(rf"{re.escape(HOST)}:(\d+)", self._process.stdout.readline())
        self._url = f"http://{HOST}:{found[1]}" if found else ""
        if not found:
            self.close()

    def close(self) -> None:
        """End it; safe to repeat."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.terminate()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
