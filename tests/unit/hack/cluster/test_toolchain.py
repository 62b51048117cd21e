"""Go: found where it is new enough, else fetched and checked."""

import zipfile
from pathlib import Path

import pytest

from clusterkit import versions
from clusterkit.errors import ClusterError
from clusterkit.shell import Shell
from clusterkit.toolchain import SUMS, fetch_go, find_go, module_hash, pinned, proxies, proxy_setting, unpack

from .conftest import FAKES, FakeMachine

VERSION = "v0.0.1-go1.26.8.linux-amd64"
PREFIX = f"golang.org/toolchain@{VERSION}/"
GO_SAYS = "h1:Ad/oeZLFaHf2dv/DpfnjHfv8zcxnsZNo0lZ6V66SbEc="
"""What golang.org/x/mod/sumdb/dirhash gives for the archive of `make_archive`."""


def make_archive(folder: Path) -> Path:
    path = folder / "toolchain.zip"
    with zipfile.ZipFile(path, "w") as files:
        files.writestr(PREFIX + "pkg/tool/linux_amd64/link", "#!/bin/sh\n")
        files.writestr(PREFIX + "bin/go", "#!/bin/sh\necho go1.26.8\n")
        files.writestr(PREFIX + "VERSION", "go1.26.8\n")
    return path


def test_the_hash_is_gos_own(tmp_path: Path) -> None:
    assert module_hash(make_archive(tmp_path)) == GO_SAYS


def test_unpacked_commands_run_and_replace_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "go").mkdir()
    (tmp_path / "go" / "old").touch()
    unpack(make_archive(tmp_path), tmp_path / "go", PREFIX)
    assert (tmp_path / "go" / "bin" / "go").stat().st_mode & 0o111
    assert (tmp_path / "go" / "pkg" / "tool" / "linux_amd64" / "link").stat().st_mode & 0o111
    assert sorted(path.name for path in tmp_path.iterdir()) == ["go", "toolchain.zip"]
    assert not (tmp_path / "go" / "old").exists()


def test_the_pinned_version_is_the_one_that_is_asked_for() -> None:
    version = ".".join(map(str, versions.GO))
    for machine in ("amd64", "arm64"):
        assert pinned(SUMS.read_text(), f"v0.0.1-go{version}.linux-{machine}").startswith("h1:")
    with pytest.raises(ClusterError, match="no Go is pinned for this machine"):
        pinned(SUMS.read_text(), "v0.0.1-go1.1.linux-mips")


def test_another_archive_than_the_pinned_one_is_refused(machine: FakeMachine, tmp_path: Path) -> None:
    served = tmp_path / "proxy" / "golang.org" / "toolchain" / "@v"
    served.mkdir(parents=True)
    for name in ("amd64", "arm64"):
        make_archive(tmp_path).rename(served / f"v0.0.1-go1.26.8.linux-{name}.zip")
    shell = machine.shell().with_env(GOPROXY=f"off,{(tmp_path / 'proxy').as_uri()}")
    with pytest.raises(ClusterError, match="has checksum h1:"):
        fetch_go(shell, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("", []),
        ("https://a.example/,https://b.example|direct", ["https://a.example", "https://b.example"]),
        ("off", []),
    ],
)
def test_proxies(setting: str, expected: list[str]) -> None:
    assert list(proxies(setting)) == expected


def test_the_environment_names_the_proxy(machine: FakeMachine) -> None:
    assert proxy_setting(machine.shell().with_env(GOPROXY="https://a.example")) == "https://a.example"
    assert machine.calls("go") == []


def test_else_the_go_of_the_machine_is_asked_however_old(machine: FakeMachine) -> None:
    machine.set("go-proxy", "https://b.example,direct\n")
    machine.set("go-version", "go1.19.8")
    assert proxy_setting(machine.shell()) == "https://b.example,direct"


@pytest.fixture
def bare(machine: FakeMachine, tmp_path: Path) -> Shell:
    """A machine that has next to nothing, and no Go."""
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "cat").symlink_to("/bin/cat")
    machine.set("go-proxy", "https://debian.example,direct\n")
    return machine.shell().with_env(PATH=str(commands))


def test_on_a_bare_machine_debians_go_is_installed_to_ask_it(bare: Shell) -> None:
    def install(shell: Shell, packages: list[str]) -> None:
        assert packages == ["golang-go"]
        (Path(shell.env["PATH"]) / "go").symlink_to(FAKES / "go")

    assert proxy_setting(bare, install) == "https://debian.example,direct"


def test_where_nothing_can_be_installed_it_says_what_to_do(bare: Shell) -> None:
    def install(_shell: Shell, _packages: list[str]) -> None:
        raise ClusterError("apt-get update failed")

    with pytest.raises(ClusterError, match=r"install any, or set GOPROXY \(apt-get update failed\)"):
        proxy_setting(bare, install)


@pytest.mark.parametrize(("version", "found"), [("go1.26.8", True), ("go1.27.0", True), ("go1.19.8", False)])
def test_a_go_that_is_too_old_is_not_used(machine: FakeMachine, tmp_path: Path, version: str, found: bool) -> None:
    machine.set("go-version", version)
    assert find_go(machine.shell(), tmp_path) == (FAKES / "go" if found else None)
