"""Which Investigations are of one incident: who explains whom. Pure but for what it is told of each.

The head of an incident is the oldest Investigation (by creation, then namespace and name) that found its root causes by
itself. That is a function of what is there, whatever ended first: where two ran side by side, the younger becomes a
follower, though it may have ended before and had followers of its own.
"""

from datetime import timedelta
from typing import TypeVar

from casebook.controller.tenancy import Tenants
from casebook.controller.views import Case, CaseKey

K = TypeVar("K", str, CaseKey)

FRESH = timedelta(minutes=60)
"""One that was made longer after the end of another is of another incident."""


class Incidents:
    """Finished Investigations with root causes, by what they found and by whom they name."""

    def __init__(self) -> None:
        self._cases: dict[CaseKey, Case] = {}
        self._by_root: dict[str, set[CaseKey]] = {}
        self._followers: dict[CaseKey, set[CaseKey]] = {}

    def put(self, case: Case) -> None:
        """It is so now."""
        self.drop(case.key)
        if not case.finished or not case.roots:
            return
        self._cases[case.key] = case
        for root in case.roots:
            self._by_root.setdefault(root, set()).add(case.key)
        if case.explained_by:
            self._followers.setdefault(case.explained_by, set()).add(case.key)

    def drop(self, key: CaseKey) -> None:
        """It is gone."""
        case = self._cases.pop(key, None)
        if case is None:
            return
        for root in case.roots:
            _discard(self._by_root, root, key)
        if case.explained_by:
            _discard(self._followers, case.explained_by, key)

    def head(self, key: CaseKey, tenants: Tenants) -> CaseKey | None:
        """The one that explains it; None where it is a head itself. A head that is gone stays the head."""
        case = self._cases.get(key)
        if case is None:
            return None
        found = self._leader(case, tenants)
        if found is None and case.explained_by and case.explained_by not in self._cases:
            return case.explained_by
        return found

    def heads(self, key: CaseKey) -> list[CaseKey]:
        """Those that found one of the same causes and follow nobody: what becomes of them may depend on this one."""
        return [mate.key for mate in self._mates(key) if mate.explained_by is None and mate.key != key]

    def followers(self, key: CaseKey) -> list[CaseKey]:
        """Those whose status names it, the oldest first."""
        return [case.key for case in sorted(map(self._cases.__getitem__, self._followers.get(key, ())), key=_age)]

    def _mates(self, key: CaseKey) -> list[Case]:
        case = self._cases.get(key)
        keys = {one for root in case.roots for one in self._by_root.get(root, ())} if case else set()
        return sorted(map(self._cases.__getitem__, keys), key=_age)

    def _leader(self, case: Case, tenants: Tenants) -> CaseKey | None:
        """One that only checked a cause again follows whom it names, or whom that one follows by now."""
        if case.checked is None:
            return self._oldest(case, tenants)
        named = self._cases.get(case.checked)
        if named is None or named.checked is not None or not _is_same_tenant(tenants, case, named):
            return None
        return self._oldest(named, tenants) or named.key

    def _oldest(self, case: Case, tenants: Tenants) -> CaseKey | None:
        """The head of those that found all of its causes; heads are made out one after the other, the oldest first."""
        heads: list[Case] = []
        for mate in self._mates(case.key):
            if mate.checked is not None or not _is_same_tenant(tenants, case, mate):
                continue
            head = next((one for one in heads if _explains(one, mate)), None)
            if mate is case:
                return head.key if head else None
            if head is None and (mate.explained_by is None or mate.explained_by in self._cases):
                heads.append(mate)
        return None


def _explains(head: Case, case: Case) -> bool:
    """Whether it found all that the other did, just before, and no new occurrence of it has begun since."""
    if head.finished_at is None or case.created > head.finished_at + FRESH:
        return False
    return head.roots >= case.roots and (case.began is None or case.began <= head.finished_at)


def _is_same_tenant(tenants: Tenants, one: Case, other: Case) -> bool:
    tenant = tenants.of.get(one.namespace)
    return tenant is not None and tenant == tenants.of.get(other.namespace)


def _age(case: Case) -> tuple[float, CaseKey]:
    return case.created.timestamp(), case.key


def _discard(index: dict[K, set[CaseKey]], name: K, key: CaseKey) -> None:
    index[name].discard(key)
    if not index[name]:
        del index[name]
