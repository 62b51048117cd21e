"""SecurityContextDenied: runAsNonRoot, a read-only file system or missing capabilities stop a container."""

import re
from collections.abc import Iterator

from casebook.analysis import failures
from casebook.analysis.access import dig
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import Subject, changed, cite_rollout, containers, only, undo
from casebook.reasoning.checks.logged import everything
from casebook.reasoning.situation import Situation

_KUBELET = re.compile(
    r"runAsNonRoot|runAsUser|non-root|as root|non-numeric user|apparmor|seccomp|capabilit", re.IGNORECASE
)
_PROGRAM = re.compile(r"read-only file ?system|erofs|operation not permitted", re.IGNORECASE)
_PORT = re.compile(
    r"(?:bind|listen)[^\n]{0,80}permission denied|permission denied[^\n]{0,80}(?:bind|port)", re.IGNORECASE
)


def _detect(situation: Situation) -> Iterator[Candidate[Subject]]:
    for workload, _, container in containers(situation):
        subject = Subject(workload, container)
        cites, said = _said(situation, subject)
        if cites:
            rolled = changed(situation, workload, "securityContext")
            yield Candidate(
                object=workload.ref,
                statement=f"{subject.said(situation)} is stopped by its security context: {said[:200]}",
                harms=only(workload.ref),
                covers=frozenset({Sign.CREATE, Sign.CRASH, Sign.ERRORS, Sign.VAGUE, Sign.NOT_READY}),
                about=subject,
                changed=rolled.at if rolled else None,
            )


def _said(situation: Situation, subject: Subject) -> tuple[list[Cite], str]:
    container = subject.container
    if container.waiting and _KUBELET.search(container.waiting_message):
        return [container.cite_state()], container.waiting_message
    for one in everything(situation, subject.workload):
        said = one.entry.said
        own = one.log.container == container.name and failures.PERMISSION in one.entry.kinds
        if own and (_PROGRAM.search(said) or _PORT.search(said)):
            return [one.cite()], one.entry.message
    return [], ""


def _stopped(situation: Situation, found: Candidate[Subject]) -> Finding:
    return held(*_said(situation, found.about)[0])


def _context_says_so(_: Situation, found: Candidate[Subject]) -> Finding:
    pod, own = found.about.container.pod, found.about.container.spec.get("securityContext")
    if own:
        return held(pod.say(f"container {found.about.container.name}: securityContext = {own}"))
    if dig(pod.raw, "spec", "securityContext"):
        return held(pod.cite("spec", "securityContext"))
    return failed(pod.say("it has no securityContext"))


def _changed(situation: Situation, found: Candidate[Subject]) -> Finding:
    rolled = changed(situation, found.about.workload, "securityContext")
    return held(cite_rollout(rolled, "securityContext")) if rolled else UNTESTED


def _steps(_: Situation, found: Candidate[Subject]) -> list[str]:
    return [
        f"Make the image fit the security context of container {found.about.container.name}, or grant what it needs.",
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="SecurityContextDenied",
        means="runAsNonRoot, a read-only file system, capabilities or seccomp stop the container.",
        names="workload",
        explains="containers that cannot be created, crash, or fail when they write",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("kubelet or program name the restriction", _stopped, 350, -300),
            Prediction("the security context restricts it", _context_says_so, 100, -200),
            Prediction("the newest revision changed the security context", _changed, 150, 0),
        ),
        steps=_steps,
    ),
)
