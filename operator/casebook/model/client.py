"""The only home of `openai`: one chat completion from an OpenAI-compatible endpoint, within bounds of bytes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, DefaultAsyncHttpxClient, OpenAIError, omit
from openai.types.chat import ChatCompletionMessageParam
from pydantic import ValidationError

from casebook.model.adviser import NoAnswer, Role
from casebook.model.answer import plain
from casebook.model.wire import MAX_COMPLETION_TOKENS, MAX_TOKENS, Completion, Limit

MAX_BYTES = 1 << 20
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
        try:
            return Completion.model_validate_json(await self._body(messages, tokens))
        except APIStatusError as error:
            raise NoAnswer(f"the endpoint answered {error.status_code}: {_reason(error)}") from error
        except APIConnectionError as error:
            raise NoAnswer(f"the endpoint cannot be reached: {plain(str(error.__cause__ or error), REASON)}") from error
        except httpx2.HTTPError as error:
            raise NoAnswer(f"the endpoint broke off: {plain(str(error), REASON)}") from error
        except OpenAIError as error:
            raise NoAnswer(f"the endpoint could not be asked: {plain(str(error), REASON)}") from error
        except ValidationError as error:
            raise NoAnswer("the endpoint's answer is no chat completion") from error

    async def _body(self, messages: Sequence[tuple[Role, str]], tokens: int) -> bytes:
        body = bytearray()
        async with self._client.chat.completions.with_streaming_response.create(
            model=self._model,
            messages=[_param(*message) for message in messages],
            max_completion_tokens=tokens if self._limit == MAX_COMPLETION_TOKENS else omit,
            max_tokens=tokens if self._limit == MAX_TOKENS else omit,
        ) as response:
            async for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise NoAnswer(f"its answer is over {MAX_BYTES} bytes")
        return bytes(body)


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
    http = DefaultAsyncHttpxClient(follow_redirects=False)
    async with AsyncOpenAI(api_key=key, base_url=url, max_retries=retries, http_client=http) as client:
        yield Completions(client, model, limit)
