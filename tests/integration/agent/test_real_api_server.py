"""The laptop's whole process and the agent's reads and checks, against a real API server."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from casebook.agent.rights import TooMuchRight, check_rights
from casebook.api.observation import Result, getting, listing
from casebook.cluster.client import Client, connect
from casebook.cluster.errors import Denied
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.evidence.observer import RoutingObserver, kubernetes_sources
from support.access import Rights, acting_as
from support.prometheus import Sample, prometheus
from support.waiting import until

CANARY = "canaryZx9kQ2vL7mTw"
READ = "get,list,watch"


def deployment(namespace: str, name: str = "web", replicas: int = 0) -> dict:
    container = {
        "name": "web",
        "image": "casebook-shop:dev",
        "env": [{"name": "DB_PASSWORD", "value": CANARY}, {"name": "DB_HOST", "value": "db"}],
        "envFrom": [{"configMapRef": {"name": "app"}}],
    }
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


@pytest.fixture
async def scaled_to_zero(writer: Writer, namespace: str) -> str:
    """A namespace in which web has a Service, a ConfigMap with a credential, and no replicas."""
    place = {"namespace": namespace}
    data = {"API_TOKEN": CANARY, "app.conf": f"db.password = {CANARY}\n"}
    await writer.create(
        "configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", **place}, "data": data}
    )
    await writer.create("deployments.apps", deployment(namespace))
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    await writer.create(
        "services", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", **place}, "spec": spec}
    )
    return namespace


async def casebook(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, without blocking what else the test does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "casebook", *arguments,
        env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 240)
    return subprocess.CompletedProcess(arguments, process.returncode or 0, out.decode(), err.decode())


async def test_a_prometheus_is_asked_and_the_run_replays(scaled_to_zero: str, kubeconfig: str, tmp_path: Path) -> None:
    """The alert that fires is found by the rules, its expression asked again, what others measure left alone."""
    now, saved = datetime.now(UTC).replace(microsecond=0), tmp_path / "x.json.gz"
    samples = [
        Sample(f'failing{{namespace="{place}",deployment="web"}}', now - timedelta(seconds=15 * step), value)
        for place, value in ((scaled_to_zero, 0.7), ("elsewhere", 0.9))
        for step in range(240)
    ]
    with prometheus(tmp_path / "prometheus", samples, Failing="failing > 0.5") as url:

        async def fires() -> bool:
            answer = await asyncio.to_thread(urllib.request.urlopen, f"{url}/api/v1/alerts", timeout=5)
            return b'"firing"' in answer.read()

        await until("the alert fires", fires, 60)
        made = await casebook(
            "investigate", "deploy/web", "-n", scaled_to_zero, "-o", "json", "--save", str(saved), PROMETHEUS_URL=url
        )  # fmt: skip
    assert made.returncode == 0, made.stderr
    (web,) = [one for one in json.loads(made.stdout)["affected"] if one["object"] == "Deployment/web"]
    assert "alert Failing holds: 0.7 > 0.5" in web["note"]
    assert "elsewhere" not in made.stdout
    again = await casebook("replay", str(saved), "-o", "json", KUBECONFIG="/nowhere")
    assert again.stdout == made.stdout


async def test_an_investigation_and_its_replay(scaled_to_zero: str, kubeconfig: str, tmp_path: Path) -> None:
    saved = tmp_path / "x.json.gz"
    for output in ("json", "text", "yaml"):
        made = await casebook("investigate", "deploy/web", "-n", scaled_to_zero, "-o", output, "--save", str(saved))
        assert made.returncode == 0, made.stderr
        again = await casebook("replay", str(saved), "-o", output, KUBECONFIG="/nowhere")
        assert again.stdout == made.stdout
        assert CANARY not in made.stdout + made.stderr
    report = yaml.safe_load(made.stdout)
    assert report["verdict"] == "RootCause"
    assert (report["rootCauses"][0]["object"], report["rootCauses"][0]["cause"]) == ("Deployment/web", "ScaledToZero")
    assert report["cost"]["observations"] < 60
    assert "round 0: " in made.stderr


async def test_nothing_wrong_is_said_to_be_so(namespace: str, kubeconfig: str) -> None:
    made = await casebook("investigate", "-n", namespace, "-o", "json")
    assert made.returncode == 0
    assert json.loads(made.stdout)["verdict"] == "NoFault"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["deploy/wbe"], "did you mean Deployment/web?"),
        (["po/web-1"], 'Pod "web-1" not found in namespace'),
        (["-n", "no-such-namespace"], 'namespace "no-such-namespace" not found'),
        (["--context", "no-such-context"], "no-such-context"),
    ],
)
async def test_what_is_not_there_is_one_line_and_exit_code_1(scaled_to_zero, kubeconfig, arguments, message) -> None:
    made = await casebook("investigate", "-n", scaled_to_zero, *arguments)
    assert made.returncode == 1
    assert message in made.stderr
    assert made.stderr.count("\n") == 1
    assert made.stdout == ""


async def test_without_rights_in_the_namespace_it_says_so(
    scaled_to_zero: str, kubeconfig: str, kube_client: Client, tmp_path: Path
) -> None:
    config = await _kubeconfig_of(kube_client, scaled_to_zero, kubeconfig, tmp_path)
    made = await casebook("investigate", "-n", scaled_to_zero, "--kubeconfig", str(config))
    assert made.returncode == 1
    assert "cannot look into namespace" in made.stderr
    assert made.stderr.count("\n") == 1


async def test_with_few_rights_it_says_what_it_could_not_see(
    scaled_to_zero: str, kubeconfig: str, kube_client: Client, tmp_path: Path
) -> None:
    rights = Rights(kube_client)
    account = f"system:serviceaccount:{scaled_to_zero}:default"
    await rights.grant(account, [("", "pods", READ), ("apps", "deployments", READ)], scaled_to_zero)
    config = await _kubeconfig_of(kube_client, scaled_to_zero, kubeconfig, tmp_path)
    await until("the grant holds", lambda: _may_list_deployments(config, scaled_to_zero))
    made = await casebook("investigate", "deploy/web", "-n", scaled_to_zero, "-o", "json", "--kubeconfig", str(config))
    assert made.returncode == 0, made.stderr
    limitations = json.loads(made.stdout)["limitations"]
    # More kinds are refused than a report tells of; which ones it tells of goes with the name of the namespace.
    refused = {line.partition(" ")[0] for line in limitations if "may not be read" in line}
    assert len(refused) > 10, limitations
    assert not refused & {"pods", "deployments.apps"}, limitations


async def _may_list_deployments(config: Path, namespace: str) -> bool:
    async with connect(str(config)) as caller:
        try:
            await Reader(caller).list("deployments.apps", namespace)
        except Denied:
            return False
    return True


async def _kubeconfig_of(client: Client, namespace: str, kubeconfig: str, folder: Path) -> Path:
    """A kubeconfig with a token of the namespace's default ServiceAccount."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
    async with asyncio.timeout(60):
        while not (await Reader(client).list("serviceaccounts", namespace)).items:
            await asyncio.sleep(0.2)
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = (await client.json("POST", path, body=body))["status"]["token"]
    config = yaml.safe_load(Path(kubeconfig).read_text())
    config["users"] = [{"name": item["name"], "user": {"token": token}} for item in config["users"]]
    written = folder / "config"
    written.write_text(yaml.safe_dump(config))
    return written


