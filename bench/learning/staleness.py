"""Staleness: what is past, spent, gone, replaced or taken back moves no verdict."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bench.learning.figures import none, share
from bench.learning.incidents import Incident, conclusion, incidents, why_stale
from bench.row import Bound, Row
from bench.session import Session, Tell
from casebook.api.case import Use
from casebook.api.enums import Judgement, Role, State
from casebook.api.memory import Claim
from casebook.api.run import Recalled
from casebook.knowledge.concepts import key
from casebook.knowledge.conflicts import claim_of
from casebook.knowledge.standing import standings
from casebook.reasoning.replay import replay
from support.memories import correction_of, knowing

GROUP = "staleness"
WRONG = {"cause": "OldTruth", "statement": "It was so once."}
Age = Callable[[Incident, Recalled], list[Recalled]]


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Gives every incident a memory that would move it, fresh and then stale in every way."""
    return rows(incidents(), session.tell)


def rows(found: Sequence[Incident], tell: Tell) -> list[Row]:
    """The figures over these incidents."""
    fresh: list[bool] = []
    moved: list[str] = []
    for one in found:
        tell(one.name)
        memory = correction_of(one.trace, one.report, rootCause=WRONG)
        fresh.append(_moves(one, [memory]))
        moved += [f"{one.name}: {way}" for way, age in AGES.items() if _moves(one, age(one, memory))]
    return [
        none(GROUP, "stale memories that move a verdict", moved, len(found) * len(AGES), ", ".join(AGES)),
        share(GROUP, "the same memories move it while they are fresh", fresh, Bound(">=", 100)),
    ]


def _moves(one: Incident, memories: list[Recalled]) -> bool:
    return conclusion(replay(knowing(one.trace, *memories))) != conclusion(one.report)


def _at(days: int) -> Callable[[Incident], datetime]:
    return lambda one: one.trace.run.now + timedelta(days=days)


def _with(**fields: Callable[[Incident], object]) -> Age:
    """The memory with these fields of its spec."""

    def age(one: Incident, memory: Recalled) -> list[Recalled]:
        return [memory.replace(spec=memory.spec.replace(**{name: made(one) for name, made in fields.items()}))]

    return age


def _spent(role: Role, judgement: Judgement | None) -> Age:
    """As the controller marks it after its uses."""

    def age(one: Incident, memory: Recalled) -> list[Recalled]:
        uses = [_use(one, memory, number, role, judgement) for number in range(3)]
        told = standings([memory], one.trace.run.now, {key(memory): uses})[key(memory)]
        return [memory.replace(stale=why_stale(told))]

    return age


def _use(one: Incident, memory: Recalled, number: int, role: Role, judgement: Judgement | None) -> Use:
    return Use(
        namespace=memory.namespace,
        name=memory.name,
        version=memory.version,
        uid=f"uid-{number}",
        investigation=f"inv-{number}",
        at=one.trace.run.now - timedelta(hours=number + 1),
        role=role,
        judgement=judgement,
        by="bob" if judgement else "",
    )


def _replaced(_one: Incident, memory: Recalled) -> list[Recalled]:
    """A newer one stands in its place, and says nothing of a cause."""
    note = memory.spec.replace(claim=None, statement="That was mended.", supersedes=[memory.name])
    return [memory, memory.replace(name="newer", spec=note)]


def _gone(_one: Incident, memory: Recalled) -> list[Recalled]:
    gone = Claim(cause=claim_of(memory).replace(object="Deployment/was-here-once"))
    return [memory.replace(spec=memory.spec.replace(claim=gone))]


AGES: dict[str, Age] = {
    "verifyBy passed": _with(verify_by=_at(-1)),
    "validUntil passed": _with(valid_until=_at(-1)),
    "validFrom to come": _with(valid_from=_at(1)),
    "retired": _with(state=lambda _: State.RETIRED),
    "rejected by people": _with(state=lambda _: State.REJECTED),
    "three reports called wrong": _spent(Role.ALONE, Judgement.WRONG),
    "its object not found": _spent(Role.GONE, None),
    "its object not there now": _gone,
    "replaced": _replaced,
}
