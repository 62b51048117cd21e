"""What asking models costs: one call as it is reserved and settled, and the sum of several. Money in billionths."""

from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from casebook.api.base import Model, Time
from casebook.api.meta import Line, Short

BILLIONTHS = 10**9
"""Of the currency of the price table: the finest price that counts is a thousandth for a million tokens."""

RESERVED = "reserved"
"""The outcome of a call of which it is not known yet what became of it."""

Count = Annotated[int, Field(ge=0)]


class Spent(Model):
    """The sum of calls; one that is not settled counts with what was reserved for it."""

    calls: Count = 0
    tokens: Count = 0
    money: Count = 0


def currency(billionths: int) -> str:
    """Billionths of the currency as a decimal number of it, exactly."""
    whole, part = divmod(billionths, BILLIONTHS)
    return f"{whole}.{part:09d}".rstrip("0").rstrip(".")


Check = Callable[[Spent, Spent], str]
"""The limit that one more call would go over, from what its run and its tenant have spent; empty where none."""


class ModelCall(Model):
    """A call before it is made: who asks what, and what it may cost at most. `question` only where texts are kept."""

    id: Short
    uid: Short
    namespace: Short
    investigation: Short
    at: Time
    digest: Short
    tokens: Count
    money: Count
    question: str | None = None


class Settled(Model):
    """What became of a call. One that failed stays at what was reserved: nobody says what it cost."""

    endpoint: Short = ""
    model: Short = ""
    outcome: Annotated[str, Field(pattern="^(answered|failed)$")]
    problem: Line = ""
    milliseconds: Count = 0
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    money: Count | None = None
    answer: str | None = None

    @property
    def tokens(self) -> int | None:
        """What the endpoint counted, question and answer; None where the call failed."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return self.prompt_tokens + self.completion_tokens
