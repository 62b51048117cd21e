"""Which cluster, which engine, which node image: decided from facts, without looking at anything."""

from dataclasses import dataclass
from enum import StrEnum

from .errors import ClusterError


class Engine(StrEnum):
    """Where containers run."""

    NONE = "no engine: the cluster is there already"
    ANSWERING = "the Docker engine that answers"
    OWN = "a Docker engine of our own, from Debian packages"


class NodeImage(StrEnum):
    """Where the node image comes from."""

    STOCK = "stock node image"
    HOME = "node image built here from Go modules and Debian packages"


@dataclass(frozen=True)
class Machine:
    """What is known before anything is started.

    `engine` is the version of the Docker engine that answers, `own` whether it is one that this tool started.
    """

    context: str | None
    engine: str | None
    own: bool
    debian: bool
    root: bool

    @property
    def may_install(self) -> bool:
        """Whether Debian packages can be installed and a root file system made."""
        return self.debian and self.root


@dataclass(frozen=True)
class Images:
    """What is known of images once an engine answers; `registry` is None as long as it was not asked."""

    stock: bool
    home: bool
    registry: bool | None


def choose_engine(machine: Machine) -> Engine:
    """A named context needs none; else the engine that answers; else one of our own, on Debian as root.

    Raises ClusterError where there is no way, naming what would be one.
    """
    if machine.context:
        return Engine.NONE
    if machine.engine:
        return Engine.OWN if machine.own else Engine.ANSWERING
    if machine.may_install:
        return Engine.OWN
    raise ClusterError(
        "no Docker engine answers, and one is installed only on Debian as root: "
        "start Docker, or name a cluster you have with CASEBOOK_CONTEXT"
    )


def choose_node_image(machine: Machine, images: Images) -> NodeImage | None:
    """What is there already, else the stock image from a registry, else one built at home; None: ask a registry.

    Raises ClusterError where no registry answers and nothing can be built.
    """
    if images.stock or images.home:
        return NodeImage.STOCK if images.stock else NodeImage.HOME
    if images.registry is None:
        return None
    if images.registry:
        return NodeImage.STOCK
    if machine.may_install:
        return NodeImage.HOME
    raise ClusterError(
        "no image registry answers, and the node image is built at home only on Debian as root: "
        "check the engine's network, or name a cluster you have with CASEBOOK_CONTEXT"
    )


def explain(machine: Machine, engine: Engine) -> str:
    """One line for the person: what is going to be used, and why."""
    if engine is Engine.NONE:
        return f"cluster: the context {machine.context} of your kubeconfig (CASEBOOK_CONTEXT)"
    if engine is Engine.ANSWERING:
        return f"cluster: kind, in {engine} ({machine.engine})"
    why = "started earlier" if machine.engine else "none answers"
    return f"cluster: kind, in {engine} ({why})"
