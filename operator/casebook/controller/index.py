"""The index of texts: what cases and memories are found by, kept in step with them, off the way of any alert.

A text is found by its words as soon as it is kept. Its embedding follows, a few at a time, and is made anew when the
text or the model changes. Without an embedder texts are found by their words alone.
"""

import asyncio
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

import structlog

from casebook.api.enums import State
from casebook.api.run import Recalled
from casebook.api.texts import Embedder, EmbeddingFailed, Text, TextKind
from casebook.controller.storing import storing
from casebook.knowledge.concepts import key
from casebook.knowledge.finding import fused, memory_text

BATCH = 8
"""Texts that are embedded at a time: more of them at once take a gigabyte of memory, and are no faster."""
CANDIDATES = 100
"""The best so many of each channel are looked at."""
EMBED_AGAIN = 60.0
"""Seconds until an embedder that failed is asked again."""
BY_WORDS = "words; no embeddings are configured"

log = structlog.get_logger(__name__)


class TextStore(Protocol):
    """Keeps texts by tenant. Every method raises `StoreUnavailable`."""

    async def digests(self, tenant: str, kind: TextKind) -> dict[str, str]:
        """The digest of each text that is kept, by its id."""
        ...

    async def keep(self, tenant: str, kind: TextKind, made: Sequence[Text]) -> None:
        """Keep texts; one that has changed loses its embedding."""
        ...

    async def drop(self, tenant: str, kind: TextKind, ids: Sequence[str]) -> None:
        """Forget these."""
        ...

    async def unembedded(self, tenant: str, model: str, limit: int) -> list[tuple[TextKind, Text]]:
        """Texts without an embedding by this model."""
        ...

    async def embed(
        self, tenant: str, model: str, made: Sequence[tuple[TextKind, Text]], vectors: Sequence[Sequence[float]]
    ) -> None:
        """Keep the embeddings of texts that have not changed since."""
        ...

    async def by_words(self, tenant: str, kind: TextKind, said: str, limit: int) -> dict[str, float]:
        """The best of them by BM25, with their scores."""
        ...

    async def by_meaning(
        self, tenant: str, kind: TextKind, model: str, vector: Sequence[float], limit: int
    ) -> dict[str, float]:
        """The best of those embedded by this model, with their cosines."""
        ...


@dataclass(frozen=True)
class Found:
    """Scores of 0..1 by id, and in words what they were found by."""

    scores: dict[str, float]
    by: str


class Index:
    """Texts of all tenants. Raises `StoreUnavailable`; what an embedder cannot do is done without."""

    def __init__(self, texts: TextStore, embedder: Embedder | None = None) -> None:
        self._texts = texts
        self._embedder = embedder
        self._seen: dict[str, dict[str, int]] = {}

    async def replace(self, tenant: str, kind: TextKind, texts: Sequence[Text], gone: Set[str] | None = None) -> int:
        """Keep what is new or has changed, forget what is `gone`, all others without it; how many rows changed."""
        held = await self._texts.digests(tenant, kind)
        new = [text for text in texts if held.get(text.id) != text.digest]
        others = held.keys() - {text.id for text in texts}
        dropped = sorted(others if gone is None else others & gone)
        if new:
            await self._texts.keep(tenant, kind, new)
        if dropped:
            await self._texts.drop(tenant, kind, dropped)
        return len(new) + len(dropped)

    async def embed(self, tenant: str) -> int:
        """Make the embeddings of the next few texts that have none by this model; how many were made.

        Raises `EmbeddingFailed`.
        """
        if self._embedder is None:
            return 0
        waiting = await self._texts.unembedded(tenant, self._embedder.model, BATCH)
        if waiting:
            vectors = await self._embedder.embed([text.body for _, text in waiting])
            await self._texts.embed(tenant, self._embedder.model, waiting, vectors)
        return len(waiting)

    async def like(self, tenant: str, kind: TextKind, text: Text) -> Found:
        """Keep a text, and what is like it by its words and, with an embedder, by its meaning; it is among them."""
        await self._texts.keep(tenant, kind, [text])
        words = await self._texts.by_words(tenant, kind, text.body, CANDIDATES)
        if self._embedder is None:
            return Found(fused(words, {}), BY_WORDS)
        model = self._embedder.model
        try:
            (vector,) = await self._embedder.embed([text.body])
        except EmbeddingFailed as error:
            log.warning("found by words alone", error=str(error))
            return Found(fused(words, {}), f"words; no embedding could be had: {error}"[:1024])
        await self._texts.embed(tenant, model, [(kind, text)], [vector])
        meaning = await self._texts.by_meaning(tenant, kind, model, vector, CANDIDATES)
        return Found(fused(words, meaning), f"words and meaning ({model})")

    async def keep_up(self, tenant: str, memories: Sequence[Recalled]) -> float | None:
        """Keep the texts of confirmed memories and embed a few; in how many seconds to go on, where there is more.

        Raises `Unavailable`.
        """
        seen = {key(memory): memory.version for memory in memories}
        before = self._seen.get(tenant, {})
        try:
            with storing():
                if before != seen:
                    texts = await asyncio.to_thread(texts_of, memories)
                    # What a process that has just begun did not see yet is not gone.
                    await self.replace(tenant, TextKind.MEMORY, texts, gone=before.keys() | seen.keys())
                    self._seen[tenant] = seen
                return 0.0 if await self.embed(tenant) else None
        except EmbeddingFailed as error:
            log.warning("no embeddings for now", error=str(error))
            return EMBED_AGAIN


def texts_of(memories: Iterable[Recalled]) -> list[Text]:
    """What confirmed memories are found by."""
    held = [memory for memory in memories if memory.spec.state is State.CONFIRMED]
    return [Text(key(memory), memory_text(memory)) for memory in held]
