"""CommandInvalid: the command or entrypoint of a container is not there, not executable, or takes other arguments."""

import re
from collections.abc import Iterator

from casebook.analysis.access import dig, mapping, text, words
from casebook.analysis.events import Event
from casebook.analysis.logs import Entry
from casebook.analysis.signs import Sign
from casebook.analysis.things import shown
from casebook.analysis.workloads import Container
from casebook.api.base import timestamp
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import Subject, changed, cite_rollout, containers, last_words, only, undo
from casebook.reasoning.situation import Situation

_RUNTIME = re.compile(
    r"executable file not found|exec: |no such file or directory|error during container init|is a directory|"
    r"permission denied|unable to start container process|stat .*: no such file",
    re.IGNORECASE,
)
_MOUNT = re.compile(r"mount|rootfs|volume", re.IGNORECASE)
_SAID = re.compile(
    r"not found|no such file|can't open file|cannot open|cannot find module|unknown (?:command|flag|option|argument)|"
    r"unrecognized (?:arguments?|option)|invalid (?:option|argument|choice)|^usage:|permission denied|No module named|"
    r"unknown service|SyntaxError|syntax error",
    re.IGNORECASE | re.MULTILINE,
)
_OF_CODE = re.compile(r"Syntax|Import|ModuleNotFound|NoClassDef|ClassNotFound|LoadError|NameError")
"""Exceptions about the code itself: it is not there, or cannot be read."""
ARCHITECTURE = re.compile(r"exec format error", re.IGNORECASE)
CODES = {126, 127, 128, 2, 1, 64}
CLEAR_CODES = {126, 127, 128}


def said_by_runtime(container: Container) -> str:
    """What the runtime says of a container that it could not start."""
    return " ".join(filter(None, (text(container.ended, "message"), container.waiting_message)))


def _detect(situation: Situation) -> Iterator[Candidate[Subject]]:
    for workload, _, container in containers(situation):
        if _hook_failures(situation, container):
            yield _hook(situation, Subject(workload, container))
            continue
        runtime = said_by_runtime(container)
        refused = bool(_RUNTIME.search(runtime)) and not _MOUNT.search(runtime) and not ARCHITECTURE.search(runtime)
        if not refused and not (container.exit_code in CODES and _words(situation, container)):
            continue
        rolled = changed(situation, workload, f"[{container.name}].command") or changed(
            situation, workload, f"[{container.name}].args"
        )
        line = " ".join([*words(container.spec, "command"), *words(container.spec, "args")])
        since = f", changed {timestamp(rolled.at)}" if rolled else ""
        yield Candidate(
            object=workload.ref,
            statement=f"Container {container.name} of {situation.label(workload.ref)} cannot run its command "
            f"({line[:120] or 'of the image'}{since})",
            harms=only(workload.ref),
            covers=frozenset({Sign.CREATE, Sign.CRASH, Sign.NOT_READY, Sign.JOB_FAILED}),
            about=Subject(workload, container),
            changed=rolled.at if rolled else None,
        )


def _hook_failures(situation: Situation, container: Container) -> list[Event]:
    """Events that say that a postStart hook failed, for which the kubelet kills the container."""
    if container.ready or not mapping(container.spec, "lifecycle", "postStart"):
        return []
    return [one for one in situation.world.about(container.pod.ref) if one.reason == "FailedPostStartHook"]


def _hook(situation: Situation, subject: Subject) -> Candidate[Subject]:
    rolled = changed(situation, subject.workload, f"[{subject.container.name}].lifecycle")
    return Candidate(
        object=subject.workload.ref,
        statement=f"The postStart hook of container {subject.container.name} of "
        f"{situation.label(subject.workload.ref)} fails, and the kubelet kills the container for it: "
        f"{_hook_said(subject.container)[:160]}",
        harms=only(subject.workload.ref),
        covers=frozenset({Sign.CREATE, Sign.CRASH, Sign.NOT_READY, Sign.JOB_FAILED}),
        about=subject,
        changed=rolled.at if rolled else None,
    )


def _hook_said(container: Container) -> str:
    return f"lifecycle.postStart = {shown(dig(container.spec, 'lifecycle', 'postStart'))}"


def _words(situation: Situation, container: Container) -> bool:
    return any(_about_command(one.entry) for one in last_words(situation, container))


def _about_command(entry: Entry) -> bool:
    """What a program that runs could not find or open is no matter of its command, unless it is its own code."""
    raised = entry.exception[0]
    return _SAID.search(entry.said) is not None and (not raised or _OF_CODE.search(raised) is not None)


def _cannot_run(situation: Situation, found: Candidate[Subject]) -> Finding:
    container = found.about.container
    hooked = _hook_failures(situation, container)
    if hooked:
        return held(hooked[-1].cite(), container.pod.say(f"container {container.name}: {_hook_said(container)}"))
    if _RUNTIME.search(said_by_runtime(container)):
        return held(container.cite_ended() if container.ended else container.cite_state())
    if container.exit_code in CLEAR_CODES:
        return held(container.cite_ended())
    said = [one for one in last_words(situation, container) if _about_command(one.entry)]
    return Finding(UNTESTED.outcome, tuple(one.cite() for one in said[:1]))


def _says_so(situation: Situation, found: Candidate[Subject]) -> Finding:
    if _hook_failures(situation, found.about.container):
        return UNTESTED
    said = last_words(situation, found.about.container)
    fitting = [one for one in said if _about_command(one.entry)]
    if fitting:
        return held(*(one.cite() for one in fitting[:1]))
    return failed(*(one.cite() for one in said[:1])) if said else UNTESTED


def _logs(_: Situation, found: Candidate[Subject]) -> list[Query]:
    return found.about.logs()


def _changed(situation: Situation, found: Candidate[Subject]) -> Finding:
    workload, container = found.about
    for part in (f"[{container.name}].{field}" for field in ("command", "args", "lifecycle")):
        rolled = changed(situation, workload, part)
        if rolled:
            return held(cite_rollout(rolled, part))
    return UNTESTED


def _at_once(_: Situation, found: Candidate[Subject]) -> Finding:
    container = found.about.container
    if container.is_running or container.ready:
        return failed(container.cite_state())
    return held(container.cite_state())


def _steps(_: Situation, found: Candidate[Subject]) -> list[str]:
    workload, container = found.about
    return [f"Correct command and args of container {container.name}.", undo(workload)]


CAUSES = (
    Cause(
        code="CommandInvalid",
        means="The command, entrypoint or postStart hook is not there, not executable, or takes other arguments.",
        names="workload",
        explains="containers that cannot start or end at once",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            Prediction("the command or hook cannot be run", _cannot_run, 380, -200),
            Prediction(
                "what it says at its end is about the command",
                _says_so,
                150,
                -150,
                _logs,
            ),
            Prediction("command or arguments were changed", _changed, 150, 0),
            Prediction("it never comes up", _at_once, 40, -200),
        ),
        steps=_steps,
    ),
)
