"""What a model may have looked at: objects of known names, and metrics, in the namespaces of the run."""

import re

from casebook.analysis.things import Ref
from casebook.reasoning.situation import Situation

_NAME = re.compile(r"\*|[A-Za-z0-9](?:[-A-Za-z0-9_:]|\.(?!\.))*")


class Outside(Exception):
    """Why an ask is not looked at; one line for a person."""


def inside(situation: Situation, ref: Ref) -> bool:
    """Whether it can be the name of an object, and stands where this run may look."""
    return (not ref.namespace or holds(situation, ref.namespace)) and _NAME.fullmatch(ref.name) is not None


def holds(situation: Situation, namespace: str) -> bool:
    """Whether this run may look into a namespace."""
    scene = situation.world.snapshot.run.scene
    return scene.platform or namespace in (*scene.namespaces, situation.world.home)
