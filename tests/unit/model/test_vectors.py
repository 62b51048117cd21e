"""Embeddings from an endpoint over loopback: what is taken, what is sent, and every way in which there are none."""

import json

import pytest

from casebook.api.texts import EmbeddingFailed
from casebook.evidence.redaction import redact_text
from casebook.model.client import vectors
from support.openaiserver import Endpoint, Turn, cut, endless, endpoint, raw, silent
from support.openaiserver import vectors as made

CANARY = "sk-canary0123456789abcdefghijklmnop"


async def embed(there: Endpoint, *bodies: str, seconds: float = 20) -> list[list[float]]:
    async with vectors("m-1", key="k-1", url=there.url, redact=redact_text, seconds=seconds) as asked:
        assert asked.model == "m-1"
        return await asked.embed(bodies)


async def test_there_is_a_vector_for_each_text_in_their_order() -> None:
    data = [{"index": 1, "embedding": [0.0, 2.0]}, {"index": 0, "embedding": [0.5, -1.0]}]
    async with endpoint(raw(json.dumps({"data": data}))) as there:
        assert await embed(there, "one", "two") == [[0.5, -1.0], [0.0, 2.0]]
    assert there.keys == ["Bearer k-1"]
    assert there.asked == [{"model": "m-1", "input": ["one", "two"], "encoding_format": "float"}]


async def test_credentials_are_not_sent() -> None:
    async with endpoint(made([1.0])) as there:
        await embed(there, f"password=hunter2-canary and {CANARY}")
    assert CANARY not in str(there.asked)
    assert "hunter2-canary" not in str(there.asked)


async def test_nothing_is_asked_for_nothing() -> None:
    async with endpoint(made([1.0])) as there:
        assert await embed(there) == []
    assert there.asked == []


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (raw('{"error": {"message": "no such model"}}', 404), "the endpoint answered 404: .*no such model"),
        (raw("moved", 302, Location="http://127.0.0.1:1/"), "the endpoint answered 302"),
        (raw("no json"), "is no list of embeddings"),
        (raw('{"data": [{"index": 0, "embedding": []}]}'), "is no list of embeddings"),
        (made([1.0]), "no vectors of one size for 2 texts"),
        (made([1.0], [1.0, 2.0]), "no vectors of one size for 2 texts"),
        (made([1.0], [0.0]), "no vectors of one size for 2 texts"),
        (cut, "the endpoint (broke off|cannot be reached)"),
        (endless, "over 4194304 bytes"),
    ],
)
async def test_what_is_no_embedding_is_said_in_words(turn: Turn, said: str) -> None:
    async with endpoint(turn) as there:
        with pytest.raises(EmbeddingFailed, match=said):
            await embed(there, "one", "two")


async def test_a_silent_endpoint_is_left_when_the_time_is_up() -> None:
    async with endpoint(silent) as there:
        with pytest.raises(EmbeddingFailed, match="cannot be reached"):
            await embed(there, "one", seconds=0.2)
