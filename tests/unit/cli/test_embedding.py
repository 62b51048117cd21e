"""What makes embeddings, by the settings: nothing, the model in this process, or an endpoint with a key in a file."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from casebook.api.texts import EmbeddingFailed
from casebook.cli.embedding import embedder
from casebook.controller.config import ControllerConfig
from casebook.embedding.minilm import MODEL
from support.openaiserver import endpoint, vectors


def config(**settings: object) -> ControllerConfig:
    return ControllerConfig.model_validate({"image": "i", "gatewayURL": "http://g:1", **settings})


@pytest.mark.parametrize(("embeddings", "model"), [("None", None), ("Local", MODEL)])
async def test_without_an_endpoint_nothing_is_sent(embeddings: str, model: str | None) -> None:
    async with embedder(config(embeddings=embeddings)) as made:
        assert getattr(made, "model", None) == model


async def test_an_endpoint_is_asked_with_the_key_as_it_is_now(tmp_path: Path) -> None:
    key = tmp_path / "key"
    async with endpoint(vectors([1.0, 2.0])) as there:
        settings = {"url": there.url, "model": "m-1", "keyFile": str(key)}
        async with embedder(config(embeddings="Endpoint", embeddingsEndpoint=settings)) as made:
            assert made is not None
            with pytest.raises(EmbeddingFailed, match="the key of the endpoint cannot be read: No such file"):
                await made.embed(["x"])
            for now in ("first", "second"):
                key.write_text(f"{now}\n")
                assert await made.embed(["x"]) == [[1.0, 2.0]]
    assert there.keys == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "embeddings: Endpoint needs embeddingsEndpoint"),
        ({"embeddingsEndpoint": {"url": "x:1", "model": "m"}}, "url"),
        ({"embeddingsEndpoint": {"url": "http://x/v1", "model": ""}}, "model"),
    ],
)
def test_an_endpoint_that_cannot_be_meant_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        config(embeddings="Endpoint", **settings)
