"""The only home of `openai`: a chat completion or embeddings from an OpenAI-compatible endpoint, bounded in bytes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, DefaultAsyncHttpxClient, OpenAIError, omit
from openai.types.chat import ChatCompletionMessageParam
from pydantic import ValidationError

from casebook.api.texts import EmbeddingFailed
from casebook.model.adviser import NoAnswer, Role
from casebook.model.answer import plain
from casebook.model.wire import MAX_COMPLETION_TOKENS, MAX_TOKENS, Completion, Embeddings, Limit

MAX_BYTES, MAX_VECTORS = 1 << 20, 4 << 20
REASON = 200

Key = str | Callable[[], Awaitable[str]]
"""An API key, or what gives the present one for every call."""


class Completions:
    """Asks one model. Implements `model.adviser.Endpoint`."""

    def __init__(self, client: AsyncOpenAI, model: str, limit: Limit) -> None:
        self._client = client
        self._model = model
        self._limit = limit

    @property
    def name(self) -> str:
        """The model's name at its endpoint."""
        return self._model

    async def complete(self, messages: Sequence[tuple[Role, str]], tokens: int) -> Completion:
        """The answer, of at most so many tokens. Raises `NoAnswer`."""
        with _answering("chat completion"):
            return Completion.model_validate_json(await self._body(messages, tokens))

    async def _body(self, messages: Sequence[tuple[Role, str]], tokens: int) -> bytes:
        async with self._client.chat.completions.with_streaming_response.create(
            model=self._model,
            messages=[_param(*message) for message in messages],
            max_completion_tokens=tokens if self._limit == MAX_COMPLETION_TOKENS else omit,
            max_tokens=tokens if self._limit == MAX_TOKENS else omit,
        ) as response:
            return await _bounded(response.iter_bytes(), MAX_BYTES)


class Vectors:
    """Asks one model for embeddings. Implements `api.texts.Embedder`; `redact` takes credentials out of the texts."""

    def __init__(self, client: AsyncOpenAI, model: str, redact: Callable[[str], str]) -> None:
        self.model = model
        self._client = client
        self._redact = redact

    async def embed(self, bodies: Sequence[str]) -> list[list[float]]:
        """A vector for each, in their order. Raises `EmbeddingFailed`."""
        if not bodies:
            return []
        try:
            with _answering("list of embeddings"):
                made = Embeddings.model_validate_json(await self._body([self._redact(one) for one in bodies]))
        except NoAnswer as error:
            raise EmbeddingFailed(str(error)) from error
        found = {one.index: one.embedding for one in made.data}
        vectors = [found[index] for index in range(len(bodies)) if index in found]
        if len(vectors) != len(bodies) or len({len(one) for one in vectors}) != 1 or not all(map(any, vectors)):
            raise EmbeddingFailed(f"the endpoint gave no vectors of one size for {len(bodies)} texts")
        return vectors

    async def _body(self, bodies: list[str]) -> bytes:
        async with self._client.embeddings.with_streaming_response.create(
            model=self.model, input=bodies, encoding_format="float"
        ) as response:
            return await _bounded(response.iter_bytes(), MAX_VECTORS)


async def _bounded(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise NoAnswer(f"its answer is over {limit} bytes")
    return bytes(body)


@contextmanager
def _answering(what: str) -> Iterator[None]:
    """Makes `NoAnswer` of whatever goes wrong with an endpoint that is to answer with this."""
    try:
        yield
    except APIStatusError as error:
        raise NoAnswer(f"the endpoint answered {error.status_code}: {_reason(error)}") from error
    except APIConnectionError as error:
        raise NoAnswer(f"the endpoint cannot be reached: {plain(str(error.__cause__ or error), REASON)}") from error
    except httpx2.HTTPError as error:
        raise NoAnswer(f"the endpoint broke off: {plain(str(error), REASON)}") from error
    except OpenAIError as error:
        raise NoAnswer(f"the endpoint could not be asked: {plain(str(error), REASON)}") from error
    except ValidationError as error:
        raise NoAnswer(f"the endpoint's answer is no {what}") from error


def _param(role: Role, content: str) -> ChatCompletionMessageParam:
    if role == "system":
        return {"role": "system", "content": content}
    return {"role": "assistant", "content": content} if role == "assistant" else {"role": "user", "content": content}


def _reason(error: APIStatusError) -> str:
    """What the endpoint says: OpenAI's `error.message`, or the gateway's plain `error`."""
    said = error.body.get("message") if isinstance(error.body, dict) else error.body
    return plain(said or error.message, REASON)


@asynccontextmanager
async def completions(
    model: str, *, key: Key, url: str | None = None, retries: int = 2, limit: Limit = MAX_COMPLETION_TOKENS
) -> AsyncIterator[Completions]:
    """A model at an endpoint; where no URL is given, at $OPENAI_BASE_URL or OpenAI's own."""
    async with _opened(key, url, retries) as client:
        yield Completions(client, model, limit)


@asynccontextmanager
async def vectors(
    model: str, *, key: Key, url: str, redact: Callable[[str], str], seconds: float
) -> AsyncIterator[Vectors]:
    """A model that makes embeddings at an endpoint, asked twice at most for so many seconds each."""
    async with _opened(key, url, 1) as client:
        yield Vectors(client.with_options(timeout=seconds), model, redact)


@asynccontextmanager
async def _opened(key: Key, url: str | None, retries: int) -> AsyncIterator[AsyncOpenAI]:
    http = DefaultAsyncHttpxClient(follow_redirects=False)
    async with AsyncOpenAI(api_key=key, base_url=url, max_retries=retries, http_client=http) as client:
        yield client
