"""Knowledge that comes from Git: two owners apply their folders, Casebook writes the status, and nobody fights."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.rig import Rig
from support.skills import EXAMPLES
from support.tools import output, run
from support.waiting import condition, until

GROUP = "casebook.dev"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
MEMORY = """\
apiVersion: casebook.dev/v1alpha1
kind: Memory
metadata: {name: NAME}
spec:
  statement: Workloads whose name begins with int- serve internal customers.
  claim:
    concept:
      label: {class: internal}
      when: {matchExpressions: [{key: workload.name, operator: Prefix, values: [int-]}]}
  scope: {matchLabels: {namespace: shop}}
  state: Confirmed
"""


class Owner:
    """Somebody who applies a folder as Flux and Argo CD do, under a name of their own."""

    def __init__(self, name: str, folder: Path, kubeconfig: str, namespace: str) -> None:
        self.folder = folder / name
        self.folder.mkdir()
        self._how = ("apply", "--server-side", f"--field-manager={name}", "-n", namespace, "-f", str(self.folder))
        self._env = {"KUBECONFIG": kubeconfig}

    def applies(self) -> list[str]:
        return output("kubectl", *self._how, env=self._env).splitlines()

    def is_refused(self) -> str:
        done = run("kubectl", *self._how, env=self._env)
        assert done.returncode != 0, done.stdout
        return done.stderr


@pytest.fixture
async def place(rig: Rig) -> str:
    return await rig.namespace()


@pytest.fixture
def flux(tmp_path: Path, private_kubeconfig: str, place: str) -> Owner:
    owner = Owner("flux", tmp_path, private_kubeconfig, place)
    for path in EXAMPLES.glob("*.yaml"):
        shutil.copy(path, owner.folder)
    (owner.folder / "internal.yaml").write_text(MEMORY.replace("NAME", "internal"))
    return owner


@pytest.fixture
def argo(tmp_path: Path, private_kubeconfig: str, place: str) -> Owner:
    owner = Owner("argocd-controller", tmp_path, private_kubeconfig, place)
    (owner.folder / "others.yaml").write_text(MEMORY.replace("NAME", "others"))
    return owner


async def all_of(rig: Rig, place: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = {}
    for plural in ("memories", "skills"):
        for item in (await rig.reader.list(f"{plural}.{GROUP}", place)).items:
            found[plural, item["metadata"]["name"]] = item
    return found


async def judged(rig: Rig, place: str, number: int) -> dict[tuple[str, str], dict[str, Any]]:
    """All of them, once the status of each speaks of what is applied."""

    async def look() -> dict[tuple[str, str], dict[str, Any]] | None:
        found = await all_of(rig, place)
        told = [
            item.get("status", {}).get("observedGeneration") == item["metadata"]["generation"]
            for item in found.values()
        ]
        return found if len(found) == number and all(told) else None

    return dict(await until(f"{number} are judged", look, 120))


def specs(found: dict[tuple[str, str], dict[str, Any]]) -> str:
    return json.dumps(
        [[list(name), item["spec"], item["metadata"]["generation"]] for name, item in sorted(found.items())]
    )


async def test_two_owners_and_the_controller_do_not_fight(rig: Rig, place: str, flux: Owner, argo: Owner) -> None:
    async with rig.controller():
        assert all(line.endswith(" serverside-applied") for line in [*flux.applies(), *argo.applies()])
        first = await judged(rig, place, len(NAMES) + 2)
        for name in NAMES:
            assert condition(first["skills", name], "Valid")["status"] == "True"
            assert len(first["skills", name]["status"]["version"]) == 64
        for _ in range(2):
            flux.applies()
            argo.applies()
        again = await judged(rig, place, len(NAMES) + 2)
    assert specs(again) == specs(first)
    assert {name: item["metadata"]["resourceVersion"] for name, item in again.items()} == {
        name: item["metadata"]["resourceVersion"] for name, item in first.items()
    }
    for item in again.values():
        owned = {one["manager"]: one["fieldsV1"].keys() for one in item["metadata"]["managedFields"]}
        assert "f:spec" not in owned["casebook-controller"]
        assert all("f:status" not in fields for name, fields in owned.items() if name != "casebook-controller")


async def test_what_git_changes_is_judged_anew_and_its_version_is_that_of_the_content(
    rig: Rig, place: str, flux: Owner
) -> None:
    async with rig.controller():
        flux.applies()
        first = (await judged(rig, place, len(NAMES) + 1))["skills", "no-recent-rollout"]
        file = flux.folder / "no-recent-rollout.yaml"
        right = file.read_text()
        file.write_text(right.replace("items.exists(d,", "item.exists(d,"))
        flux.applies()
        bad = (await judged(rig, place, len(NAMES) + 1))["skills", "no-recent-rollout"]
        told = condition(bad, "Valid")
        assert (told["status"], told["reason"]) == ("False", "BadStep")
        assert told["message"].startswith("Runs skip it: step rolled-out-lately: expect: item is not known here")
        file.write_text(right)
        flux.applies()
        mended = (await judged(rig, place, len(NAMES) + 1))["skills", "no-recent-rollout"]
    assert condition(mended, "Valid")["status"] == "True"
    assert mended["status"]["version"] == first["status"]["version"] != bad["status"]["version"]


async def test_two_who_want_the_same_object_are_told_of_each_other(flux: Owner, argo: Owner) -> None:
    flux.applies()
    changed = (flux.folder / "internal.yaml").read_text().replace("internal customers", "our own people")
    (argo.folder / "others.yaml").write_text(changed)
    assert 'conflict with "flux"' in argo.is_refused()
