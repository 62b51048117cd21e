"""Go itself: the machine's where it is new enough, else the toolchain module from the Go module proxy, checked."""

import base64
import hashlib
import platform
import re
import shutil
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from . import apt, versions
from .errors import ClusterError
from .shell import Shell

MODULE = "golang.org/toolchain"
SUMS = Path(__file__).parent / "go" / "toolchain.sum"
DEBIAN_GO = "golang-go"
"""Too old to build with, but it knows the module proxy that Go uses where GOPROXY names none."""


def find_go(shell: Shell, cache: Path) -> Path | None:
    """The `go` command of this machine or of the cache, if it is as new as `versions.GO`."""
    on_path = shutil.which("go", path=shell.env.get("PATH"))
    for candidate in (Path(on_path) if on_path else None, cache / "go" / "bin" / "go"):
        if candidate and candidate.exists() and _version(shell, candidate) >= versions.GO:
            return candidate
    return None


def _version(shell: Shell, go: Path) -> tuple[int, ...]:
    said = shell.with_env(GOTOOLCHAIN="local").text(go, "env", "GOVERSION")
    return tuple(int(part) for part in re.findall(r"\d+", said)[:3])


def fetch_go(shell: Shell, cache: Path) -> Path:
    """Download the pinned toolchain into the cache; ClusterError where no proxy answers or the checksum differs."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    version = f"v0.0.1-go{'.'.join(map(str, versions.GO))}.linux-{machine}"
    archive = cache / f"{version}.zip"
    archive.parent.mkdir(parents=True, exist_ok=True)
    _download(shell, version, archive)
    if (found := module_hash(archive)) != pinned(SUMS.read_text(), version):
        archive.unlink()
        raise ClusterError(f"the Go toolchain {version} has checksum {found}, not the one in {SUMS.name}")
    unpack(archive, cache / "go", prefix=f"{MODULE}@{version}/")
    archive.unlink()
    return cache / "go" / "bin" / "go"


def pinned(sums: str, version: str) -> str:
    """The h1 checksum of a toolchain version in go.sum's format; ClusterError where it has none."""
    for line in sums.splitlines():
        if line.split()[:2] == [MODULE, version]:
            return line.split()[2]
    raise ClusterError(f"no Go is pinned for this machine ({version}): install Go {versions.GO[0]}.{versions.GO[1]}")


def module_hash(archive: Path) -> str:
    """Go's `h1:` hash of a module zip: SHA-256 over the sorted lines `<sha256 of the file>  <name>`."""
    lines = hashlib.sha256()
    with zipfile.ZipFile(archive) as files:
        for name in sorted(files.namelist()):
            lines.update(f"{hashlib.sha256(files.read(name)).hexdigest()}  {name}\n".encode())
    return "h1:" + base64.b64encode(lines.digest()).decode()


def unpack(archive: Path, target: Path, prefix: str) -> None:
    """Unpack a module zip as a whole or not at all; commands and tools become executable."""
    made = target.with_name(target.name + ".new")
    shutil.rmtree(made, ignore_errors=True)
    with zipfile.ZipFile(archive) as files:
        files.extractall(made)
    root = made / prefix
    for file in (*(root / "bin").iterdir(), *(root / "pkg" / "tool").rglob("*")):
        file.chmod(0o755)
    shutil.rmtree(target, ignore_errors=True)
    root.rename(target)
    shutil.rmtree(made)


def proxies(setting: str) -> Iterator[str]:
    """The proxies that a GOPROXY setting names, in its order."""
    for entry in re.split(r"[,|]", setting):
        if entry.strip() not in {"", "direct", "off"}:
            yield entry.strip().rstrip("/")


def proxy_setting(shell: Shell, install: Callable[[Shell, list[str]], None] = apt.install) -> str:
    """GOPROXY of the environment, else what the `go` of this machine says, else what Debian's does once installed.

    Raises `ClusterError` where there is none to ask.
    """
    if setting := shell.env.get("GOPROXY"):
        return setting
    if shutil.which("go", path=shell.env.get("PATH")) is None:
        try:
            install(shell, [DEBIAN_GO])
        except (ClusterError, OSError) as error:
            raise ClusterError(f"there is no Go to ask for its proxy: install any, or set GOPROXY ({error})") from error
    return shell.with_env(GOTOOLCHAIN="local").text("go", "env", "GOPROXY")


def _download(shell: Shell, version: str, target: Path) -> None:
    failure = "GOPROXY names no proxy"
    for proxy in proxies(proxy_setting(shell)):
        url = f"{proxy}/{MODULE}/@v/{version}.zip"
        shell.note(url)
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, target.open("wb") as out:
                shutil.copyfileobj(answer, out)
        except (urllib.error.URLError, OSError) as error:
            failure = f"{url}: {error}"
        else:
            return
    raise ClusterError(f"Go {versions.GO[0]}.{versions.GO[1]} is missing and cannot be fetched: {failure}")


def go_environment(go: Path, cache: Path) -> dict[str, str]:
    """What every build is given: pinned modules, no C; a fetched Go keeps its caches beside itself."""
    made = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off", "CGO_ENABLED": "0"}
    if go.is_relative_to(cache):
        made |= {"GOPATH": str(cache / "gopath"), "GOCACHE": str(cache / "gocache")}
    return made
