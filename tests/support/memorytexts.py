"""Stores of texts and of versions in memory, which can be away; and an embedder that knows a few words."""

from collections.abc import Sequence

from casebook.api.run import Recalled
from casebook.api.texts import EmbeddingFailed, Text, TextKind
from casebook.store.errors import StoreUnavailable


class MemoryTexts:
    """The shape of `store.texts.Texts`; by words it counts those that two texts share."""

    def __init__(self) -> None:
        self.away = False
        self.kept: dict[tuple[str, TextKind, str], Text] = {}
        self.vectors: dict[tuple[str, TextKind, str], tuple[str, Sequence[float]]] = {}
        self.writes = 0

    async def digests(self, tenant: str, kind: TextKind) -> dict[str, str]:
        return {text.id: text.digest for text in self._mine(tenant, kind)}

    async def keep(self, tenant: str, kind: TextKind, made: Sequence[Text]) -> None:
        self._answer()
        for text in made:
            key = (tenant, kind, text.id)
            if self.kept.get(key) != text:
                self.writes += 1
                self.kept[key] = text
                self.vectors.pop(key, None)

    async def drop(self, tenant: str, kind: TextKind, ids: Sequence[str]) -> None:
        self._answer()
        for id_ in ids:
            self.writes += 1
            self.kept.pop((tenant, kind, id_), None)

    async def unembedded(self, tenant: str, model: str, limit: int) -> list[tuple[TextKind, Text]]:
        self._answer()
        waiting = [
            (kind, text)
            for (owner, kind, id_), text in sorted(self.kept.items())
            if owner == tenant and self.vectors.get((owner, kind, id_), ("", ()))[0] != model
        ]
        return waiting[:limit]

    async def embed(
        self, tenant: str, model: str, made: Sequence[tuple[TextKind, Text]], vectors: Sequence[Sequence[float]]
    ) -> None:
        self._answer()
        for (kind, text), vector in zip(made, vectors, strict=True):
            self.vectors[tenant, kind, text.id] = (model, vector)

    async def by_words(self, tenant: str, kind: TextKind, said: str, limit: int) -> dict[str, float]:
        asked = set(said.lower().split())
        shared = {text.id: len(asked & set(text.body.lower().split())) for text in self._mine(tenant, kind)}
        best = sorted(shared, key=lambda id_: -shared[id_])[:limit]
        return {id_: float(shared[id_]) for id_ in best if shared[id_]}

    async def by_meaning(
        self, tenant: str, kind: TextKind, model: str, vector: Sequence[float], limit: int
    ) -> dict[str, float]:
        self._answer()
        mine = {
            id_: sum(one * other for one, other in zip(vector, kept, strict=True))
            for (owner, held, id_), (by, kept) in self.vectors.items()
            if owner == tenant and held is kind and by == model
        }
        return dict(sorted(mine.items(), key=lambda item: -item[1])[:limit])

    def _mine(self, tenant: str, kind: TextKind) -> list[Text]:
        self._answer()
        return [text for (owner, held, _), text in self.kept.items() if owner == tenant and held is kind]

    def _answer(self) -> None:
        if self.away:
            raise StoreUnavailable("connection refused")


class Topics:
    """An embedder for which a text means what it says of memory, of names and of disks."""

    TOPICS = (("memory", "oom"), ("dns", "resolver"), ("disk", "volume"))

    def __init__(self, model: str = "topics") -> None:
        self.model = model
        self.failing = False
        self.asked: list[str] = []

    async def embed(self, bodies: Sequence[str]) -> list[list[float]]:
        if self.failing:
            raise EmbeddingFailed("no answer")
        self.asked += bodies
        return [[float(any(word in body for word in topic)) for topic in self.TOPICS] for body in bodies]


class MemoryVersions:
    """The shape of `store.versions.Versions`."""

    def __init__(self) -> None:
        self.away = False
        self.kept: list[tuple[str, Recalled]] = []

    async def keep(self, tenant: str, memories: Sequence[Recalled]) -> None:
        if self.away:
            raise StoreUnavailable("away")
        self.kept += [(tenant, memory) for memory in memories]
