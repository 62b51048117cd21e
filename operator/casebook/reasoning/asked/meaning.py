"""What a question was taken to mean, for whoever asked it: objects, namespace, time."""

from casebook.analysis.naming import Named
from casebook.analysis.things import Ref, clip
from casebook.api.base import timestamp
from casebook.reasoning.asked.wording import read
from casebook.reasoning.situation import Situation

MOST_NAMES = 6
LIMIT = 1000


def meaning(situation: Situation) -> str:
    """In one line what the question was taken to be about; empty where a target was given and no time was named."""
    spec = situation.world.snapshot.run.spec
    about = "" if spec.target else _about(situation)
    parts = [part for part in (about, _elsewhere(situation), _time(situation)) if part]
    return clip("; ".join(parts), LIMIT)


def _about(situation: Situation) -> str:
    world = situation.world
    if not situation.focus:
        return f"all of namespace {world.home}, since it names nothing that was found there"
    names = ", ".join(_shown(situation))
    slips = [item for item in read(world, world.snapshot.run.spec.question) if _is_other(item)]
    said = ", ".join(dict.fromkeys(f'"{item.said}" read as {item.name}' for item in slips))
    return f"{names} in namespace {world.home}{f' ({said})' if said else ''}"


def _shown(situation: Situation) -> list[str]:
    """What it is about; a Service that stands beside its workload of the same name goes without saying."""
    focus = situation.focus
    names = {ref.name for ref in focus if ref.kind != "Service"}
    told: list[Ref] = [ref for ref in sorted(focus) if ref.kind != "Service" or ref.name not in names]
    more = [f"and {len(told) - MOST_NAMES} more"] if len(told) > MOST_NAMES else []
    return [*(situation.label(ref) for ref in told[:MOST_NAMES]), *more]


def _is_other(item: Named) -> bool:
    return item.said not in ("", item.name)


def _elsewhere(situation: Situation) -> str:
    """A namespace that is named and may not be looked into, because only one was asked about."""
    other = [name for name in situation.world.places if name != situation.world.home]
    if not other:
        return ""
    return f"namespace {other[0]} is named too, but only {situation.world.home} was asked about"


def _time(situation: Situation) -> str:
    world = situation.world
    stated = world.stated
    if stated is None:
        return ""
    said = f'"{stated.said}" read as {timestamp(stated.at)}'
    return f"{said}, changes since {timestamp(world.begin)} are weighed"
