"""Image pulls that fail, and what the registry or the runtime says of them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from casebook.analysis.access import text
from casebook.analysis.signs import Sign
from casebook.analysis.symptoms import IMAGE_REASONS
from casebook.analysis.things import Cite
from casebook.analysis.workloads import Container, Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Finding, held, tested
from casebook.reasoning.checks.helpers import Subject, cite_rollout, containers, only, was
from casebook.reasoning.checks.helpers import changed as rolled_out
from casebook.reasoning.situation import Situation

NOT_FOUND, UNAUTHORIZED, UNREACHABLE, ABSENT = "notfound", "unauthorized", "unreachable", "absent"
_WORDS = {
    UNAUTHORIZED: r"unauthorized|\b401\b|\b403\b|forbidden|authentication required|no basic auth|authorization failed|"
    r"access denied|insufficient_scope|denied:",
    NOT_FOUND: r"not found|manifest unknown|name unknown|\b404\b|does not exist|invalid reference format|"
    r"couldn't parse image|invalidimagename",
    UNREACHABLE: r"no such host|connection refused|i/o timeout|timeout|no route to host|network is unreachable|"
    r"server misbehaving|temporary failure|tls:|x509|http response to https client|connection reset|\beof\b|"
    r"\b50[0-4]\b|service unavailable",
    ABSENT: r"errimageneverpull|pull policy (?:of )?never|is not present with pull policy",
}
_KINDS = {kind: re.compile(words, re.IGNORECASE) for kind, words in _WORDS.items()}
_MAX_MESSAGES = 3


@dataclass(frozen=True)
class Pull:
    """A failing pull of one image by one workload."""

    workload: Workload
    container: Container
    image: str
    messages: tuple[str, ...]
    cites: tuple[Cite, ...]

    @property
    def said(self) -> str:
        """What registry and kubelet say of it, in one text."""
        return " ".join(self.messages)

    def speaks_of(self, kind: str) -> bool:
        """Whether they name this kind of failure."""
        return _KINDS[kind].search(self.said.replace(self.image, "")) is not None


def pulls(situation: Situation) -> Iterator[Pull]:
    """The failing pulls, one for each workload and image."""
    seen = set()
    for workload, _, container in containers(situation):
        image = text(container.spec, "image")
        if container.waiting not in IMAGE_REASONS or (workload.ref, image) in seen:
            continue
        seen.add((workload.ref, image))
        events = [
            event
            for event in situation.world.about(container.pod.ref)
            if event.reason in ("Failed", "ErrImageNeverPull", "InspectFailed") and image in event.message
        ][-_MAX_MESSAGES:]
        messages = (container.waiting, container.waiting_message, *(event.message for event in events))
        cites = (container.cite_state(), *(event.cite() for event in events))
        yield Pull(workload, container, image, messages, cites)


def detector(kind: str, say: Callable[[Pull], str]) -> Callable[[Situation], Iterator[Candidate[Pull]]]:
    """Detects pulls that fail in this way; `say` ends the statement."""

    def detect(situation: Situation) -> Iterator[Candidate[Pull]]:
        for pull in pulls(situation):
            if pull.speaks_of(kind):
                yield _candidate(situation, pull, say(pull))

    return detect


def says_so(kind: str) -> Callable[[Situation, Candidate[Pull]], Finding]:
    """Checks that the registry, the runtime or the kubelet names this kind of failure."""
    return lambda _, found: tested(found.about.speaks_of(kind), *found.about.cites)


def _candidate(situation: Situation, pull: Pull, said: str) -> Candidate[Pull]:
    found = rolled_out(situation, pull.workload, ".image")
    before = was(found, f"[{pull.container.name}].image")
    return Candidate(
        object=pull.workload.ref,
        statement=f"{situation.label(pull.workload.ref)} asks for image {pull.image}{before}, {said}",
        harms=only(pull.workload.ref),
        covers=frozenset({Sign.IMAGE, Sign.NOT_READY, Sign.CRASH}),
        about=pull,
        since=pull.container.pod.created,
        changed=found.at if found else None,
    )


def image_changed(situation: Situation, found: Candidate[Pull] | Candidate[Subject]) -> Finding:
    """Whether the newest revision changed the image."""
    rolled = rolled_out(situation, found.about.workload, ".image")
    return held(cite_rollout(rolled, ".image")) if rolled else UNTESTED
