"""What makes embeddings, as the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from casebook.api.texts import Embedder, EmbeddingFailed
from casebook.controller.config import ControllerConfig, EmbeddingsEndpoint
from casebook.embedding.minilm import MiniLm
from casebook.evidence.redaction import redact_text


@asynccontextmanager
async def embedder(config: ControllerConfig) -> AsyncIterator[Embedder | None]:
    """The model of the settings; None where texts are found by their words alone."""
    if config.embeddings == "Endpoint" and config.embeddings_endpoint:
        async with _at(config.embeddings_endpoint) as found:
            yield found
    else:
        yield MiniLm() if config.embeddings == "Local" else None


@asynccontextmanager
async def _at(endpoint: EmbeddingsEndpoint) -> AsyncIterator[Embedder]:
    # Loading the client takes seconds and memory, which an installation without an endpoint need not have.
    from casebook.model.client import vectors

    async def key() -> str:
        return _read(endpoint.key_file) if endpoint.key_file else "none"

    async with vectors(
        endpoint.model, key=key, url=endpoint.url, redact=redact_text, seconds=endpoint.seconds_per_call
    ) as made:
        yield made


def _read(file: Path) -> str:
    """The key, read for every call so that a rotated Secret counts at once."""
    try:
        return file.read_text().strip()
    except OSError as error:
        raise EmbeddingFailed(f"the key of the endpoint cannot be read: {error.strerror}") from error
