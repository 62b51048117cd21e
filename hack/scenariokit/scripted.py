"""A model that answers as scenarios say that a capable one would, at an endpoint of its own on loopback."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from scenariokit.format import Scenario
from support.openaiserver import completion, endpoint

MODEL = "scripted"


@asynccontextmanager
async def scripted(scenarios: Sequence[Scenario]) -> AsyncIterator[dict[str, str]]:
    """The environment in which `casebook investigate --model` asks it."""

    async def answered(request: web.Request) -> web.StreamResponse:
        return web.json_response(completion(json.dumps(answer(scenarios, await request.json()), ensure_ascii=False)))

    async with endpoint(answered) as there:
        yield {"OPENAI_BASE_URL": there.url, "OPENAI_API_KEY": MODEL, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def answer(scenarios: Sequence[Scenario], asked: dict[str, Any]) -> dict[str, Any]:
    """What the scenario says whose evidence the prompt shows; no hypothesis where it shows none."""
    prompt = str(asked["messages"][-1]["content"])
    for scenario in scenarios:
        if scenario.advised and any(text in prompt for text in scenario.expect.evidence):
            return scenario.advised.answer
    return {"hypotheses": []}
