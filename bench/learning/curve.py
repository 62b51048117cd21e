"""The curve: how often the right cause is named along a stream of incidents, with and without learning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bench.learning.incidents import why_stale
from bench.learning.plot import draw
from bench.learning.retrieval import PastReports, text_of
from bench.learning.stream import LENGTH, Happening, first, stream
from bench.row import Bound, Floor, Row
from bench.session import Session
from bench.spread import Spread
from casebook.api.case import Use
from casebook.api.enums import Judgement
from casebook.api.report import Report
from casebook.api.run import Recalled
from casebook.knowledge.concepts import key
from casebook.knowledge.conflicts import claim_of
from casebook.knowledge.credit import by_memory, uses_of
from casebook.knowledge.generalising import Proposal, proposals
from casebook.knowledge.recall import as_confirmed, recalled
from casebook.knowledge.standing import standings
from casebook.reasoning.replay import replay
from support.memories import WRITTEN, correction_of

GROUP = "curve"
NONE, TEXT, OURS = "no memory", "text of past reports", "Casebook"
LAST = 50
STREAMS = 5

System = Callable[[Happening], str]


@dataclass
class Learner:
    """Casebook with a person on call: corrections are remembered, uses are counted, proposals are confirmed or not."""

    memories: list[Recalled] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)

    def __call__(self, one: Happening) -> str:
        """The cause that the report names, before the person has said what they think of it."""
        now = WRITTEN + timedelta(hours=one.number)
        given, _ = recalled(self._standing(now), one.trace.run)
        run = one.trace.run.replace(recalled=given)
        report = replay(one.trace.replace(run=run))
        found = first(report)
        said = one.mood.says(found, one.truths, _others(one.report))
        judgement = None if said is None else Judgement.CORRECT if said == found else Judgement.WRONG
        new = [
            use.replace(judgement=judgement, by="oncall" if judgement else "", at=now) for use in uses_of(run, report)
        ]
        self.uses = [*new, *self.uses]
        if said is not None and said != found:
            self._correct(one, report, said, now)
        return found

    def _standing(self, now: datetime) -> list[Recalled]:
        """The memories as the controller would mark them by now."""
        told = standings(self.memories, now, by_memory(self.uses))
        return [memory.replace(stale=why_stale(told[key(memory)])) for memory in self.memories]

    def _correct(self, one: Happening, report: Report, said: str, now: datetime) -> None:
        scope = {"matchLabels": one.mood.takes(one.known)}
        named = {"rootCause": {"cause": said}, "scope": scope}
        made = correction_of(one.trace, report, written_at=now, used=self.memories, **named)
        self.memories.append(made)
        for proposal in proposals(self.memories):
            self.memories.append(_decided(proposal, one, now))


def _decided(proposal: Proposal, one: Happening, now: datetime) -> Recalled:
    """The proposal after the person has looked at it: confirmed, or left alone."""
    made = Recalled(name=proposal.name, namespace=proposal.namespace, version=1, written_at=now, spec=proposal.spec)
    confirmed = one.mood.confirms_proposal(right=claim_of(made).cause == one.truths[0] and one.family is not None)
    return as_confirmed(made) if confirmed else made


def _others(report: Report) -> list[str]:
    """Causes that a person could mistake for the one behind it: those that the report considered."""
    return [item.cause for item in report.hypotheses]


@dataclass
class Searcher:
    """The nearest past report by its text says the cause: the one that the person named, else its own."""

    past: PastReports = field(default_factory=PastReports)

    def __call__(self, one: Happening) -> str:
        """What the nearest past report was about; what this one says where there is none."""
        text = text_of(one.report, one.alertname)
        found = self.past.nearest(text) or first(one.report)
        said = one.mood.says(found, one.truths, _others(one.report))
        self.past.keep(text, said or found)
        return found


SYSTEMS: dict[str, Callable[[], System]] = {
    NONE: lambda: lambda one: first(one.report),
    TEXT: Searcher,
    OURS: Learner,
}


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Lets every system live through the same streams; draws how right each was."""
    right: dict[str, list[list[bool]]] = {name: [] for name in SYSTEMS}
    for seed in range(session.options.seed, session.options.seed + STREAMS):
        session.tell(f"stream {seed}")
        happened = list(stream(seed))
        for name, make in SYSTEMS.items():
            system = make()
            right[name].append([system(one) in one.truths for one in happened])
    path = session.options.out / "learning-curve.svg"
    draw(path, right)
    session.show([f"plot: {path}"])
    return _rows(right)


def _rows(right: dict[str, list[list[bool]]]) -> list[Row]:
    last = {name: Spread.of(_percent(one[-LAST:]) for one in streams) for name, streams in right.items()}
    best = max((NONE, TEXT), key=lambda name: last[name].median)
    what = f"right of the last {LAST} of {LENGTH} incidents, {STREAMS} streams"
    note = "; ".join(f"{name} {last[name].median:.0f} % (all {_all(right[name]):.0f} %)" for name in SYSTEMS)
    bound = Bound(">=", 0, over_floor=True)
    return [Row(GROUP, what, "%", last[OURS], bound, Floor(last[best], best), note=note)]


def _percent(answers: Sequence[bool]) -> float:
    return 100 * sum(answers) / len(answers)


def _all(streams: Sequence[Sequence[bool]]) -> float:
    return _percent([answer for one in streams for answer in one])
