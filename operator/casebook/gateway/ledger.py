"""What models cost: reserved before a call and settled after it, for each run and for each tenant and day (UTC)."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from casebook.api.spending import BILLIONTHS, Check, ModelCall, Settled, Spent
from casebook.gateway.config import Models
from casebook.gateway.errors import Problem
from casebook.store.errors import StoreUnavailable

MAX_HELD = 10_000
"""Calls that are held in memory where there is no store; over that the oldest count no more."""
SETTLING = (0.1, 0.2, 0.4)
"""Seconds between looks at calls of a run that other gateways have not settled yet."""
_log = structlog.get_logger(__name__)


class CallStore(Protocol):
    """Keeps calls by tenant. Every method raises `StoreUnavailable`."""

    async def reserve(self, tenant: str, call: ModelCall, since: datetime, check: Check) -> str:
        """Hold a call if `check(spent by its run, spent by its tenant since then)` says nothing; else what it says."""
        ...

    async def settle(self, tenant: str, id_: str, settled: Settled) -> None:
        """Put what became of a call in the place of what was reserved for it."""
        ...

    async def spent(self, tenant: str, uid: str) -> tuple[Spent, int] | None:
        """What a run has spent, and how many of its calls are not settled; None where others count too, unseen."""
        ...

    async def forget(self, tenant: str, before: datetime) -> None:
        """Delete the rows of calls that were made before then."""
        ...


class MemoryCalls:
    """The calls of this replica alone, for an installation without a store: limits count for each replica."""

    def __init__(self) -> None:
        self._calls: OrderedDict[tuple[str, str], ModelCall] = OrderedDict()

    async def reserve(self, tenant: str, call: ModelCall, since: datetime, check: Check) -> str:
        """Hold a call if the check says nothing."""
        own = [one for (of, _), one in self._calls.items() if of == tenant]
        refusal = check(_sum(one for one in own if one.uid == call.uid), _sum(one for one in own if one.at >= since))
        if not refusal:
            self._calls[tenant, call.id] = call.replace(question=None)
            while len(self._calls) > MAX_HELD:
                self._calls.popitem(last=False)
        return refusal

    async def settle(self, tenant: str, id_: str, settled: Settled) -> None:
        """Count what a call did cost."""
        held = self._calls.get((tenant, id_))
        if held and settled.tokens is not None:
            self._calls[tenant, id_] = held.replace(tokens=settled.tokens, money=settled.money or 0)

    async def spent(self, *_: str) -> None:
        """Nothing that may be told: another replica may have asked for the same run."""

    async def forget(self, tenant: str, before: datetime) -> None:
        """Forget calls that were made before then."""
        for key in [key for key, one in self._calls.items() if key[0] == tenant and one.at < before]:
            del self._calls[key]


class Ledger:
    """Holds every call to the limits. Where the store does not answer nothing is spent.

    What became of a call is written while its answer is on the way. Until then, and where a gateway is killed in
    between, the call counts with what was reserved for it, so that a limit never gives way.
    """

    def __init__(self, limits: Models, calls: CallStore, clock: Callable[[], datetime]) -> None:
        self._limits = limits
        self._calls = calls
        self._clock = clock
        self._swept: dict[str, datetime] = {}
        self._writing: dict[str, set[asyncio.Task[None]]] = {}

    async def reserve(self, tenant: str, call: ModelCall, budget: int) -> None:
        """Hold a call of a run with this budget of tokens. Raises `Problem` 429 that names the limit, and 503."""
        day = self._clock().replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            refusal = await self._reserved(tenant, call, day, budget)
            if refusal and self._writing.get(tenant):
                # What calls before it left over may be all that it needs.
                await self._written(tenant)
                refusal = await self._reserved(tenant, call, day, budget)
            await self._sweep(tenant, day)
        except StoreUnavailable as error:
            raise Problem(503, f"what models cost cannot be counted now: {error}") from error
        if refusal:
            raise Problem(429, f"asking a model would go over the limit: {refusal}")

    def settle(self, tenant: str, id_: str, settled: Settled) -> None:
        """Have written what became of a call; where the store does not answer it stays counted as reserved."""
        writing = asyncio.create_task(self._write(tenant, id_, settled))
        of_tenant = self._writing.setdefault(tenant, set())
        of_tenant.add(writing)
        writing.add_done_callback(of_tenant.discard)

    async def spent(self, tenant: str, uid: str) -> Spent | None:
        """What a run has spent by now, as all gateways count it; None where that cannot be told.

        What another gateway is about to write is waited for a moment: without it a call counts as reserved.
        """
        await self._written(tenant)
        try:
            found = await self._calls.spent(tenant, uid)
            for pause in SETTLING:
                if found is None or not found[1]:
                    break
                await asyncio.sleep(pause)
                found = await self._calls.spent(tenant, uid)
        except StoreUnavailable as error:
            _log.warning("what models cost is not told", run=uid, error=str(error))
            return None
        return found and found[0]

    async def close(self, seconds: float) -> bool:
        """Whether all that became of calls was written within this time."""
        try:
            async with asyncio.timeout(seconds):
                for tenant in tuple(self._writing):
                    await self._written(tenant)
        except TimeoutError:
            return False
        return True

    async def _reserved(self, tenant: str, call: ModelCall, day: datetime, budget: int) -> str:
        return await self._calls.reserve(
            tenant, call, day, lambda by_run, by_tenant: self._over(call, budget, by_run, by_tenant)
        )

    async def _written(self, tenant: str) -> None:
        if writing := self._writing.get(tenant):
            await asyncio.wait(tuple(writing))

    async def _write(self, tenant: str, id_: str, settled: Settled) -> None:
        try:
            await self._calls.settle(tenant, id_, settled)
        except StoreUnavailable as error:
            _log.warning("a call of a model stays as reserved", call=id_, error=str(error))

    async def _sweep(self, tenant: str, day: datetime) -> None:
        if self._swept.get(tenant) != day:
            await self._calls.forget(tenant, day - timedelta(days=self._limits.audit_days))
            self._swept[tenant] = day

    def _over(self, call: ModelCall, budget: int, by_run: Spent, by_tenant: Spent) -> str:
        """The limit that a call would go over; a sum that meets it exactly is within."""
        limits = self._limits
        if by_run.calls >= limits.calls_per_run:
            return f"{limits.calls_per_run} calls a run (gateway.models.callsPerRun)"
        if by_run.tokens + call.tokens > budget:
            return f"{budget} tokens of this run (spec.budget.tokens)"
        if _exceeds(by_run.money + call.money, limits.money_per_run):
            return f"{limits.money_per_run} a run (gateway.models.moneyPerRun)"
        if 0 < limits.calls_per_tenant_and_day <= by_tenant.calls:
            return f"{limits.calls_per_tenant_and_day} calls a day (gateway.models.callsPerTenantAndDay)"
        if 0 < limits.tokens_per_tenant_and_day < by_tenant.tokens + call.tokens:
            return f"{limits.tokens_per_tenant_and_day} tokens a day (gateway.models.tokensPerTenantAndDay)"
        if _exceeds(by_tenant.money + call.money, limits.money_per_tenant_and_day):
            return f"{limits.money_per_tenant_and_day} a day (gateway.models.moneyPerTenantAndDay)"
        return ""


def _exceeds(money: int, limit: float) -> bool:
    """Whether billionths of the currency are over a limit in the currency, of which 0 is none."""
    return 0 < round(limit * BILLIONTHS) < money


def _sum(calls: Iterable[ModelCall]) -> Spent:
    held = list(calls)
    return Spent(calls=len(held), tokens=sum(one.tokens for one in held), money=sum(one.money for one in held))
