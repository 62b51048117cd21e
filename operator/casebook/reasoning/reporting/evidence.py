"""Numbered citations: every excerpt that a report rests on, once, tied to the observation it was cut from."""

from collections.abc import Iterable

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import Cite, clip
from casebook.api.report import Evidence

MAX_EVIDENCE = 40
MAX_CITED = 16


class Ledger:
    """Gives each distinct citation an id in the order of first use; beyond its size it cites nothing more."""

    def __init__(self, snapshot: Snapshot, excerpt_chars: int) -> None:
        self._snapshot = snapshot
        self._chars = excerpt_chars
        self._found: dict[Cite, Evidence] = {}
        self._digests: dict[str, str] = {}

    def cite(self, cites: Iterable[Cite]) -> list[str]:
        """Ids of these citations; one that points at no observation of this run is left out."""
        found = (self._one(cite) for cite in cites)
        return list(dict.fromkeys(item.id for item in found if item is not None))[:MAX_CITED]

    def _one(self, cite: Cite) -> Evidence | None:
        observation = self._snapshot.by_id.get(cite.observation)
        if cite in self._found or observation is None or len(self._found) >= MAX_EVIDENCE:
            return self._found.get(cite)
        if observation.id not in self._digests:
            self._digests[observation.id] = observation.digest()
        self._found[cite] = Evidence(
            id=f"e{len(self._found) + 1}",
            source=observation.query.source,
            query=clip(observation.command(), 1000),
            observed_at=observation.observed_at,
            window=observation.window,
            excerpt=clip(cite.excerpt, self._chars),
            digest=self._digests[observation.id],
            truncated=observation.truncated,
        )
        return self._found[cite]

    def all(self) -> list[Evidence]:
        """Everything cited, in order."""
        return list(self._found.values())
