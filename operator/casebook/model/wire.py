"""What is read of a chat completion of OpenAI's API; whatever else stands in one is left out."""

from typing import Annotated

from pydantic import BaseModel, Field


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
