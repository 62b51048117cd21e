"""CPULimitTooLow: a container is throttled at its CPU limit and answers late, without errors of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from casebook.analysis import failures
from casebook.analysis.access import text
from casebook.analysis.curves import Curve, Series
from casebook.analysis.robust import stretch
from casebook.analysis.signs import Sign
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.api.observation import Query, used
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held, tested
from casebook.reasoning.checks.helpers import Subject, cite_rollout, containers, lowered, only, troubles, undo, was
from casebook.reasoning.checks.load import is_compared
from casebook.reasoning.checks.strain import ALL, FELT, LITTLE, Use, cpu_used
from casebook.reasoning.situation import Situation

LIMIT = ".resources.limits.cpu"
CALM = timedelta(seconds=60)
"""Time between a limit and a rise of the load after which the rise is no echo of it, such as callers that ask again."""


@dataclass(frozen=True)
class Throttled:
    """A container with a CPU limit, what it uses of it, and the share of its periods in which it was throttled."""

    subject: Subject
    use: Use | None
    curve: Curve | None = None
    series: Series | None = None

    @property
    def often(self) -> bool:
        """Whether it is throttled often enough to be felt, now."""
        return self.series is not None and (self.series.last or 0.0) >= FELT

    @property
    def is_full(self) -> bool:
        """Whether it uses all of its limit now."""
        return self.use is not None and self.use.share >= ALL


def _detect(situation: Situation) -> Iterator[Candidate[Throttled]]:
    for workload, _, container in containers(situation):
        subject = Subject(workload, container)
        if not workload.serves:
            continue
        found = _throttling(situation, subject)
        rolled = lowered(situation, subject, LIMIT)
        if not (found.often or found.is_full or rolled):
            continue
        limit = text(container.spec, "resources", "limits", "cpu")
        measured_since = _since(found.series) if found.series and found.often else None
        yield Candidate(
            object=workload.ref,
            statement=f"{subject.said(situation)} is throttled at its CPU limit of {limit}{was(rolled, LIMIT)}",
            harms=only(workload.ref),
            covers=frozenset({Sign.VAGUE, Sign.PEER_ERRORS, Sign.NOT_READY, Sign.CRASH, Sign.THROTTLED}),
            about=found,
            since=None if rolled else measured_since,
            changed=rolled.at if rolled else None,
        )


def _throttling(situation: Situation, subject: Subject) -> Throttled:
    found = situation.measured("throttling", subject.workload)
    mine = found.of(subject.container) if found else ()
    use = cpu_used(situation.world, subject.container)
    return Throttled(subject, use, found.curve, mine[0]) if found and mine else Throttled(subject, use)


def _since(series: Series) -> datetime | None:
    bad = [index for index, value in enumerate(series.values) if value is not None and value >= FELT]
    return series.at(stretch(bad)) if bad else None


def _often(_: Situation, found: Candidate[Throttled]) -> Finding:
    curve, series = found.about.curve, found.about.series
    if curve is None or series is None:
        return UNTESTED
    said = f"throttled in {series.last or 0.0:.0%} of its CPU periods now, at most in {series.highest:.0%}"
    return tested(found.about.often, curve.cite(said, series))


def _full(_: Situation, found: Candidate[Throttled]) -> Finding:
    """What is held back at its limit uses all of it: it would use more."""
    use = found.about.use
    if use is None or LITTLE <= use.share < ALL:
        return UNTESTED
    return tested(use.share >= ALL, use.cite)


def _wanted(_: Situation, found: Candidate[Throttled]) -> list[Query]:
    return [used(found.object.namespace)]


def _same_load(situation: Situation, found: Candidate[Throttled]) -> Finding:
    """A limit that was enough until more was asked for is not what went wrong."""
    rise = situation.rises.get(found.object)
    rolled = lowered(situation, found.about.subject, LIMIT)
    if rise is None or rolled is None or rise.began < rolled.at + CALM:
        return UNTESTED
    first = situation.harmed_since is None or rise.began - rise.lag <= situation.harmed_since
    return failed(rise.cite(f"{rise.said()} since {timestamp(rise.began)}")) if first else UNTESTED


def _limit_set(_: Situation, found: Candidate[Throttled]) -> Finding:
    container = found.about.subject.container
    limit = text(container.spec, "resources", "limits", "cpu")
    said = container.pod.say(f"container {container.name}: resources.limits.cpu = {limit or 'not set'}")
    return held(said) if limit else failed(said)


def _limit_lowered(situation: Situation, found: Candidate[Throttled]) -> Finding:
    rolled = lowered(situation, found.about.subject, LIMIT)
    return held(cite_rollout(rolled, LIMIT)) if rolled else UNTESTED


def _late(situation: Situation, found: Candidate[Throttled]) -> Finding:
    slow = [one for one in situation.symptoms_of(found.object) if one.sign in (Sign.SLOW, Sign.NOT_READY)]
    if slow:
        return held(*slow[0].cites)
    mine = {one.ref for one in situation.world.services_of(found.about.subject.workload)} | {found.object}
    for caller in _callers(situation, found):
        for one in troubles(situation, caller):
            if failures.TIMEOUT in one.entry.kinds and any(peer.target in mine for peer in one.peers):
                return held(one.cite())
    latency = situation.measured("latency", found.about.subject.workload)
    if latency is None or not is_compared(situation.world, latency):
        return UNTESTED
    return failed(latency.cite("it answers as fast as before"))


def _callers(situation: Situation, found: Candidate[Throttled]) -> list[Workload]:
    reached = situation.graph.downstream(found.harms)
    return [one for one in situation.workloads if one.ref in reached and one.ref != found.object]


def _steps(_: Situation, found: Candidate[Throttled]) -> list[str]:
    workload, container = found.about.subject
    return [
        f"Raise resources.limits.cpu of container {container.name}, or leave it out and keep the request.",
        undo(workload),
        f"kubectl top pod -n {workload.ref.namespace} {container.pod.ref.name} --containers   # what it uses",
    ]


CAUSES = (
    Cause(
        code="CPULimitTooLow",
        means="A container is throttled at its CPU limit; latency without errors.",
        names="workload",
        explains="slow answers, timeouts of callers, probes that fail now and then",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            Prediction("it is throttled in a quarter of its CPU periods or more", _often, 300, -350),
            Prediction("it uses all of its CPU limit", _full, 250, -150, _wanted),
            Prediction("it has as much to do as when the limit was set", _same_load, 0, -250),
            Prediction("the container has a CPU limit", _limit_set, 40, -300),
            Prediction("the limit was lowered", _limit_lowered, 200, 0),
            Prediction(
                "it answers later than before or its probe not at all, or its callers time out", _late, 150, -250
            ),
        ),
        steps=_steps,
    ),
)
