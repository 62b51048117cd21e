"""What a run knows: confirmed memories with force, in the order in which they win, and why others have none."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from casebook.api.run import Recalled
from casebook.knowledge.concepts import Concepts, Derived, key
from casebook.knowledge.conflicts import is_about_cause
from casebook.knowledge.context import Context
from casebook.knowledge.lifecycle import confirmed, powerless, superseded
from casebook.knowledge.precedence import rank


@dataclass(frozen=True)
class Known:
    """Memories in force, best first; those of a kind are asked for by the kind's name in a claim."""

    memories: tuple[Recalled, ...] = ()
    powerless: dict[str, str] = field(default_factory=dict)
    """Why a confirmed memory has no force, by `namespace/name`."""
    idle: tuple[Recalled, ...] = ()
    """Those without force, for showing."""

    @classmethod
    def of(cls, recalled: Iterable[Recalled], now: datetime) -> "Known":
        """What is known at this moment. The order in which memories come changes nothing."""
        held = sorted(confirmed(recalled), key=rank)
        reasons = {key(memory): why for memory in held if (why := powerless(memory, now))}
        alive = [memory for memory in held if key(memory) not in reasons]
        held_by = superseded(alive)
        for memory in alive:
            successor = held_by.get(key(memory))
            # Of two causes it is decided where both apply (`conflicts.outranked`).
            if successor is not None and not (is_about_cause(successor) and is_about_cause(memory)):
                reasons[key(memory)] = f"{successor.name} replaces it"
        return cls(
            tuple(memory for memory in alive if key(memory) not in reasons),
            reasons,
            tuple(memory for memory in held if key(memory) in reasons),
        )

    def claiming(self, kind: str) -> tuple[Recalled, ...]:
        """Memories whose claim is of this kind: concept, cause, noise, dependency or expectation."""
        return tuple(one for one in self.memories if one.spec.claim and getattr(one.spec.claim, kind) is not None)

    @property
    def notes(self) -> tuple[Recalled, ...]:
        """Memories without a claim: shown, never acted on."""
        return tuple(one for one in self.memories if one.spec.claim is None)

    @cached_property
    def concepts(self) -> Concepts:
        """The concepts among them."""
        return Concepts.of(self.memories)

    def derive(self, context: Context) -> Derived:
        """A context with its derived labels."""
        return self.concepts.derive(context)
