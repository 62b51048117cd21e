"""What whoever asks complains of, where that decides what has to be looked at: answers that come late."""

import re

from casebook.analysis.world import World

_LATE = re.compile(
    r"\b(?:slow(?:s|er|ly|ness)?|laten(?:cy|cies)|sluggish|lag(?:s|gy|ging)?|hang(?:s|ing)?|stall(?:s|ed|ing)?|"
    r"(?:take|takes|took|taking) (?:\w+ ){0,2}long(?:er)?|tim(?:e|es|ed|ing)[- ]?outs?|"
    r"(?:response|request) (?:times?|duration))\b",
    re.IGNORECASE,
)
_JOINT = re.compile(r"(?<=[a-z])(?=[A-Z])|_")


def of_lateness(world: World) -> bool:
    """Whether the question, or the name or text of the alert, says that answers come late."""
    spec = world.snapshot.run.spec
    alert = [spec.alert.labels.get("alertname", ""), *spec.alert.annotations.values()] if spec.alert else []
    return any(_LATE.search(_JOINT.sub(" ", said)) for said in (spec.question, *alert))