async def test_reads_are_stripped_redacted_and_never_of_secrets(scaled_to_zero: str, reader: Reader) -> None:
    observer = RoutingObserver(kubernetes_sources(reader), lambda: datetime.now(UTC))
    config = await observer.observe(getting("configmaps", "app", scaled_to_zero), 0)
    workload = await observer.observe(listing("deployments.apps", scaled_to_zero), 0)
    assert CANARY not in config.model_dump_json() + workload.model_dump_json()
    assert config.data["data"]["API_TOKEN"] == "[redacted:credential]"
    managers = {entry["manager"] for entry in workload.items()[0]["metadata"]["managedFields"]}
    assert "casebook-tests" in managers
    pods = await observer.observe(listing("serviceaccounts", scaled_to_zero), 0)
    assert all("managedFields" not in item["metadata"] for item in pods.items())
    secrets = await observer.observe(listing("secrets", scaled_to_zero), 0)
    assert (secrets.result, secrets.data) == (Result.DENIED, None)
    missing = await observer.observe(getting("pods", "nope", scaled_to_zero), 0)
    assert missing.result is Result.NOT_FOUND


@pytest.mark.parametrize(
    ("rule", "excess"),
    [
        (None, None),
        (("", "secrets", "get"), "get secrets"),
        (("apps", "deployments", "patch"), "patch deployments"),
        (("", "pods/exec", "create"), "create pods/exec"),
    ],
)
async def test_an_agent_that_could_do_more_than_read_does_not_run(
    namespace: str, kubeconfig: str, kube_client: Client, rule, excess
) -> None:
    rights = Rights(kube_client)
    user = f"system:serviceaccount:{namespace}:reader"
    await rights.grant(user, [("", "pods", READ), *([rule] if rule else [])], namespace)
    async with acting_as(kubeconfig, user) as client:
        if excess is None:
            await _until_it_may(client, namespace)
            await check_rights(Writer(client, "casebook-tests"), [namespace])
            return
        async with asyncio.timeout(60):
            while not await _refused(client, namespace, excess):
                await asyncio.sleep(0.2)


async def _until_it_may(client: Client, namespace: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await Reader(client).list("pods", namespace)
            except Denied:
                await asyncio.sleep(0.2)
            else:
                return


async def _refused(client: Client, namespace: str, excess: str) -> bool:
    try:
        await check_rights(Writer(client, "casebook-tests"), [namespace])
    except TooMuchRight as error:
        return excess in str(error)
    return False
