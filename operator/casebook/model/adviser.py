"""The call: an OpenAI-compatible endpoint is asked for hypotheses, within tokens, time and bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, DefaultAsyncHttpxClient, OpenAIError
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, Field, ValidationError

from casebook.analysis.things import clip
from casebook.api.consultation import Consultation
from casebook.api.report import Report
from casebook.api.run import Run
from casebook.model.answer import NotUnderstood, plain, take
from casebook.model.prompt import CHARS_PER_TOKEN, VERSION, Prompt, build
from casebook.reasoning.board import Board

PROMPT_TOKENS, ANSWER_TOKENS = 6000, 2000
CALLS = 2
"""One, and one more where the answer is not understood."""
MAX_BYTES = 1 << 20
_AGAIN = (
    'That is not the JSON object that was asked for ({problem}). Answer with {{"hypotheses": [...]}} and nothing else.'
)

Key = str | Callable[[], Awaitable[str]]


class _Usage(BaseModel):
    prompt_tokens: Annotated[int, Field(ge=0)] = 0
    completion_tokens: Annotated[int, Field(ge=0)] = 0


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: _Usage | None = None


class _NoAnswer(Exception):
    """The endpoint gave none that can be read; one line for a person."""


class Adviser:
    """Asks one model. Implements `agent.loop.Adviser`; `redact` takes credentials out of what is sent."""

    def __init__(self, client: AsyncOpenAI, model: str, redact: Callable[[str], str]) -> None:
        self._client = client
        self._model = model
        self._redact = redact

    async def advise(self, run: Run, board: Board, report: Report, seconds: float) -> Consultation:
        """What the model proposes within so many seconds and the run's budget of tokens. Never raises for the model."""
        asked = Consultation(model=clip(self._model, 253), prompt=VERSION)
        prompt = build(run, board, report, PROMPT_TOKENS)
        talk: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": self._redact(prompt.user)},
        ]
        try:
            async with asyncio.timeout(seconds):
                return await self._talk(asked, prompt, talk, run.spec.budget.tokens)
        except TimeoutError:
            return asked.replace(calls=1, problem=f"it did not answer within {seconds:.0f} s")

    async def _talk(
        self, asked: Consultation, prompt: Prompt, talk: list[ChatCompletionMessageParam], budget: int
    ) -> Consultation:
        for call in range(1, CALLS + 1):
            size = sum(len(str(message.get("content"))) for message in talk) // CHARS_PER_TOKEN + 1
            used = asked.prompt_tokens + asked.completion_tokens
            if used + size + ANSWER_TOKENS > budget:
                return asked.replace(
                    problem=asked.problem or f"the budget of {budget} tokens leaves no room for a question"
                )
            try:
                completion = await self._ask(talk)
            except _NoAnswer as error:
                return asked.replace(calls=call, problem=str(error))
            text = completion.choices[0].message.content or ""
            usage = completion.usage or _Usage(prompt_tokens=size, completion_tokens=len(text) // CHARS_PER_TOKEN + 1)
            asked = asked.replace(
                calls=call,
                prompt_tokens=asked.prompt_tokens + usage.prompt_tokens,
                completion_tokens=asked.completion_tokens + usage.completion_tokens,
            )
            try:
                taken = take(text, prompt)
            except NotUnderstood as error:
                asked = asked.replace(problem=str(error))
                talk += [
                    {"role": "assistant", "content": text[:4000]},
                    {"role": "user", "content": _AGAIN.format(problem=error)},
                ]
                continue
            return asked.replace(proposals=taken.proposals, refused=taken.refused, problem="")
        return asked

    async def _ask(self, talk: list[ChatCompletionMessageParam]) -> _Completion:
        try:
            async with self._client.chat.completions.with_streaming_response.create(
                model=self._model, messages=talk, max_completion_tokens=ANSWER_TOKENS
            ) as response:
                body = bytearray()
                async for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_BYTES:
                        raise _NoAnswer(f"its answer is over {MAX_BYTES} bytes")
            return _Completion.model_validate_json(body)
        except APIStatusError as error:
            raise _NoAnswer(f"the endpoint answered {error.status_code}: {_reason(error)}") from error
        except APIConnectionError as error:
            raise _NoAnswer(f"the endpoint cannot be reached: {plain(str(error.__cause__ or error), 200)}") from error
        except httpx2.HTTPError as error:
            raise _NoAnswer(f"the endpoint broke off: {plain(str(error), 200)}") from error
        except OpenAIError as error:
            raise _NoAnswer(f"the endpoint could not be asked: {plain(str(error), 200)}") from error
        except ValidationError as error:
            raise _NoAnswer("the endpoint's answer is no chat completion") from error


def _reason(error: APIStatusError) -> str:
    """What the endpoint says: OpenAI's `error.message`, or the gateway's plain `error`."""
    said = error.body.get("message") if isinstance(error.body, dict) else error.body
    return plain(said or error.message, 200)


@asynccontextmanager
async def adviser(
    model: str, redact: Callable[[str], str], *, key: Key, url: str | None = None, retries: int = 2
) -> AsyncIterator[Adviser]:
    """An adviser at an endpoint; where no URL is given, at $OPENAI_BASE_URL or OpenAI's own."""
    http = DefaultAsyncHttpxClient(follow_redirects=False)
    async with AsyncOpenAI(api_key=key, base_url=url, max_retries=retries, http_client=http) as client:
        yield Adviser(client, model, redact)
