"""EnvShadowed: a variable has the wrong value: `env` overrides what `envFrom` gives, or a Service brought it along."""

from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import listed, strings, text
from casebook.analysis.changes import Rollout
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref, Thing
from casebook.analysis.workloads import Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import Trouble, changed, cite_rollout, command, only, undo
from casebook.reasoning.checks.logged import everything
from casebook.reasoning.checks.service_links import Link, is_given, links, made_lately, made_since, stated, unlink
from casebook.reasoning.situation import Situation

_LOCAL = {"localhost": ("localhost", "127.0.0.1", "::1")}
COVERS = frozenset({Sign.ERRORS, Sign.VAGUE, Sign.PEER_ERRORS, Sign.CRASH, Sign.NOT_READY, Sign.JOB_FAILED})


class Shadow(NamedTuple):
    """A variable that is given twice, with both values and the path of the winning one."""

    workload: Workload
    name: str
    value: str
    given: str
    source: Thing
    path: tuple[str | int, ...]
    said: tuple[Trouble, ...]


Given = Shadow | Link
"""A variable with a value that is not meant, and where that comes from."""


def _detect(situation: Situation) -> Iterator[Candidate[Given]]:
    for workload in situation.workloads:
        for shadow in _shadows(situation, workload):
            rolled = _rolled(situation, shadow)
            yield Candidate(
                object=workload.ref,
                statement=f"{situation.label(workload.ref)} sets {shadow.name}={shadow.value[:80]} itself, which "
                f"overrides {shadow.given[:80]} of {situation.label(shadow.source.ref)}",
                harms=only(workload.ref),
                covers=COVERS,
                about=shadow,
                changed=rolled.at if rolled else None,
            )
    for link in links(situation):
        yield Candidate(
            object=link.workload.ref,
            statement=stated(situation, link),
            harms=only(link.workload.ref),
            covers=COVERS,
            about=link,
            changed=made_lately(situation, link),
        )


def _shadows(situation: Situation, workload: Workload) -> Iterator[Shadow]:
    for key, index, spec in workload.specs():
        given: dict[str, tuple[str, Thing]] = {}
        for item in listed(spec, "envFrom"):
            thing = situation.world.things.get(
                Ref("ConfigMap", workload.ref.namespace, text(item, "configMapRef", "name"))
            )
            if thing is not None:
                prefix = text(item, "prefix")
                given |= {prefix + name: (value, thing) for name, value in strings(thing.raw, "data").items()}
        for position, item in enumerate(listed(spec, "env")):
            name, value = text(item, "name"), text(item, "value")
            if value and name in given and given[name][0] != value:
                path = workload.spec_path(key, index, "env", position)
                said = tuple(one for one in everything(situation, workload) if _about(one, value, given[name][0]))
                yield Shadow(workload, name, value, given[name][0], given[name][1], path, said)


def _about(one: Trouble, value: str, given: str) -> bool:
    """Whether an error names the place of a value; where the other leads to the same host, with the port."""
    place, other = _place(value), _place(given)
    host = place.split(":")[0]
    if host == other.split(":")[0]:
        return place != other and place in one.entry.said
    names = _LOCAL.get(host, ()) or (host,)
    return any(name and name in one.entry.said for name in names)


def _place(value: str) -> str:
    return value.split("://")[-1].split("/")[0].rsplit("@", maxsplit=1)[-1]


def _errors_name_it(_: Situation, found: Candidate[Given]) -> Finding:
    given = found.about
    if given.said or isinstance(given, Link):
        return held(*(one.cite() for one in given.said[:2]))
    return failed(given.workload.thing.cite(*given.path), note="no error names it")


def _given_twice(_: Situation, found: Candidate[Given]) -> Finding:
    shadow = found.about
    if isinstance(shadow, Link):
        return UNTESTED
    return held(shadow.workload.thing.cite(*shadow.path), shadow.source.say(f"{shadow.name} = {shadow.given[:120]}"))


def _rolled(situation: Situation, shadow: Shadow) -> Rollout | None:
    return changed(situation, shadow.workload, f".env[{shadow.name}]")


def _changed_lately(situation: Situation, found: Candidate[Given]) -> Finding:
    rolled = None if isinstance(found.about, Link) else _rolled(situation, found.about)
    return held(cite_rollout(rolled, ".env")) if rolled else UNTESTED


def _linked(situation: Situation, found: Candidate[Given]) -> Finding:
    return is_given(situation, found.about) if isinstance(found.about, Link) else UNTESTED


def _linked_since(situation: Situation, found: Candidate[Given]) -> Finding:
    return made_since(situation, found.about) if isinstance(found.about, Link) else UNTESTED


def _steps(_: Situation, found: Candidate[Given]) -> list[str]:
    given = found.about
    if isinstance(given, Link):
        return unlink(given)
    take_out = f"{command('set env', given.workload.ref)} {given.name}-   # takes it out of env; restarts its pods"
    return [take_out, undo(given.workload)]


CAUSES = (
    Cause(
        code="EnvShadowed",
        means="A variable has the wrong value: env overrides what envFrom gives, or the kubelet gives one for a "
        "Service (service links) that the program takes for its own.",
        names="workload",
        explains="errors that name a place that the ConfigMap does not name, or a value that nobody set",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("errors name the overriding value", _errors_name_it, 280, -300),
            Prediction("env and envFrom give different values", _given_twice, 200, -300),
            Prediction("the newest revision brought it", _changed_lately, 120, 0),
            Prediction("the kubelet gives it for a Service, and the template does not", _linked, 250, -300),
            Prediction("the Service is younger than what ran well, older than what fails", _linked_since, 200, -300),
        ),
        steps=_steps,
    ),
)
