"""What is found by its text, and the port to what makes vectors of texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

MAX_TEXT = 4000
"""Characters of a text that count."""


class TextKind(StrEnum):
    """What a text belongs to."""

    CASE = "Case"
    MEMORY = "Memory"


@dataclass(frozen=True)
class Text:
    """The text of one thing; `id` is the uid of a case, or namespace/name of a memory."""

    id: str
    body: str

    @property
    def digest(self) -> str:
        """SHA-256 of the body: whether it has changed."""
        return sha256(self.body.encode()).hexdigest()


class EmbeddingFailed(Exception):
    """No vectors could be had; the message says why and is fit for a person."""


class Embedder(Protocol):
    """Makes vectors of texts, so that those of like meaning have a small angle.

    `model` names the model and whatever else shapes its vectors: only vectors of one name are compared.
    """

    model: str

    async def embed(self, bodies: Sequence[str]) -> list[list[float]]:
        """A vector for each, all of one size. Raises `EmbeddingFailed`."""
        ...
