"""Noise: events and log entries that are known to mean nothing where they are seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from casebook.analysis.events import Event
from casebook.analysis.logs import Entry, Log
from casebook.analysis.things import Ref
from casebook.analysis.world import World
from casebook.api.memory import Noise
from casebook.api.run import Recalled
from casebook.knowledge.matching import like
from casebook.reasoning.memories.taught import Taught

LogKey = tuple[str, str, str, bool]


@dataclass(frozen=True)
class Hushed(World):
    """A world in which what is known to be noise is not heard; whatever is concluded from it never was there."""

    taught: Taught
    noises: tuple[Recalled, ...]

    @cached_property
    def events(self) -> list[Event]:
        """Events but for noise."""
        return [event for event in self.taught.world.events if not any(self._mutes(one, event) for one in self.noises)]

    @cached_property
    def logs(self) -> dict[LogKey, Log]:
        """Logs without the entries that are noise."""
        return {key: self._quiet(log) for key, log in self.taught.world.logs.items()}

    def unheard(self) -> str:
        """What is not heard, in words; empty where nothing is."""
        events = len(self.taught.world.events) - len(self.events)
        entries = sum(len(log.entries) - len(self.logs[at].entries) for at, log in self.taught.world.logs.items())
        said = [f"{events} kinds of event" if events else "", f"{entries} log entries" if entries else ""]
        return " and ".join(part for part in said if part)

    def _quiet(self, log: Log) -> Log:
        pod = Ref("Pod", log.namespace, log.pod)
        noises = [one for one in self.noises if noise_of(one).log_template and self.taught.applies(one, pod)]
        if not noises:
            return log
        kept = tuple(entry for entry in log.entries if not any(_sounds(one, entry) for one in noises))
        return log if len(kept) == len(log.entries) else replace(log, entries=kept)

    def _mutes(self, memory: Recalled, event: Event) -> bool:
        return noise_of(memory).event_reason == event.reason and self.taught.applies(memory, event.about)


def hushed(world: World) -> World:
    """The world without what is known to be noise in it; the same world where nothing is."""
    taught = Taught(world)
    noises = taught.known.claiming("noise")
    return without(taught, noises) if noises else world


def without(taught: Taught, noises: Sequence[Recalled]) -> Hushed:
    """The world without the noise of these memories."""
    return Hushed(taught.world.snapshot, taught, tuple(noises))


def noise_of(memory: Recalled) -> Noise:
    """The claim of a memory about noise."""
    if memory.spec.claim is None or memory.spec.claim.noise is None:
        raise ValueError(f"{memory.name} makes no claim about noise")
    return memory.spec.claim.noise


def _sounds(memory: Recalled, entry: Entry) -> bool:
    template = noise_of(memory).log_template or ""
    return like(template, entry.template) or like(template, entry.message)
