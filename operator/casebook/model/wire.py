"""What is read of answers of OpenAI's API: completions of chats, and embeddings. What else stands there is left out."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

MAX_COMPLETION_TOKENS: Final = "max_completion_tokens"
MAX_TOKENS: Final = "max_tokens"
Limit = Literal["max_completion_tokens", "max_tokens"]
"""The parameter that bounds an answer: OpenAI's newer models refuse the old name, Ollama ignores the new one."""


class Usage(BaseModel):
    """Tokens as the endpoint counts them."""

    prompt_tokens: Annotated[int, Field(ge=0)] = 0
    completion_tokens: Annotated[int, Field(ge=0)] = 0

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt_tokens + self.completion_tokens


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message


class Completion(BaseModel):
    """An answer; without `usage` where the endpoint does not count."""

    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: Usage | None = None

    @property
    def text(self) -> str:
        """What the model says; empty where it says nothing or calls tools."""
        return self.choices[0].message.content or ""


class Embedding(BaseModel):
    """The vector of the input with this number."""

    index: Annotated[int, Field(ge=0)]
    embedding: Annotated[list[float], Field(min_length=1, max_length=8192)]


class Embeddings(BaseModel):
    """Vectors of several inputs; without `usage` where the endpoint does not count."""

    data: Annotated[list[Embedding], Field(min_length=1)]
    usage: Usage | None = None
