"""`up` and `down` from end to end over fake commands: which path is taken, what is said, what is done twice."""

from pathlib import Path

import pytest

from clusterkit import versions
from clusterkit.errors import ClusterError
from clusterkit.home import digest

from .conftest import FakeMachine


def test_an_engine_and_a_registry_make_a_stock_cluster(machine: FakeMachine) -> None:
    machine.set("engine", "28.1")
    machine.set("registry")
    machine.cluster().up()
    assert any(f"--image {versions.STOCK_NODE}" in call for call in machine.calls("kind"))
    assert "the Docker engine that answers (28.1)" in machine.output.getvalue()
    assert "node image: stock node image" in machine.output.getvalue()


def test_no_registry_takes_the_image_built_at_home(machine: FakeMachine) -> None:
    machine.set("engine", "28.1")
    machine.set("images", f"{versions.HOME_NODE} {digest()}\n")
    machine.cluster().up()
    assert any(f"--image {versions.HOME_NODE}" in call for call in machine.calls("kind"))
    assert "node image: node image built here" in machine.output.getvalue()


def test_both_paths_differ_in_the_image_only(machine: FakeMachine, tmp_path: Path) -> None:
    other = FakeMachine(tmp_path / "other", machine.output)
    machine.set("engine", "28.1")
    machine.set("registry")
    other.set("engine", "28.1")
    other.set("images", f"{versions.HOME_NODE} {digest()}\n")
    for each in (machine, other):
        each.cluster().up()
    stock, home = ([call.replace(str(tmp_path), "") for call in each.calls("kubectl")] for each in (machine, other))
    assert stock == home
    created = [each.calls("kind")[0].partition("--config")[2] for each in (machine, other)]
    assert created[0] == created[1] != ""


def test_a_second_up_keeps_everything(machine: FakeMachine) -> None:
    machine.set("engine", "28.1")
    machine.set("registry")
    machine.cluster().up()
    builds, created = len(machine.calls("go")), len(machine.calls("kind"))
    machine.cluster().up()
    assert [call for call in machine.calls("go")[builds:] if " build " in call] == []
    assert len(machine.calls("kind")) == created == 1


def test_an_interrupted_up_goes_on_where_it_stopped(machine: FakeMachine) -> None:
    machine.set("engine", "28.1")
    machine.set("registry")
    machine.set("go-fails", "helm")
    with pytest.raises(ClusterError, match="helm does not compile"):
        machine.cluster().up()
    binaries = machine.state.parent / ".cache" / "casebook" / "bin"
    assert (binaries / "kind").exists()
    assert not (binaries / "helm").exists()
    (machine.state / "go-fails").unlink()
    machine.cluster().up()
    assert sum("sigs.k8s.io/kind" in call for call in machine.calls("go")) == 1
    assert (binaries / "helm").exists()


def test_a_half_made_cluster_is_made_anew(machine: FakeMachine) -> None:
    machine.set("engine", "28.1")
    machine.set("registry")
    machine.set("containers", "casebook-control-plane\n")
    machine.cluster().up()
    assert [call.split()[1] for call in machine.calls("kind")] == ["delete", "create"]


def test_a_failed_creation_leaves_no_kubeconfig_and_names_the_log(machine: FakeMachine) -> None:
    machine.set("engine", "28.1")
    machine.set("registry")
    machine.set("kind-fails")
    with pytest.raises(ClusterError, match=r"kind create failed: no space left \(see .*kind-create.log\)"):
        machine.cluster().up()
    assert not machine.cluster().settings.kubeconfig.exists()


def test_down_deletes_the_cluster_and_leaves_the_engine_that_was_there(machine: FakeMachine) -> None:
    machine.set("engine", "28.1")
    machine.set("registry")
    cluster = machine.cluster(CASEBOOK_CLUSTER_NAME="other")
    cluster.up()
    cluster.down(everything=False)
    assert machine.calls("kind")[-1] == "kind delete cluster --name other"
    assert not cluster.settings.kubeconfig.exists()
    assert (cluster.settings.bin / "kind").exists()


def test_down_all_removes_the_caches(machine: FakeMachine) -> None:
    machine.set("engine", "28.1")
    machine.set("registry")
    cluster = machine.cluster()
    cluster.up()
    cluster.down(everything=True)
    assert not cluster.settings.root.exists()


def test_a_named_context_is_used_after_asking(machine: FakeMachine) -> None:
    machine.answers = [True]
    cluster = machine.cluster(CASEBOOK_CONTEXT="staging")
    cluster.up()
    assert cluster.settings.kubeconfig.read_text() == "kind: Config"
    assert machine.calls("kind") == []
    assert machine.calls("docker") == []
    assert "the context staging of your kubeconfig" in machine.output.getvalue()


def test_a_named_context_is_not_used_without_consent(machine: FakeMachine) -> None:
    machine.answers = [False]
    cluster = machine.cluster(CASEBOOK_CONTEXT="staging")
    with pytest.raises(ClusterError, match="not confirmed"):
        cluster.up()
    assert not cluster.settings.kubeconfig.exists()


def test_yes_answers_for_scripts(machine: FakeMachine) -> None:
    cluster = machine.cluster(CASEBOOK_CONTEXT="staging", YES="1")
    cluster.up()
    assert cluster.settings.kubeconfig.exists()


def test_the_plan_changes_nothing(machine: FakeMachine) -> None:
    machine.set("engine", "28.1")
    lines = machine.cluster().plan()
    assert lines[0] == "cluster: kind, in the Docker engine that answers (28.1)"
    assert "stock node image where an image registry answers, else a node image built here" in lines[1]
    assert machine.calls("kind") == []
    assert not any(call.startswith("docker pull") for call in machine.calls("docker"))


def test_loading_an_image_that_is_not_there_says_how_to_get_it(machine: FakeMachine) -> None:
    machine.set("engine", "28.1")
    with pytest.raises(ClusterError, match=r"no image casebook:dev: build it with hack/image build"):
        machine.cluster().kind.load(["casebook:dev"])
