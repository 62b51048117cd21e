import json

from bench.emptyjob import job
from bench.installation import Installation
from bench.measures.workloads import BROKEN, COUNT, manifests
from bench.sending import Load
from bench.sending import manifests as sending_manifests

INSTALLED = Installation("casebook:dev", "casebook-runs", {"limits": {"memory": "256Mi"}}, "alertmanager", "token")


def test_one_workload_of_fifty_is_broken() -> None:
    items = json.loads(manifests("casebook:dev"))["items"]
    deployments = [item for item in items if item["kind"] == "Deployment"]
    commands = {
        d["metadata"]["name"]: d["spec"]["template"]["spec"]["containers"][0]["command"][-1] for d in deployments
    }
    assert len(deployments) == COUNT
    assert [name for name, command in commands.items() if "exit 1" in command] == [BROKEN]


def test_the_empty_job_has_the_image_and_resources_of_an_agent() -> None:
    container = job("floor", "bench", INSTALLED.image, INSTALLED.agent_resources)["spec"]["template"]["spec"][
        "containers"
    ][0]
    assert (container["image"], container["resources"]) == ("casebook:dev", {"limits": {"memory": "256Mi"}})


def test_the_load_is_offered_at_one_rate_whatever_its_size() -> None:
    assert Load(INSTALLED, 5000).seconds == 60
    assert Load(INSTALLED, 500).seconds == 6


def test_the_token_is_in_a_secret_and_nowhere_else() -> None:
    items = sending_manifests("bench", Load(INSTALLED, 10))["items"]
    holders = [item["kind"] for item in items if "token" in json.dumps(item.get("stringData", {}))]
    plain = json.dumps([item for item in items if item["kind"] != "Secret"])
    assert holders == ["Secret"]
    assert '"value": "token"' not in plain
