"""EnvMissing: a program does not start because a variable that it requires is not set."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import listed, text
from casebook.analysis.changes import Rollout, rollout
from casebook.analysis.settings import settings
from casebook.analysis.signs import Sign
from casebook.analysis.workloads import Container, Workload
from casebook.api.base import timestamp
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import (
    Trouble,
    cite_rollout,
    command,
    containers,
    last_words,
    logs_wanted,
    only,
    undo,
)
from casebook.reasoning.situation import Situation

_NAME = r"['\"`$]?\{?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{3,})\}?['\"`]?"
_GONE = r"(?:not |un)?(?:set|defined|provided|found|missing|required|empty)"
_THING = r"(?:env\w*|variables?|settings?|config\w*)"
_SAYS = tuple(
    re.compile(words)
    for words in (
        rf"{_NAME}(?: environment)?(?: env| var| variable)*:?,? (?:is |was |has |must be |should be )?{_GONE}",
        rf"(?i:(?:missing|undefined|unset|required|expected|need)[^\n]{{0,40}}?{_THING})[^\n]{{0,20}}?\b{_NAME}",
        rf"KeyError: {_NAME}",
        rf"{_NAME}: (?:parameter not set|unbound variable|parameter null or not set)",
        rf"key not found: {_NAME}",
        rf"(?i:please set|must set|set the) (?i:the |environment |env |variable )*{_NAME}",
    )
)
_REFERS = re.compile(r"(?<!\$)\$\(([A-Za-z_][\w.-]*)\)")
_VARIABLE = re.compile(r"\.env\[([^\]]+)\]")
_WORDS = {"ERROR", "FATAL", "INFO", "WARN", "WARNING", "CRITICAL", "DEBUG", "PANIC", "HTTP", "JSON", "YAML", "POST"}
_WORDS |= {"GET", "PUT", "HEAD", "DELETE", "NULL", "NOT", "FILE", "PATH", "URL"}


class Missing(NamedTuple):
    """A variable that the last words of a container name; `user` is another one whose value refers to it in vain."""

    workload: Workload
    container: Container
    name: str
    words: Trouble
    user: str = ""


def named(said: str) -> str:
    """The variable that a message calls missing, or empty."""
    for pattern in _SAYS:
        for found in pattern.finditer(said):
            if found[1] not in _WORDS:
                return found[1]
    return ""


def _detect(situation: Situation) -> Iterator[Candidate[Missing]]:
    for workload, _, container in containers(situation):
        if not container.exit_code:
            continue
        for words in last_words(situation, container):
            kind, message = words.entry.exception
            said = f"{words.entry.message}\n{kind}: {message}"
            name = named(said) or _taken_out(workload, said)
            if name:
                yield _candidate(situation, Missing(workload, container, name, words))
            for user, used in _in_vain(container):
                if f"$({used})" in said:
                    yield _candidate(situation, Missing(workload, container, used, words, user))


def _in_vain(container: Container) -> Iterator[tuple[str, str]]:
    """Variables, with what their values refer to and what is not declared before them: it stays as it is written.

    `$(NAME)` is replaced from variables declared earlier and from `envFrom` (Kubernetes, dependent variables).
    """
    if listed(container.spec, "envFrom"):
        return
    before: set[str] = set()
    for item in listed(container.spec, "env"):
        yield from ((text(item, "name"), used) for used in _REFERS.findall(text(item, "value")) if used not in before)
        before.add(text(item, "name"))


def _candidate(situation: Situation, item: Missing) -> Candidate[Missing]:
    rolled = _removed_by(situation, item)
    since = f"; revision {rolled.new.number} took it out at {timestamp(rolled.at)}" if rolled else ""
    what = f"needs variable {item.name}, which is not set{since}"
    if item.user:
        what = f"gives {item.user} the text $({item.name}) as it stands: {item.name} is not declared before it"
        recent = rollout(item.workload)
        rolled = recent if recent and recent.at >= situation.world.begin else None
    return Candidate(
        object=item.workload.ref,
        statement=f"Container {item.container.name} of {situation.label(item.workload.ref)} {what}",
        harms=only(item.workload.ref),
        covers=frozenset({Sign.CRASH, Sign.NOT_READY, Sign.JOB_FAILED, Sign.ERRORS, Sign.VAGUE}),
        about=item,
        changed=rolled.at if rolled else None,
    )


def _taken_out(workload: Workload, said: str) -> str:
    """The variable that a message names, in whatever language, and that the latest revision took out; or empty."""
    rolled = rollout(workload)
    return next((name for name in _gone(rolled) if re.search(rf"\b{re.escape(name)}\b", said)), "") if rolled else ""


def _gone(rolled: Rollout) -> list[str]:
    """The variables that a rollout left without a value."""
    return [found[1] for one in rolled.found if one.new in (None, "") and (found := _VARIABLE.search(one.path))]


def _removed_by(situation: Situation, item: Missing) -> Rollout | None:
    rolled = rollout(item.workload)
    if rolled is None or rolled.at < situation.world.begin:
        return None
    source = any(".envFrom[" in one.path and one.new is None for one in rolled.found)
    return rolled if item.name in _gone(rolled) or source else None


def _program_says_so(_: Situation, found: Candidate[Missing]) -> Finding:
    return held(found.about.words.cite())


def _not_given(situation: Situation, found: Candidate[Missing]) -> Finding:
    item = found.about
    if item.user:
        order = ", ".join(text(one, "name") for one in listed(item.container.spec, "env"))
        return held(item.workload.thing.say(f"container {item.container.name} declares its variables so: {order}"))
    given = [one for one in settings(situation.world, item.workload) if one.name == item.name and one.value.strip()]
    if given:
        return failed(given[0].cite())
    from_secret = [
        one
        for one in listed(item.container.spec, "env")
        if text(one, "name") == item.name and text(one, "valueFrom", "secretKeyRef", "name")
    ]
    if from_secret:
        return UNTESTED
    names = sorted(text(one, "name") for one in listed(item.container.spec, "env"))
    return held(item.workload.thing.say(f"container {item.container.name} sets only: {', '.join(names) or 'nothing'}"))


def _had_it_before(situation: Situation, found: Candidate[Missing]) -> Finding:
    rolled = _removed_by(situation, found.about)
    return held(cite_rollout(rolled, ".env", ".envFrom")) if rolled else UNTESTED


def _wants(_: Situation, found: Candidate[Missing]) -> list[Query]:
    return logs_wanted(found.about.container)


def _steps(_: Situation, found: Candidate[Missing]) -> list[str]:
    item = found.about
    if item.user:
        return [f"Declare {item.name} before {item.user} in container {item.container.name}.", undo(item.workload)]
    return [
        f"{command('set env', item.workload.ref)} -c {item.container.name} {item.name}=VALUE   # restarts its pods",
        undo(item.workload),
    ]


CAUSES = (
    Cause(
        code="EnvMissing",
        means="A variable that the program requires is not set.",
        names="workload",
        explains="containers that end right after their start, restarts, work that is not done",
        base_rate=0.04,
        detect=_detect,
        predictions=(
            Prediction("the program names the variable when it ends", _program_says_so, 300, -200, _wants),
            Prediction("neither the template nor its ConfigMaps set it", _not_given, 150, -400),
            Prediction("the previous revision had it", _had_it_before, 200, 0),
        ),
        steps=_steps,
    ),
)
