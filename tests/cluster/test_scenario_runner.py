"""The scenario runner on the real cluster: a folder from elsewhere, and an interrupt."""

import asyncio
import json
import signal
import subprocess
from pathlib import Path

import yaml

from support.tools import output
from support.waiting import until

RUNNER = Path(__file__).parents[2] / "hack" / "scenarios"
LABEL = "casebook.dev/scenario-run"


def scenario(folder: Path, **parts) -> None:
    content = {
        "id": folder.name,
        "title": "A Secret that nobody made",
        "namespaces": ["main", "other"],
        "inject": [{"apply": "broken.yaml"}],
        "until": [
            {
                "kubectl": "get pods -n {ns:other} -o jsonpath={..waiting.reason}",
                "matches": "CreateContainerConfigError",
                "seconds": 180,
            }
        ],
        "trigger": {"question": "is anything wrong here?"},
        "expect": {"verdict": "NoFault"},
    }
    folder.mkdir(parents=True)
    (folder / "scenario.yaml").write_text(yaml.safe_dump(content | parts))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "alone", "namespace": "{ns:other}"},
        "spec": {
            "containers": [
                {
                    "name": "alone",
                    "image": "casebook-shop:dev",
                    "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "nobody-{ns}", "key": "a"}}}],
                }
            ]
        },
    }
    (folder / "broken.yaml").write_text(yaml.safe_dump(pod))


def namespaces(*names: str) -> list[str]:
    found = json.loads(output("kubectl", "get", "namespaces", "-l", LABEL, "-o", "json"))["items"]
    return [n["metadata"]["name"] for n in found if not names or n["metadata"]["name"] in names]


def test_a_folder_from_elsewhere_runs_and_leaves_nothing(kubeconfig: str, tmp_path: Path) -> None:
    # what is broken is in the other namespace: the one that is asked about is well
    scenario(tmp_path / "faults" / "elsewhere")
    rows = tmp_path / "rows.jsonl"
    done = subprocess.run(
        [RUNNER, "run", "--dir", tmp_path / "faults", "--out", rows], capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no-fault specificity  1/1 (100.0 %)" in done.stdout
    row = json.loads(rows.read_text())
    assert (row["outcome"], row["verdict"]) == ("right", "NoFault")
    assert len(row["namespaces"]) == 2
    assert not namespaces(*row["namespaces"].values())


def test_a_wrong_answer_is_exit_code_1(kubeconfig: str, tmp_path: Path) -> None:
    causes = [{"object": "Pod/never", "cause": "MemoryLeak"}]
    scenario(tmp_path / "faults" / "wrong", expect={"verdict": "RootCause", "causes": causes})
    done = subprocess.run([RUNNER, "run", "--dir", tmp_path / "faults"], capture_output=True, text=True, timeout=500)
    assert done.returncode == 1
    assert "missed Pod/never MemoryLeak" in done.stdout


async def test_an_interrupt_leaves_no_namespace(kubeconfig: str, tmp_path: Path) -> None:
    scenario(tmp_path / "faults" / "slow", namespaces=["main", "other", "mine"], setup=[{"sleep": 500}])
    before = set(namespaces())
    process = await asyncio.create_subprocess_exec(
        *(RUNNER, "run", "--dir", tmp_path / "faults"), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )

    async def made() -> set[str]:
        return {name for name in namespaces() if name not in before and name.endswith("-mine")}

    try:
        mine = await until("namespaces of the run", made)
        process.send_signal(signal.SIGINT)
        said, _ = await asyncio.wait_for(process.communicate(), 120)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 1
    assert b"Traceback" not in said

    async def gone() -> bool:
        return not namespaces(*mine)

    await until("the namespaces gone", gone)
