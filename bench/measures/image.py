"""What Casebook adds to its base image."""

import json
from typing import Any

from bench.process import ProcessError, in_background
from bench.row import Bound, Floor, Row
from bench.session import Session
from bench.spread import Spread

MB = 1_000_000
LIMIT = 110.0


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """The size of the image above that of its base, as the Docker engine counts them."""
    image = session.options.image
    session.tell(f"inspecting {image}")
    whole = await inspected(image)
    bases = [await inspected(name) for name in await names()]
    base = base_of(whole, bases)
    if base is None:
        raise ProcessError(f"the engine has no image that {image} is built on: hack/image build casebook")
    added = Spread.of([(whole["Size"] - base["Size"]) / MB])
    name = (base.get("RepoTags") or base["RepoDigests"] or [base["Id"][:19]])[0]
    below = Floor(Spread.of([base["Size"] / MB]), f"the base itself, {name}")
    return [Row("image", f"{image} above its base", "MB", added, Bound("<=", LIMIT), below)]


def base_of(image: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Of the images whose layers are the first of this one's, but not all of them, the one with the most."""
    layers = image["RootFS"]["Layers"]
    below = [other for other in others if _is_below(other["RootFS"].get("Layers") or [], layers)]
    return max(below, key=lambda other: len(other["RootFS"]["Layers"]), default=None)


async def names() -> list[str]:
    """Every tagged image of the engine."""
    listed = await in_background(["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"])
    return [name for name in listed.out.split() if "<none>" not in name]


async def inspected(name: str) -> dict[str, Any]:
    """An image as the engine describes it. Raises `ProcessError` where there is none of this name."""
    (found,) = json.loads((await in_background(["docker", "image", "inspect", name])).out)
    return dict(found)


def _is_below(layers: list[str], of: list[str]) -> bool:
    return 0 < len(layers) < len(of) and of[: len(layers)] == layers
