"""Calls of models as the ledger keeps them, and a spender that asks until it is refused."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from casebook.api.spending import ModelCall, Settled
from casebook.gateway.errors import Problem
from casebook.gateway.ledger import Ledger

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def call(uid: str = "uid-1", *, tokens: int = 100, money: int = 0, at: datetime = NOW) -> ModelCall:
    """One call that may cost so much at most."""
    return ModelCall(
        id=str(uuid4()),
        uid=uid,
        namespace="shop",
        investigation="inv-1",
        at=at,
        digest="d",
        tokens=tokens,
        money=money,
    )


def answered(tokens: int, money: int = 0) -> Settled:
    """A call that was answered and did cost so much."""
    return Settled(endpoint="e", model="m", outcome="answered", prompt_tokens=tokens, completion_tokens=0, money=money)


async def refused(ledger: Ledger, tenant: str, held: ModelCall, budget: int) -> str:
    """What a call is refused with, for its limit; empty where it is held."""
    try:
        await ledger.reserve(tenant, held, budget)
    except Problem as problem:
        return problem.message if problem.status == 429 else f"{problem.status}?"
    return ""


async def spend(ledger: Ledger, tenant: str, budget: int, *, tokens: int, cost: int) -> int:
    """Ask until it is refused; how often it was not. Every call reserves so many tokens and takes `cost` of them."""
    made = 0
    while True:
        held = call(tokens=tokens)
        if await refused(ledger, tenant, held, budget):
            return made
        made += 1
        await asyncio.sleep(0)
        ledger.settle(tenant, held.id, answered(cost))
