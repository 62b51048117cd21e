"""A model as a person's command reaches it: by the usual variables of the environment."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import click

from casebook.model.adviser import Endpoint
from casebook.model.wire import MAX_COMPLETION_TOKENS, MAX_TOKENS, Limit

OPENAI = "https://api.openai.com/"
"""Where alone a bound of answers has its newer name for certain."""


@asynccontextmanager
async def asked(model: str, environment: Mapping[str, str]) -> AsyncIterator[Endpoint]:
    """The model of this name where the environment says, or OpenAI's. Raises `click.UsageError` without a client."""
    try:
        # Loading the client takes seconds, which a run without a model need not wait for.
        from casebook.model.client import completions
    except ModuleNotFoundError as error:
        raise click.UsageError("--model needs a client: pip install 'casebook-operator[model]'") from error

    # Endpoints of one's own often want no key; the client insists on one.
    key = environment.get("OPENAI_API_KEY") or "none"
    url = environment.get("OPENAI_BASE_URL") or f"{OPENAI}v1"
    limit: Limit = MAX_COMPLETION_TOKENS if url.startswith(OPENAI) else MAX_TOKENS
    async with completions(model, key=key, url=url, limit=limit) as endpoint:
        yield endpoint
