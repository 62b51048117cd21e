"""Nothing of one tenant in anything of another (I8), and no planted credential anywhere (I9)."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from support.cluster import deployment, investigation
from support.tools import output
from support.waiting import condition, finished, until

INVESTIGATIONS = "investigations.casebook.dev"


@pytest.fixture
async def neighbour(writer: Writer) -> AsyncIterator[tuple[str, str]]:
    """Another tenant whose pods say a canary in their logs, names and annotations; its namespace and the canary."""
    name, canary = f"test-n-{uuid4().hex[:8]}", f"canary{uuid4().hex[:12]}"
    await writer.create("namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    workload = deployment(name, f"db-{canary}", f"echo ERROR {canary}; exit 1")
    workload["metadata"]["annotations"] = {"note": canary}
    await writer.create("deployments.apps", workload)
    yield name, canary
    await writer.delete("namespaces", name)


def everything_of(namespace: str) -> str:
    return output("kubectl", "-n", namespace, "get", "inv,events", "-o", "yaml")


async def test_a_target_in_another_tenant_is_refused_with_the_reason(
    installed: str, reader: Reader, writer: Writer, namespace: str, neighbour: tuple[str, str]
) -> None:
    other, canary = neighbour
    target = {"kind": "Deployment", "name": f"db-{canary}", "namespace": other}
    await writer.create(INVESTIGATIONS, investigation(namespace, "nosy", target=target))
    done = await finished(reader, namespace, "nosy")
    succeeded = condition(done, "Succeeded")
    assert succeeded["status"] == "False"
    assert "spec.target" in succeeded["message"]
    assert "report" not in done["status"]


async def test_no_byte_of_a_neighbour(
    installed: str, reader: Reader, writer: Writer, namespace: str, neighbour: tuple[str, str]
) -> None:
    other, canary = neighbour
    script = f"echo 'ERROR cannot connect to db.{other}.svc.cluster.local:5432: refused'; exit 1"
    await writer.create(
        "deployments.apps", deployment(namespace, "api", script, env=[{"name": "DB_HOST", "value": f"db.{other}"}])
    )
    question = f"why does api fail to reach db.{other}?"
    await writer.create(INVESTIGATIONS, investigation(namespace, "curious", question=question, scope="Tenant"))
    done = await finished(reader, namespace, "curious")
    assert done["status"]["report"]
    assert canary not in everything_of(namespace)


SECRETS = {
    "url": "postgres://app:s3cr3tPassw0rdOne@db:5432/app",
    "token": "ghp_" + "A1b2C3d4E5" * 4,
    "aws": "AKIA" + "IOSFODNN7EXAMPLQ",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
}


async def test_no_planted_credential_survives(installed: str, reader: Reader, writer: Writer, namespace: str) -> None:
    lines = "; ".join(f"echo 'ERROR {name} failed with {value}'" for name, value in SECRETS.items())
    env = [{"name": "DATABASE_URL", "value": SECRETS["url"]}, {"name": "API_TOKEN", "value": "plain-s3cr3t-Two"}]
    workload = deployment(namespace, "leaky", f"{lines}; exit 1", env=env)
    workload["metadata"]["annotations"] = {"note": f"password={'s3cr3t-Three'}"}
    await writer.create("deployments.apps", workload)

    async def crashed() -> bool:
        return "CrashLoopBackOff" in json.dumps((await reader.list("pods", namespace)).items)

    await until("the pod crashes", crashed)
    target = {"kind": "Deployment", "name": "leaky"}
    await writer.create(INVESTIGATIONS, investigation(namespace, "leaks", target=target))
    done = await finished(reader, namespace, "leaks")
    assert done["status"]["report"]["evidence"]

    pods = f"casebook.dev/investigation-uid={done['metadata']['uid']}"

    async def ended() -> bool:
        runs = (await reader.list("pods", "casebook-runs", labels=pods)).items
        return bool(runs) and all(pod["status"]["phase"] in ("Succeeded", "Failed") for pod in runs)

    # The report stands before the kubelet has said that its pod ended; until then there is no whole log.
    await until("the agent's pod ended", ended)
    log = output("kubectl", "-n", "casebook-runs", "logs", "-l", pods, "--tail=-1")
    assert log, "the agent's log is empty, so that it proves nothing"
    places = {
        "status": json.dumps(done["status"]),
        "agent log": log,
        "gateway log": output(
            "kubectl", "-n", installed, "logs", "-l", "app.kubernetes.io/component=gateway", "--tail=-1"
        ),
        "database": database(installed),
    }
    planted = [*SECRETS.values(), "s3cr3tPassw0rdOne", "plain-s3cr3t-Two", "s3cr3t-Three"]
    found = [(place, secret) for place, text in places.items() for secret in planted if secret in text]
    assert found == []


def database(system: str) -> str:
    """Every row, as the owner sees it past row-level security."""
    pod = ["-n", system, "exec", "casebook-postgres-0", "-c", "postgres", "--"]
    script = "PGPASSWORD=$(cat /run/secrets/casebook/owner-password) pg_dump -h 127.0.0.1 -U casebook casebook"
    dump = output("kubectl", *pod, "sh", "-c", script)
    assert "COPY" in dump, "the dump holds no rows"
    return dump
