"""Models that are weak, slow or broken, one fault at a time: the run ends in time with what the rules say."""

import asyncio
import json
import time
from dataclasses import replace

import pytest
from aiohttp import web

from casebook.agent.loop import ADVICE, LEAST, SHARE
from casebook.api.consultation import MAX_TURNS
from casebook.api.investigation import Budget
from casebook.api.report import Report
from casebook.evidence.redaction import redact_text
from casebook.gateway.config import Models
from casebook.gateway.upstream import SHARE as UPSTREAM_SHARE
from casebook.model.adviser import ANSWER_TOKENS, PROMPT_TOKENS, Adviser
from casebook.model.client import completions
from casebook.model.prompt import CHARS_PER_TOKEN
from support.freetext import CASES, freetext, hypothesis
from support.openaiserver import Turn, completion, cut, endless, endpoint, hypotheses, raw
from support.reason import roots

from .test_advised import World, investigate

SLOW = 40
"""Seconds that a small model on two cores takes for a turn."""
CONTEXT = 8192
"""Tokens of the smallest window that a model worth asking has."""
CALL = {"id": "1", "type": "function", "function": {"name": "kubectl", "arguments": '{"args": "get secrets"}'}}
LOOKS = json.dumps({"observe": [{"tool": "get", "object": "ConfigMap/web-config", "field": "data.WORKERS"}]})


def calling() -> Turn:
    body = completion(None)
    body["choices"][0]["message"]["tool_calls"] = [CALL]
    return raw(json.dumps(body))


FAULTS: dict[str, list[Turn]] = {
    "tool calls that nobody offered": [calling()],
    "tool calls as JSON in the content": ['{"name": "kubectl", "arguments": {"args": "get secrets -A"}}'],
    "tool calls in tags": ['<tool_call>{"name": "read", "arguments": {"path": "/etc/passwd"}}</tool_call>'],
    "unknown tools": [json.dumps({"observe": [{"tool": "exec", "object": "Pod/web-p0"}]})],
    "broken JSON": ['{"hypotheses": [{"object": "ConfigMap/web-config", "cause": "Other", "stat'],
    "JSON of another shape": ['{"hypotheses": {"object": "ConfigMap/web-config"}}', "[1, 2, 3]"],
    "an ask in a loop": [LOOKS],
    "an empty answer": [""],
    "no content at all": [raw(json.dumps(completion(None)))],
    "prose": ["It is certainly the database. Restart it."],
    "another language": ["Es liegt bestimmt an der Datenbank.", "肯定是数据库的问题。"],
    "an endless answer": [endless],
    "a very long answer": ["the database " * 20_000],
    "the same word over and over": ["{" * 50_000],
    "its own prompt": ["Answer with one JSON object and nothing else:"],
    "a context that is too small": [raw('{"error": {"message": "maximum context length is 8192 tokens"}}', 400)],
    "too many requests": [raw('{"error": {"message": "slow down"}}', 429)],
    "an error of the server": [raw("<html>oops</html>", 500)],
    "a stream that is cut": [cut],
    "an answer that is none": [raw("no json")],
}


def told_by_rules(found: Report) -> Report:
    """The report without what a model may add: that it gave no help, and what it cost."""
    return found.replace(limitations=[], cost={}, stopped="")


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_run_ends_in_time_with_what_the_rules_say(fault: str) -> None:
    built_in = (await investigate(World(freetext()), None)).report
    began = time.monotonic()
    async with endpoint(*FAULTS[fault]) as there, completions("m", key="k", url=there.url, retries=0) as m:
        conclusion = await investigate(World(freetext()), Adviser(m, redact_text))
    assert told_by_rules(conclusion.report) == told_by_rules(built_in)
    assert not conclusion.error
    assert 1 <= len(there.asked) <= 3
    assert time.monotonic() - began < 60
    if fault != "an ask in a loop":
        assert any(line.startswith("model m") for line in conclusion.report.limitations)


async def slow_first_byte(_: web.Request) -> web.Response:
    await asyncio.sleep(0.5)
    return web.json_response(completion(hypotheses(hypothesis())))


async def test_one_that_is_slow_to_begin_is_waited_for() -> None:
    async with endpoint(slow_first_byte) as there, completions("m", key="k", url=there.url) as m:
        conclusion = await investigate(World(freetext()), Adviser(m, redact_text))
    assert roots(conclusion.report) == [("ConfigMap/web-config", "Other")]


def test_forty_seconds_a_turn_are_within_the_time_of_a_run_and_of_a_call() -> None:
    left = Budget().seconds * SHARE
    for _ in range(MAX_TURNS):
        assert left * ADVICE > SLOW
        left -= SLOW
    assert left > LEAST
    assert Models().seconds_per_call * UPSTREAM_SHARE > SLOW


async def test_prompt_and_answer_fit_into_the_smallest_window_also_where_it_is_asked_once_more() -> None:
    first = next(iter(CASES.values()))
    crowded = replace(first, env=tuple((f"SETTING_{number}", "some words " * 27) for number in range(80)))
    async with endpoint("the database " * 2000) as there, completions("m", key="k", url=there.url) as m:
        await investigate(World(crowded.snapshot()), Adviser(m, redact_text))
    sizes = [sum(len(one["content"]) for one in asked["messages"]) / CHARS_PER_TOKEN for asked in there.asked]
    assert PROMPT_TOKENS * 0.9 < sizes[0] < sizes[1] <= PROMPT_TOKENS
    assert "the database" in there.asked[1]["messages"][2]["content"]
    assert PROMPT_TOKENS + ANSWER_TOKENS <= CONTEXT


async def test_an_empty_answer_is_repeated_as_a_turn_that_is_not_empty() -> None:
    async with endpoint("") as there, completions("m", key="k", url=there.url) as m:
        await investigate(World(freetext()), Adviser(m, redact_text))
    assert all(one["content"] for one in there.asked[1]["messages"])
