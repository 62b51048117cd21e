"""What models cost: reserved before a call and settled after it, for each run and for each tenant and day (UTC)."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from casebook.gateway.config import Models
from casebook.gateway.errors import Problem

_MAX_ACCOUNTS = 4096


@dataclass
class Account:
    """What was spent: calls, tokens, and money in millionths of the currency of the price table."""

    calls: int = 0
    tokens: int = 0
    money: float = 0.0

    def add(self, calls: int, tokens: int, money: float) -> None:
        """Count more; negative numbers give back what was reserved and not used."""
        self.calls += calls
        self.tokens += tokens
        self.money += money


@dataclass(frozen=True)
class Reservation:
    """What a call may cost at most, held in two accounts until it is settled."""

    accounts: tuple[Account, Account]
    tokens: int
    money: float

    def settle(self, tokens: int, money: float) -> None:
        """Count what it did cost in place of what was reserved."""
        for account in self.accounts:
            account.add(0, tokens - self.tokens, money - self.money)


class Ledger:
    """The accounts of this replica. Calls that would go over a limit are refused before they are made."""

    def __init__(self, limits: Models, clock: Callable[[], datetime]) -> None:
        self._limits = limits
        self._clock = clock
        self._accounts: OrderedDict[str, Account] = OrderedDict()

    def reserve(self, uid: str, tenant: str, budget: int, tokens: int, money: float) -> Reservation:
        """Hold so much for a call of a run with this budget of tokens. Raises `Problem` 429 that names the limit."""
        run, day = self._account(f"run {uid}"), self._account(f"day {self._clock():%Y-%m-%d} {tenant}")
        limits = self._limits
        if run.calls >= limits.calls_per_run:
            raise _over(f"{limits.calls_per_run} calls a run (gateway.models.callsPerRun)")
        if run.tokens + tokens > budget:
            raise _over(f"{budget} tokens of this run (spec.budget.tokens)")
        if limits.tokens_per_tenant_and_day and day.tokens + tokens > limits.tokens_per_tenant_and_day:
            raise _over(f"{limits.tokens_per_tenant_and_day} tokens a day (gateway.models.tokensPerTenantAndDay)")
        if limits.money_per_tenant_and_day and day.money + money > limits.money_per_tenant_and_day * 1e6:
            raise _over(f"{limits.money_per_tenant_and_day} a day (gateway.models.moneyPerTenantAndDay)")
        for account in (run, day):
            account.add(1, tokens, money)
        return Reservation((run, day), tokens, money)

    def _account(self, name: str) -> Account:
        account = self._accounts.setdefault(name, Account())
        self._accounts.move_to_end(name)
        while len(self._accounts) > _MAX_ACCOUNTS:
            self._accounts.popitem(last=False)
        return account


def _over(limit: str) -> Problem:
    return Problem(429, f"asking a model would go over the limit: {limit}")
