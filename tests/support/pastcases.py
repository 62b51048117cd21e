"""Concluded cases, and a store of them in memory, which can be away."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from casebook.api.case import Asked, PastCase, Said, Use
from casebook.api.enums import Judgement, Role, Verdict
from casebook.api.observation import listing, pod_logs
from casebook.api.report import Cost
from casebook.api.run import Clue, Telling
from casebook.knowledge.asking import beside
from casebook.store.errors import StoreUnavailable

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
TOLD = Telling(
    held=["the image is not there"],
    clues=[
        Clue(query=listing("pods", "shop")),
        Clue(query=pod_logs("shop", "web-5d4f8c9b7-abcde", "web"), workload="Deployment/web"),
    ],
)


def past(
    number: int, *, hours: float = 0.0, reads: int = 28, said: str = "", truth: str = "", **fields: Any
) -> PastCase:
    """The case of investigation `inv-<number>`, so many hours before NOW; clear, and told by two reads."""
    held = {
        "uid": f"uid-{number}",
        "namespace": "shop",
        "name": f"inv-{number}",
        "at": NOW - timedelta(hours=hours),
        "asked": Asked(alertname="Down", place="shop", kind="Deployment", entity="web"),
        "telling": TOLD,
        "verdict": Verdict.ROOT_CAUSE,
        "object": "Deployment/web",
        "cause": "ImageNotFound",
        "cost": Cost(observations=reads),
        "said": Said(judgement=Judgement(said), author="alice", truth=truth) if said else None,
    }
    return PastCase(**(held | fields))


def use(number: int = 1, role: str = "Led", said: str = "", *, version: int = 1, name: str = "m") -> Use:
    """What memory `shop/m` was to investigation `inv-<number>`, so many hours before NOW."""
    judged: dict[str, Any] = {"judgement": Judgement(said), "by": "bob"} if said else {}
    return Use(
        namespace="shop",
        name=name,
        version=version,
        uid=f"uid-{number}",
        investigation=f"inv-{number}",
        at=NOW - timedelta(hours=number),
        role=Role(role),
        **judged,
    )


class MemoryCases:
    """The shape of `store.cases.Cases` and of `store.uses.Ledger`."""

    def __init__(self, *kept: PastCase, tenant: str = "label:acme") -> None:
        self.away = False
        self.kept = {(tenant, case.uid): case for case in kept}
        self.words: dict[tuple[str, str, str], Said] = {}
        self.uses: dict[tuple[str, str, str, str], Use] = {}

    async def keep(self, tenant: str, case: PastCase) -> None:
        self._answer()
        self.kept[tenant, case.uid] = case

    async def say(self, tenant: str, uid: str, entries: Mapping[str, Said]) -> None:
        self._answer()
        for id_, said in entries.items():
            self.words.setdefault((tenant, uid, id_), said)

    async def asked(self, tenant: str, asked: Asked) -> list[PastCase]:
        self._answer()
        bare = asked.replace(words=[])
        mine = [case for (owner, _), case in self.kept.items() if owner == tenant]
        return [case for case in mine if case.asked.replace(words=[]) == bare]

    async def beside(self, tenant: str, asked: Asked) -> list[PastCase]:
        self._answer()
        return [case for (owner, _), case in self.kept.items() if owner == tenant and beside(asked, case.asked)]

    async def named(self, tenant: str, uids: Sequence[str]) -> list[PastCase]:
        self._answer()
        return [case for (owner, uid), case in self.kept.items() if owner == tenant and uid in uids]

    async def recent(self, tenant: str, since: datetime) -> list[PastCase]:
        self._answer()
        return [case for (owner, _), case in self.kept.items() if owner == tenant and case.at >= since]

    async def note(self, tenant: str, made: Sequence[Use]) -> None:
        self._answer()
        self.uses |= {(tenant, use.namespace, use.name, use.uid): use for use in made}

    async def used(self, tenant: str) -> list[Use]:
        self._answer()
        mine = [use for (owner, *_), use in self.uses.items() if owner == tenant]
        return sorted(mine, key=lambda use: (use.namespace, use.name, -use.at.timestamp()))

    def _answer(self) -> None:
        if self.away:
            raise StoreUnavailable("connection refused")
