"""What `hack/cluster` does, put together from the parts."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from . import apt, versions
from .binaries import EVERYWHERE, Workshop
from .choice import Engine, Images, Machine, NodeImage, choose_engine, choose_node_image, explain
from .debian import Debian
from .docker import Docker
from .engine import OwnEngine
from .errors import ClusterError
from .home import HomeNode
from .kind import NETWORK, Kind
from .progress import Progress
from .settings import Settings
from .shell import Shell


class Cluster:
    """The cluster of this machine, whatever it is made of.

    `environ` is the caller's environment, `ask` puts a yes-or-no question to a person.
    """

    def __init__(
        self, settings: Settings, environ: Mapping[str, str], progress: Progress, ask: Callable[[str], bool]
    ) -> None:
        self.settings = settings
        self._environ = environ
        self._progress = progress
        self._ask = ask
        self.own_engine = OwnEngine(settings, self._shell(own=False))

    def _shell(self, *, own: bool) -> Shell:
        env = self.settings.environment(self._environ, own_engine=own)
        return Shell(env, self.settings.logs, self._progress.note)

    @property
    def environment(self) -> dict[str, str]:
        """The environment for commands that use the cluster."""
        return self.settings.environment(self._environ, own_engine=self.own_engine.pid() is not None)

    @property
    def shell(self) -> Shell:
        """A shell that uses our own engine while it runs."""
        return self._shell(own=self.own_engine.pid() is not None)

    @property
    def docker(self) -> Docker:
        """The engine in use."""
        own = self.own_engine.pid() is not None
        return Docker(self._shell(own=own), host_network=own)

    @property
    def debian(self) -> Debian:
        """Base images."""
        return Debian(self.settings, self.shell, self._progress, self.docker)

    @property
    def kind(self) -> Kind:
        """The kind cluster."""
        return Kind(self.settings, self.shell, self._progress, self.docker)

    def machine(self) -> Machine:
        """Look at the machine."""
        own = self.own_engine.pid() is not None
        return Machine(
            context=self.settings.context,
            engine=None if self.settings.context else self.docker.version(),
            own=own,
            debian=Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None,
            root=os.geteuid() == 0,
        )

    def plan(self) -> list[str]:
        """What `up` is going to use and install, in lines for a person."""
        machine = self.machine()
        engine = choose_engine(machine)
        lines = [explain(machine, engine)]
        if engine is Engine.OWN and (absent := apt.missing(self.shell, apt.ENGINE)):
            lines.append(f"Debian packages to install: {', '.join(absent)}")
        if engine is not Engine.NONE:
            image = choose_node_image(machine, self._images(None)) if machine.engine else None
            unknown = f"{NodeImage.STOCK} where an image registry answers, else a {NodeImage.HOME}"
            lines.append(f"node image: {image or unknown}")
            lines.append(f"kept in {self.settings.root} (up to 15 GB where everything is built at home)")
        return lines

    def up(self) -> None:
        """Make the cluster usable; what is there already is kept."""
        machine = self.machine()
        engine = choose_engine(machine)
        self._progress.say(explain(machine, engine))
        with self._alone():
            if engine is Engine.NONE:
                self._adopt_context()
            else:
                if engine is Engine.OWN:
                    self.start_engine()
                self._kind_up(machine)

    def ensure_engine(self) -> None:
        """An engine that answers: started where it is ours and has stopped, never where a named context is used."""
        if self.docker.version() is None:
            with self._alone():
                if choose_engine(replace(self.machine(), context=None)) is Engine.OWN:
                    self.start_engine()

    def start_engine(self) -> None:
        """An engine of our own, installed and running."""
        if absent := apt.missing(self.shell, apt.ENGINE):
            with self._progress.step(f"install {', '.join(absent)} (apt)"):
                apt.install(self.shell, absent)
        if self.own_engine.pid() is None:
            with self._progress.step("start the Docker engine"):
                own = self._shell(own=True)
                self.own_engine.start(Docker(own, host_network=True))

    def _kind_up(self, machine: Machine) -> None:
        workshop = Workshop(self.settings, self.shell, self._progress)
        workshop.build(EVERYWHERE)
        if self.kind.exists():
            self.kind.resume()
        else:
            self.kind.create(self.node_image(machine, workshop))
        self.kind.ready()

    def node_image(self, machine: Machine, workshop: Workshop) -> str:
        """The node image, pulled or built, and a line that says which."""
        chosen = choose_node_image(machine, self._images(None))
        if chosen is None:
            with self._progress.step(f"ask a registry for {versions.STOCK_NODE.partition('@')[0]}"):
                registry = self.docker.pull(versions.STOCK_NODE)
            chosen = choose_node_image(machine, self._images(registry))
        assert chosen is not None
        self._progress.say(f"node image: {chosen}")
        if chosen is NodeImage.STOCK:
            return versions.STOCK_NODE
        self._home(workshop).ensure()
        return versions.HOME_NODE

    def _home(self, workshop: Workshop) -> HomeNode:
        return HomeNode(self.settings, self.shell, self._progress, self.docker, workshop, self.debian)

    def _images(self, registry: bool | None) -> Images:
        docker = self.docker
        return Images(stock=docker.has(versions.STOCK_NODE), home=docker.has(versions.HOME_NODE), registry=registry)

    def _adopt_context(self) -> None:
        """Copy the named context into a kubeconfig of its own, after asking."""
        context = self.settings.context or ""
        theirs = Shell(self._environ, self.settings.logs, self._progress.note)
        config = theirs.text("kubectl", "config", "view", "--minify", "--flatten", "--context", context)
        server = theirs.text(
            "kubectl", "config", "view", "--context", context, "--minify", "--output", "jsonpath={..server}"
        )
        if not self.settings.yes and not self._ask(f"Use the cluster {context} at {server}?"):
            raise ClusterError("not confirmed: nothing was done (YES=1 answers for scripts)")
        made = self.settings.kubeconfig.with_suffix(".new")
        made.parent.mkdir(parents=True, exist_ok=True)
        made.touch(mode=0o600)
        made.write_text(config)
        made.rename(self.settings.kubeconfig)
        self.shell.text("kubectl", "get", "--raw", "/readyz")

    def down(self, *, everything: bool) -> None:
        """Delete the cluster and stop our own engine; `everything` removes caches too. A named context is let go."""
        with self._alone():
            if not self.settings.context:
                self._kind_down()
            self.settings.kubeconfig.unlink(missing_ok=True)
            if everything:
                self._forget()

    def _kind_down(self) -> None:
        if self.own_engine.pid() is None and self.own_engine.holds_containers:
            self.start_engine()
        if self.docker.version() is None:
            self._progress.say("no Docker engine answers: there is no kind cluster to delete")
        elif (self.settings.bin / "kind").exists():
            with self._progress.step(f"delete the kind cluster {self.settings.cluster}"):
                self.kind.delete()
            if self.kind.others():
                self._progress.say(f"the engine is left running for {', '.join(self.kind.others())}")
                return
            self.docker.remove_network(NETWORK)
        if self.own_engine.pid() is not None:
            with self._progress.step("stop the Docker engine"):
                self.own_engine.stop()

    def _forget(self) -> None:
        with self._progress.step(f"remove the caches in {self.settings.root}"):
            if self.docker.version():
                self.docker.remove_images([versions.HOME_NODE, versions.DEBIAN_IMAGE])
            shutil.rmtree(self.settings.root)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One `up` or `down` at a time on a machine."""
        self.settings.root.mkdir(parents=True, exist_ok=True)
        with (self.settings.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._progress.say("another hack/cluster is at work: waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
