"""The call to a model over loopback: what is taken, and every way in which an endpoint can fail to give an answer."""

import json
import re
import time
from dataclasses import replace

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import Consultation
from casebook.api.investigation import Budget
from casebook.evidence.redaction import redact_text
from casebook.model.adviser import Adviser
from casebook.model.client import completions
from casebook.reasoning.engine import weigh
from support.freetext import CASES, CONFIG, freetext, hypothesis
from support.openaiserver import Endpoint, Turn, completion, cut, endless, endpoint, hypotheses, raw, silent
from support.reason import report

GOOD = hypotheses(hypothesis())


async def ask(there: Endpoint, snapshot: Snapshot | None = None, *, seconds: float = 20) -> Consultation:
    given = snapshot or freetext()
    async with completions("scripted", key="k-1", url=there.url, retries=0) as asked:
        return await Adviser(asked, redact_text).advise(given.run, weigh(given), report(given), seconds)


async def test_a_good_answer_is_taken_with_what_it_cost() -> None:
    async with endpoint(GOOD) as there:
        found = await ask(there)
    assert [item.object for item in found.proposals] == [CONFIG]
    assert (found.model, found.calls, found.prompt_tokens, found.completion_tokens) == ("scripted", 1, 1000, 100)
    assert (found.problem, found.refused) == ("", [])
    assert there.keys == ["Bearer k-1"]


@pytest.mark.parametrize(
    ("turn", "problem"),
    [
        (raw('{"error": {"message": "slow down"}}', 429), "the endpoint answered 429: .*slow down"),
        (raw("<html>down</html>", 500), "the endpoint answered 500"),
        (raw("moved", 302, Location="http://127.0.0.1:1/"), "the endpoint answered 302"),
        (raw("no json"), "the endpoint's answer is no chat completion"),
        (raw('{"choices": []}'), "the endpoint's answer is no chat completion"),
        (raw("null"), "the endpoint's answer is no chat completion"),
        (cut, "the endpoint broke off"),
        (endless, "its answer is over 1048576 bytes"),
    ],
)
async def test_a_failing_endpoint_is_a_problem_in_words(turn: Turn, problem: str) -> None:
    async with endpoint(turn) as there:
        found = await ask(there)
    assert not found.proposals
    assert re.search(problem, found.problem), found.problem


async def test_a_silent_endpoint_is_left_when_the_time_is_up() -> None:
    async with endpoint(silent) as there:
        began = time.monotonic()
        found = await ask(there, seconds=0.5)
    assert found.problem == "it did not answer within 0 s"
    assert time.monotonic() - began < 10


async def test_what_was_spent_before_the_time_was_up_stays_counted() -> None:
    async with endpoint("no", silent) as there:
        found = await ask(there, seconds=6)
    assert (found.calls, found.prompt_tokens, found.problem) == (2, 1000, "it did not answer within 6 s")


async def test_nobody_listens() -> None:
    async with endpoint(GOOD) as there:
        pass
    assert "cannot be reached" in (await ask(there)).problem


@pytest.mark.parametrize(
    "first",
    [
        "I think it is the database.",
        "",
        '{"hypotheses": [{"object": "ConfigMap/web-config", "cau',
        '{"thoughts": {"a": 1}} [1, 2]',
        "设置有问题。",
        "{" * 5000,
        "[" * 100_000,
    ],
)
async def test_an_answer_that_is_not_understood_is_asked_for_once_more(first: str) -> None:
    async with endpoint(first, GOOD) as there:
        found = await ask(there)
    assert [item.object for item in found.proposals] == [CONFIG]
    assert (found.calls, found.prompt_tokens) == (2, 2000)
    assert "That is not the JSON object asked for" in there.asked[1]["messages"][-1]["content"]


async def test_a_model_that_never_gets_it_right_is_given_up() -> None:
    async with endpoint("no") as there:
        found = await ask(there)
    assert (len(there.asked), found.calls, found.proposals) == (2, 2, [])
    assert found.problem == 'the answer holds no JSON object {"hypotheses": [...]}'


async def test_calls_of_tools_that_nobody_offered_are_not_understood() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "kubectl", "arguments": "{}"}}
    body = completion(None)
    body["choices"][0]["message"]["tool_calls"] = [call]

    async with endpoint(raw(json.dumps(body))) as there:
        found = await ask(there)
    assert found.problem.startswith("the answer holds no JSON object")


async def test_a_budget_that_has_no_room_sends_nothing() -> None:
    given = freetext()
    poor = given.run.replace(spec=given.run.spec.replace(budget=Budget(tokens=1000)))
    async with endpoint(GOOD) as there:
        found = await ask(there, Snapshot(poor, given.observations))
    assert there.asked == []
    assert found.problem == "the budget of 1000 tokens leaves no room for a question"


async def test_a_spender_is_not_asked_again_once_the_budget_is_used() -> None:
    given = freetext()
    run = given.run.replace(spec=given.run.spec.replace(budget=Budget(tokens=8000)))
    wasteful = raw(json.dumps(completion("no", prompt_tokens=2000, completion_tokens=5000)))
    async with endpoint(wasteful) as there:
        found = await ask(there, Snapshot(run, given.observations))
    assert len(there.asked) == 1
    assert (found.prompt_tokens, found.completion_tokens) == (2000, 5000)


async def test_an_endpoint_that_does_not_count_is_counted_for() -> None:
    body = completion(GOOD)
    del body["usage"]
    async with endpoint(raw(json.dumps(body))) as there:
        found = await ask(there)
    assert found.prompt_tokens > 500
    assert found.completion_tokens > 100


async def test_halves_of_characters_do_not_keep_it_from_being_sent() -> None:
    first = next(iter(CASES.values()))
    odd = replace(first, data=(*first.data, ("ODD", "half \ud83d of it")))
    async with endpoint(GOOD) as there:
        found = await ask(there, odd.snapshot())
    assert found.problem == ""
    assert "half ? of it" in there.asked[0]["messages"][1]["content"]


async def test_no_credential_is_sent() -> None:
    async with endpoint(GOOD) as there:
        await ask(there, freetext(said="login with password=hunter2-canary failed"))
    assert "hunter2-canary" not in str(there.asked)
