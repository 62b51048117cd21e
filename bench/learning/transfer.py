"""Transfer: what was taught on three objects applies to others of their kind, and to no others."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench.learning.figures import share
from bench.learning.incidents import Incident, incidents
from bench.row import Bound, Row
from bench.session import Session, Tell
from casebook.api.enums import Verdict
from casebook.api.run import Recalled, Trace
from casebook.knowledge.context import WORKLOAD_KINDS
from casebook.knowledge.generalising import proposals
from casebook.knowledge.recall import as_confirmed
from casebook.reasoning.replay import replay
from support.memories import cause, concept, correction_of, knowing, memory
from support.reason import roots

GROUP = "transfer"
TAUGHT, UNSEEN = 3, 3
WORDS = (
    "orders", "identity", "ledger", "edge", "packer", "memo", "visitors", "acquirer", "atlas", "meadow", "quarry",
    "billing", "search", "basket", "stock", "label", "courier", "mail", "voucher", "export",
)  # fmt: skip
PARTS = ("api", "worker", "front", "sync")
CODE = "SharedPoolExhausted"


@dataclass(frozen=True)
class Family:
    """Workloads whose names begin, or end, with the same word."""

    mark: str
    begins: bool

    def member(self, stem: str) -> str:
        """A workload of the family."""
        return f"{self.mark}-{stem}" if self.begins else f"{stem}-{self.mark}"

    def strangers(self, stem: str) -> list[str]:
        """Workloads that look like it: the word in another place, inside of another word, and none at all."""
        other = f"{stem}-{self.mark}" if self.begins else f"{self.mark}-{stem}"
        inside = f"{self.mark}{stem}" if self.begins else f"{stem}{self.mark}"
        return [f"{other}-x" if self.begins else f"x-{other}", inside, stem]


FAMILIES = (
    Family("int", begins=True),
    Family("batch", begins=False),
    Family("legacy", begins=True),
    Family("eu", begins=False),
    Family("gpu", begins=True),
    Family("canary", begins=False),
)


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Both ways to teach: three corrections that are generalised, and a concept with what it means."""
    return rows(_askable(), session.tell)


def rows(found: Sequence[Incident], tell: Tell) -> list[Row]:
    """The figures over these incidents."""
    made = []
    for way, teach in (("three corrections", by_corrections), ("a concept", by_concept)):
        tell(way)
        inside: list[bool] = []
        outside: list[bool] = []
        for number, one in enumerate(found):
            rng = random.Random(f"{one.name} {way}")
            family = FAMILIES[number % len(FAMILIES)]
            taught = teach(one, family, rng)
            inside += [_applies(one.called(name), taught) for name in _unseen(family, rng)]
            outside += [_applies(one.called(name), taught) for name in family.strangers(rng.choice(WORDS))]
        applied = [True] * sum(inside) + [False] * sum(outside)
        made += [
            share(GROUP, f"recall, taught by {way}", inside, Bound(">=", 95), "unseen members"),
            share(GROUP, f"precision, taught by {way}", applied, Bound(">=", 98), f"{len(outside)} look like members"),
        ]
    return made


def _askable() -> list[Incident]:
    """Every second incident with a root cause that asks about a workload: a correction of others has no name in it."""
    found = [one for one in incidents() if one.report.verdict is Verdict.ROOT_CAUSE and _workload_asked(one)]
    return found[::2]


def _workload_asked(one: Incident) -> bool:
    target = one.trace.run.spec.target
    return target is not None and target.kind in WORKLOAD_KINDS


def by_corrections(one: Incident, family: Family, rng: random.Random) -> list[Recalled]:
    """Three workloads of the family are corrected alike; what Casebook proposes of it is confirmed."""
    taught = []
    for name in _names(family, rng, TAUGHT):
        trace = one.called(name)
        taught.append(correction_of(trace, replay(trace), id_=f"f-{name}", rootCause={"cause": CODE}))
    # Each is of an investigation of its own.
    taught = [memory.replace(name=f"correction-{number}") for number, memory in enumerate(taught)]
    made = [
        Recalled(name=one.name, namespace=one.namespace, version=1, written_at=taught[0].written_at, spec=one.spec)
        for one in proposals(taught)
    ]
    return [*taught, *map(as_confirmed, made)]


def by_concept(one: Incident, family: Family, _rng: random.Random) -> list[Recalled]:
    """A person says what the names mean, and what is behind the problems of such workloads."""
    operator, value = ("Prefix", f"{family.mark}-") if family.begins else ("Suffix", f"-{family.mark}")
    when = {"matchExpressions": [{"key": "workload.name", "operator": operator, "values": [value]}]}
    scope = {"matchLabels": {"label:class": family.mark}}
    place = one.trace.run.namespace
    return [
        memory("what-it-means", claim=concept({"class": family.mark}, when=when), namespace=place),
        memory("what-is-behind", claim=cause(CODE), scope=scope, namespace=place),
    ]


def _names(family: Family, rng: random.Random, count: int) -> list[str]:
    """Members with one word of their own or two."""
    stems = rng.sample(WORDS, count)
    return [family.member(f"{stem}-{rng.choice(PARTS)}" if rng.random() < 0.4 else stem) for stem in stems]


def _unseen(family: Family, rng: random.Random) -> list[str]:
    return _names(family, rng, UNSEEN)


def _applies(trace: Trace, taught: list[Recalled]) -> bool:
    return CODE in {found for _, found in roots(replay(knowing(trace, *taught)))}
