"""A simulated person on call, who corrects as people do: not always, not always rightly, and not all alike."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CORRECTS = 0.8
"""How often somebody says that a wrong report is wrong."""
MISTAKEN = 0.1
"""How many of these corrections name another wrong cause."""
CONTRADICTS = 0.04
"""How often somebody else calls a right report wrong."""
ACCEPTS = 0.5
"""How often somebody says that a right report is right."""
CONFIRMS, CONFIRMS_WRONG = 0.8, 0.15
"""How often a proposal is confirmed that is right, and one that is not."""
SCOPES = (("alertname", "namespace", "workload.name"), ("namespace", "workload.name"), ("alertname", "namespace"))
CHOSEN = (0.7, 0.2, 0.1)
"""Scopes that `kubectl casebook correct` offers, and how often each is taken."""


@dataclass(frozen=True)
class Mood:
    """What the person does about one incident, drawn before anybody has looked: the same for every system compared."""

    acts: float
    errs: float
    confirms: float
    scope: tuple[str, ...]
    wrong: float

    @classmethod
    def of(cls, rng: random.Random) -> "Mood":
        """The next one."""
        acts, errs, confirms, wrong = (rng.random() for _ in range(4))
        return cls(acts, errs, confirms, rng.choices(SCOPES, CHOSEN)[0], wrong)

    def says(self, found: str, truths: Sequence[str], others: Sequence[str]) -> str | None:
        """The cause that the person names: the one found where they accept it; None where they say nothing."""
        mistakes = [other for other in others if other not in truths] or ["SomethingElse"]
        mistake = mistakes[int(self.wrong * len(mistakes))]
        if found in truths:
            return mistake if self.acts < CONTRADICTS else found if self.acts < CONTRADICTS + ACCEPTS else None
        if self.acts >= CORRECTS:
            return None
        return mistake if self.errs < MISTAKEN else truths[0]

    def takes(self, values: dict[str, Any]) -> dict[str, str]:
        """The scope that the person chooses, of what is known of the question."""
        return {key: str(values[key]) for key in self.scope if values.get(key)}

    def confirms_proposal(self, *, right: bool) -> bool:
        """Whether the person confirms it."""
        return self.confirms < (CONFIRMS if right else CONFIRMS_WRONG)
