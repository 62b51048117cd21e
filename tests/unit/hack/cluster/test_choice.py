"""The choice of engine and node image, fact by fact."""

import pytest

from clusterkit.choice import Engine, Images, Machine, NodeImage, choose_engine, choose_node_image, explain
from clusterkit.errors import ClusterError

LAPTOP = Machine(context=None, engine="28.1", own=False, debian=False, root=False)
BARE_DEBIAN = Machine(context=None, engine=None, own=False, debian=True, root=True)
OURS = Machine(context=None, engine="20.10", own=True, debian=True, root=True)
NOTHING = Machine(context=None, engine=None, own=False, debian=True, root=False)
NAMED = Machine(context="staging", engine="28.1", own=False, debian=True, root=True)


@pytest.mark.parametrize(
    ("machine", "engine"),
    [(LAPTOP, Engine.ANSWERING), (BARE_DEBIAN, Engine.OWN), (OURS, Engine.OWN), (NAMED, Engine.NONE)],
)
def test_engine(machine: Machine, engine: Engine) -> None:
    assert choose_engine(machine) is engine


def test_no_engine_and_no_way_to_one_says_what_would_help() -> None:
    with pytest.raises(ClusterError, match=r"start Docker, or name a cluster you have with CASEBOOK_CONTEXT"):
        choose_engine(NOTHING)


@pytest.mark.parametrize(
    ("images", "choice"),
    [
        (Images(stock=True, home=True, registry=None), NodeImage.STOCK),
        (Images(stock=False, home=True, registry=None), NodeImage.HOME),
        (Images(stock=False, home=False, registry=None), None),
        (Images(stock=False, home=False, registry=True), NodeImage.STOCK),
        (Images(stock=False, home=False, registry=False), NodeImage.HOME),
    ],
)
def test_node_image(images: Images, choice: NodeImage | None) -> None:
    assert choose_node_image(BARE_DEBIAN, images) is choice


def test_no_registry_and_nothing_to_build_with_says_what_would_help() -> None:
    with pytest.raises(ClusterError, match="only on Debian as root"):
        choose_node_image(LAPTOP, Images(stock=False, home=False, registry=False))


def test_it_says_what_it_uses() -> None:
    assert "the context staging of your kubeconfig" in explain(NAMED, Engine.NONE)
    assert "the Docker engine that answers (28.1)" in explain(LAPTOP, Engine.ANSWERING)
    assert "of our own, from Debian packages (none answers)" in explain(BARE_DEBIAN, Engine.OWN)
    assert "(started earlier)" in explain(OURS, Engine.OWN)
