"""ImageWrongArchitecture: the image holds a program for another processor than the node's."""

import re
from collections.abc import Iterator

from casebook.analysis.signs import Sign
from casebook.analysis.workloads import Container
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.checks.helpers import Subject, changed, containers, last_words, only, undo
from casebook.reasoning.checks.images import image_changed
from casebook.reasoning.situation import Situation

_SAID = re.compile(r"exec format error|no match for platform|does not match the detected host platform", re.IGNORECASE)


def _detect(situation: Situation) -> Iterator[Candidate[Subject]]:
    for workload, _, container in containers(situation):
        if not _said(situation, container).cites:
            continue
        rolled = changed(situation, workload, ".image")
        yield Candidate(
            object=workload.ref,
            statement=f"The image of container {container.name} of {situation.label(workload.ref)} "
            "is built for another architecture than the node's",
            harms=only(workload.ref),
            covers=frozenset({Sign.IMAGE, Sign.CREATE, Sign.CRASH, Sign.NOT_READY}),
            about=Subject(workload, container),
            changed=rolled.at if rolled else None,
        )


def _said(situation: Situation, container: Container) -> Finding:
    for message in (container.waiting_message, str(container.ended.get("message") or "")):
        if _SAID.search(message):
            return held(container.cite_ended() if container.ended else container.cite_state())
    found = [one.cite() for one in last_words(situation, container) if _SAID.search(one.entry.said)]
    return held(*found[:1]) if found else UNTESTED


def _says_so(situation: Situation, found: Candidate[Subject]) -> Finding:
    return _said(situation, found.about.container)


def _steps(_: Situation, found: Candidate[Subject]) -> list[str]:
    return ["Build the image for the node's architecture (kubectl get nodes -o wide).", undo(found.about.workload)]


CAUSES = (
    Cause(
        code="ImageWrongArchitecture",
        means="The image holds a program for another processor architecture than the node's.",
        names="workload",
        explains="containers that end at once with exec format error",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("the system says that it cannot execute the format", _says_so, 500, -300),
            Prediction("the newest revision changed the image", image_changed, 80, 0),
        ),
        steps=_steps,
    ),
)
