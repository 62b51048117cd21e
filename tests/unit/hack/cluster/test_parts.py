"""The parts that `up` and `hack/image` are put together from."""

import subprocess
from pathlib import Path

import pytest
import yaml

from clusterkit import apt, versions
from clusterkit.binaries import EVERYWHERE, MODULES, NODE, inputs
from clusterkit.errors import ClusterError
from clusterkit.home import go_constant, storage_manifest
from clusterkit.images import IMAGES, NAMES, Builder
from clusterkit.kind import MANIFESTS, SERVICES
from clusterkit.settings import Settings

from .conftest import FakeMachine

ROOT = Path(__file__).parents[4]
KIND_SOURCE = """
const storageHelperImage = "example/helper:v1"
const defaultStorageManifest = `
image: ` + storageHelperImage + `
`
"""


def test_every_command_is_pinned_with_checksums() -> None:
    for command in (*EVERYWHERE, *NODE):
        pinned = (MODULES / command.module / "go.mod").read_text()
        assert (MODULES / command.module / "go.sum").stat().st_size > 0
        if not command.package.startswith("."):
            assert f"tool {command.package}\n" in pinned or f"\t{command.package}\n" in pinned


def test_kubernetes_is_one_version_everywhere() -> None:
    pinned = (MODULES / "kubernetes" / "go.mod").read_text()
    assert f"k8s.io/kubernetes {versions.KUBERNETES}" in pinned
    assert versions.STOCK_NODE.startswith(f"kindest/node:{versions.KUBERNETES.rpartition('.')[0]}.")
    assert "@sha256:" in versions.STOCK_NODE


def test_commands_differ_in_their_inputs() -> None:
    assert len({inputs(command) for command in (*EVERYWHERE, *NODE)}) == len((*EVERYWHERE, *NODE))


def test_the_storage_manifest_comes_from_kinds_source() -> None:
    assert storage_manifest(KIND_SOURCE) == "\nimage: example/helper:v1\n"
    with pytest.raises(ClusterError, match="no constant storageProvisionerImage any more"):
        go_constant(KIND_SOURCE, "storageProvisionerImage")
    with pytest.raises(ClusterError, match="no default storage manifest any more"):
        storage_manifest("package nodeimage")


def test_the_guarded_addresses_are_the_clusters() -> None:
    config = yaml.safe_load((MANIFESTS / "kind.yaml").read_text())
    assert config["networking"]["serviceSubnet"] == SERVICES
    assert config["featureGates"] == {"MutatingAdmissionPolicy": True}


def test_metrics_server_is_a_complete_manifest() -> None:
    kinds = [each["kind"] for each in yaml.safe_load_all((MANIFESTS / "metrics-server.yaml").read_text())]
    assert kinds.count("Deployment") == kinds.count("Service") == kinds.count("APIService") == 1


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("Debian main http://mirror.example/debian/ bookworm", "http://mirror.example/debian/"),
        (
            "Debian main http://a.example/ trixie-security\nDebian main http://mirror.example/debian/ trixie",
            "http://mirror.example/debian/",
        ),
        ("Other main http://other.example/ bookworm\nDebian main http://b.example/ bookworm", "http://b.example/"),
    ],
)
def test_the_mirror_is_the_machines_own(machine: FakeMachine, tmp_path: Path, targets: str, expected: str) -> None:
    assert apt.mirror(_with_apt(machine, tmp_path, targets)) == expected


def test_a_machine_without_a_debian_mirror_is_told_so(machine: FakeMachine, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="names no mirror of Debian"):
        apt.mirror(_with_apt(machine, tmp_path, "Other main http://other.example/ bookworm"))


def _with_apt(machine: FakeMachine, tmp_path: Path, targets: str):
    (tmp_path / "targets").write_text(targets + "\n")
    fake = tmp_path / "apt-get"
    fake.write_text(f"#!/bin/sh\ncat {tmp_path / 'targets'}\n")
    fake.chmod(0o755)
    return machine.shell().with_env(PATH=f"{tmp_path}:/usr/bin:/bin")


def test_settings_keep_everything_outside_the_checkout() -> None:
    assert Settings.of({"HOME": "/home/a"}).root == Path("/home/a/.cache/casebook")
    named = Settings.of({"XDG_CACHE_HOME": "/cache", "CASEBOOK_CLUSTER_NAME": "two", "YES": "0"})
    assert named.kubeconfig == Path("/cache/casebook/clusters/two/kubeconfig")
    assert not named.yes
    assert "DOCKER_HOST" not in named.environment({"PATH": "/bin"}, own_engine=False)
    own = named.environment({"PATH": "/bin"}, own_engine=True)
    assert own["DOCKER_HOST"] == "unix:///cache/casebook/engine/docker.sock"
    assert own["PATH"].startswith("/cache/casebook/bin:")


def test_images_come_from_the_registry_where_one_answers(machine: FakeMachine) -> None:
    machine.set("engine", "28.1")
    machine.set("registry")
    tags = Builder(machine.cluster(), machine.progress).build(("casebook-prometheus", "casebook"))
    assert tags == ["casebook:dev", "casebook-prometheus:dev"]
    assert f"docker tag {versions.PROMETHEUS} casebook-prometheus:dev" in machine.calls("docker")
    builds = [call for call in machine.calls("docker") if call.startswith("docker build")]
    assert len(builds) == 1
    assert "--target casebook" in builds[0]


def test_images_are_built_on_the_stand_in_where_none_answers(machine: FakeMachine) -> None:
    machine.set("engine", "28.1")
    machine.set("images", f"{versions.PYTHON_BASE} python\n")
    Builder(machine.cluster(), machine.progress).build(("casebook-prometheus",))
    builds = [call for call in machine.calls("docker") if call.startswith("docker build")]
    assert len(builds) == 1
    assert f"--build-arg BASE={versions.PYTHON_BASE}" in builds[0]
    assert not any(call.startswith("docker pull") for call in machine.calls("docker"))


def test_every_image_has_its_dockerfile() -> None:
    for image in IMAGES:
        assert (image.context / "Dockerfile").is_file(), image.name


@pytest.mark.parametrize("script", ["cluster", "image"])
def test_the_commands_explain_themselves(script: str) -> None:
    done = subprocess.run([ROOT / "hack" / script, "--help"], capture_output=True, text=True, check=True)
    assert "Usage:" in done.stdout


def test_an_unknown_image_is_a_usage_error_that_names_the_known_ones() -> None:
    done = subprocess.run([ROOT / "hack" / "image", "build", "nginx"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert all(name in done.stderr for name in NAMES)
