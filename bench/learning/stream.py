"""A stream of incidents: problems that facts tell, that evidence is missing of, and that only insiders understand."""

import functools
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from bench.learning.incidents import Incident, incidents
from bench.learning.oncall import Mood
from bench.learning.transfer import FAMILIES, WORDS, Family
from bench.withholding import without
from casebook.api.enums import Trigger, Verdict
from casebook.api.investigation import Alert
from casebook.api.report import Report
from casebook.api.run import Trace
from casebook.reasoning.replay import replay
from support.reason import roots
from support.renaming import renamed

LENGTH = 100
PLACE = "prod"
PLAIN, BLIND, LOCAL = 4, 4, 4
"""So many problems that facts tell, whose logs nobody can read, and whose cause only the organisation knows."""
MEMBERS = 5
"""So many workloads have a local problem."""
STRANGERS = 0.25
"""How many incidents of a local problem are of other workloads, where the facts are right."""
MENDED_AT = 60
"""From here on one of the local problems has the cause that the facts show: what was behind it is mended."""


@dataclass(frozen=True)
class Problem:
    """What happens again and again; `truths` are the codes that are right for a member of the family."""

    incident: Incident
    names: tuple[str, ...]
    truths: tuple[str, ...]
    family: Family | None = None
    blind: bool = False


@dataclass(frozen=True)
class Happening:
    """One incident of the stream: what it shows without memories, what is right, and what the person will do."""

    number: int
    trace: Trace
    report: Report
    truths: tuple[str, ...]
    mood: Mood
    family: Family | None

    @property
    def alertname(self) -> str:
        """The alert that asks; empty where somebody asks in words."""
        alert = self.trace.run.spec.alert
        return alert.labels.get("alertname", "") if alert else ""

    @property
    def known(self) -> dict[str, str]:
        """What the question says, by keys of scopes."""
        target = self.trace.run.spec.target
        return {"alertname": self.alertname, "namespace": PLACE, "workload.name": target.name if target else ""}


def stream(seed: int) -> Iterator[Happening]:
    """A hundred incidents; a few problems happen often and most of them seldom."""
    rng = random.Random(seed)
    problems = _problems(rng)
    weights = [1 / rank for rank in range(1, len(problems) + 1)]
    mended = next(problem for problem in problems if problem.family)
    for number in range(1, LENGTH + 1):
        problem = rng.choices(problems, weights)[0]
        stranger = problem.family is not None and rng.random() < STRANGERS
        name = _stranger(problem.family, rng) if stranger and problem.family else rng.choice(problem.names)
        trace, report = _happened(problem.incident, name, blind=problem.blind)
        by_facts = stranger or (problem is mended and number >= MENDED_AT)
        truths = _expected(problem.incident) if by_facts else problem.truths
        yield Happening(number, _at(trace, seed, number), report, truths, Mood.of(rng), problem.family)


def _problems(rng: random.Random) -> list[Problem]:
    faults = [one for one in incidents() if one.target and one.snapshot.scenario.expect.verdict is Verdict.ROOT_CAUSE]
    rng.shuffle(faults)
    blind = list(islice((one for one in faults if not _tells(one, "logs")), BLIND))
    rest = [one for one in faults if one not in blind][: PLAIN + LOCAL]
    families = rng.sample(FAMILIES, LOCAL)
    found = [Problem(one, (_plain(rng), _plain(rng)), _expected(one)) for one in rest[LOCAL:]]
    found += [Problem(one, (_plain(rng), _plain(rng)), _expected(one), blind=True) for one in blind]
    found += [_local(one, family, rng) for one, family in zip(rest, families, strict=False)]
    rng.shuffle(found)
    return found


def _plain(rng: random.Random) -> str:
    return f"{rng.choice(WORDS)}-{rng.randrange(100)}"


def _local(one: Incident, family: Family, rng: random.Random) -> Problem:
    names = tuple(family.member(stem) for stem in rng.sample(WORDS, MEMBERS))
    return Problem(one, names, (f"{family.mark.capitalize()}PlatformDown",), family)


def _stranger(family: Family, rng: random.Random) -> str:
    return rng.choice(family.strangers(rng.choice(WORDS)))


@functools.cache
def _tells(one: Incident, kind: str) -> bool:
    """Whether the cause is found although evidence of a kind is missing."""
    return bool({cause for _, cause in roots(replay(without(one.trace, kind)))} & set(_expected(one)))


def _expected(one: Incident) -> tuple[str, ...]:
    """The codes that the scenario takes for right."""
    return tuple(one.snapshot.scenario.expect.causes[0].cause)


@functools.cache
def _happened(one: Incident, name: str, *, blind: bool) -> tuple[Trace, Report]:
    """The incident on a workload of this name in the namespace of the stream, asked by the scenario's alert."""
    raw = one.trace.model_dump_json(by_alias=True).replace(one.trace.run.namespace, PLACE)
    trace = Trace.model_validate(json.loads(renamed(raw, {one.target: name})))
    asked = one.snapshot.scenario.trigger.alert
    if asked is not None:
        spec = trace.run.spec.replace(
            trigger=Trigger.ALERT, alert=Alert(labels={"alertname": asked.labels["alertname"]})
        )
        trace = trace.replace(run=trace.run.replace(spec=spec))
    seen = without(trace, "logs") if blind else trace
    return seen, replay(seen)


def _at(trace: Trace, seed: int, number: int) -> Trace:
    return trace.replace(run=trace.run.replace(name=f"inv-{number}", uid=f"uid-{seed}-{number}", recalled=[]))


def first(report: Report) -> str:
    """The cause that a report stands behind first; empty where it names none."""
    found: Sequence[tuple[str, str]] = roots(report)
    return found[0][1] if found else ""
