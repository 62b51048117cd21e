"""A run that asks a model: once, after the rules, and whatever becomes of it the run ends with a report."""

import asyncio
import json
from typing import Any

import pytest

from casebook.agent.loop import Agent
from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import MAX_TURNS, Consultation, Proposal
from casebook.api.enums import Origin, Reasoning, Standing, Verdict
from casebook.api.investigation import Budget
from casebook.api.observation import Observation, Query, Result, getting, observation_id
from casebook.api.run import Checkpoint
from casebook.evidence.redaction import redact_text
from casebook.model.adviser import Adviser
from casebook.model.client import completions
from casebook.reasoning import engine
from casebook.reasoning.replay import replay
from support.builders import NOW
from support.freetext import CONFIG, freetext, hypothesis
from support.openaiserver import completion, endpoint, hypotheses, raw
from support.reason import roots


class World:
    """Home and observer of a run whose world is a snapshot; what is not in it is not found."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot, self.trace = snapshot, None
        self.made: list[Query] = []

    async def fetch(self):
        return self.snapshot.run

    async def checkpoint(self):
        return Checkpoint()

    async def record(self, observations):
        pass

    async def finish(self, report, trace):
        self.trace = trace

    async def observe(self, query: Query, round_: int) -> Observation:
        self.made.append(query)
        id_ = observation_id(round_, query)
        found = self.snapshot.answer(query)
        if found is not None:
            return found.replace(id=id_, round=round_)
        return Observation(id=id_, round=round_, query=query, result=Result.NOT_FOUND, observed_at=NOW)


class Scripted:
    """Proposes what it is told to, or raises; counts how often it is asked."""

    def __init__(self, *items: dict[str, Any], error: Exception | None = None) -> None:
        self.items, self.error, self.asked = items, error, 0

    async def advise(self, run, board, report, seconds):
        self.asked += 1
        if self.error:
            raise self.error
        return Consultation(model="m", proposals=[Proposal.model_validate(item) for item in self.items])


async def investigate(world: World, found: object) -> Any:
    async def no_sleep(_: float) -> None:
        await asyncio.sleep(0)

    return await Agent(world, world, engine, adviser=found, sleep=no_sleep).investigate()


async def test_over_http_from_the_question_to_the_tested_cause() -> None:
    async with endpoint(hypotheses(hypothesis())) as there, completions("m", key="k", url=there.url) as asked:
        world = World(freetext())
        conclusion = await investigate(world, Adviser(asked, redact_text))
    assert roots(conclusion.report) == [(CONFIG, "Other")]
    assert len(there.asked) == 1
    assert (conclusion.report.cost.prompt_tokens, conclusion.report.cost.completion_tokens) == (1000, 100)
    assert replay(conclusion.trace).wire() == conclusion.report.wire()


async def test_what_a_proposal_predicts_is_looked_at_after_it() -> None:
    more = {"says": "x", "look": "field", "object": "Role/web", "field": "rules", "operator": "Exists"}
    right = hypothesis()
    model = Scripted(right | {"predictions": [*right["predictions"], more]})
    world = World(freetext())
    conclusion = await investigate(world, model)
    assert [(query.resource, query.name) for query in world.made][-1] == ("roles.rbac.authorization.k8s.io", "web")
    assert conclusion.report.verdict is Verdict.INCONCLUSIVE, "the Role is not there, so it is refuted"
    assert model.asked == 1


@pytest.mark.parametrize(
    ("reasoning", "asked"), [(Reasoning.BUILT_IN, 0), (Reasoning.ASSISTED, 1), (Reasoning.ALWAYS, 1)]
)
async def test_it_is_asked_as_the_spec_says(reasoning: Reasoning, asked: int) -> None:
    model = Scripted()
    await investigate(World(freetext(reasoning)), model)
    assert model.asked == asked


async def test_without_a_model_the_report_is_what_it_was() -> None:
    without = await investigate(World(freetext()), None)
    built_in = await investigate(World(freetext(Reasoning.BUILT_IN)), Scripted(hypothesis()))
    same = [item.report.replace(cost={}).wire() for item in (without, built_in)]
    assert same[0] == same[1]
    assert without.trace.consultation is None


async def test_a_model_that_breaks_fails_no_run() -> None:
    conclusion = await investigate(World(freetext()), Scripted(error=RuntimeError("boom")))
    assert not conclusion.error
    assert conclusion.report.verdict is Verdict.INCONCLUSIVE
    assert "Casebook failed to ask it: RuntimeError" in conclusion.report.limitations[0]


@pytest.mark.parametrize(
    "wanted",
    [
        "Secret/web-key",
        "ConfigMap/kube-system/coredns",
        "Pod/pay/db-0",
        "Role/pay/admin",
        "exec/web",
        "../secrets/x",
        "",
    ],
)
async def test_an_attacker_gets_no_read_outside_the_scope(wanted: str) -> None:
    asks = [
        {"says": "x", "look": look, "object": wanted, "field": "data", "operator": "Contains", "value": "a value of it"}
        for look in ("field", "log", "event")
    ]
    world = World(freetext())
    async with (
        endpoint(hypotheses(hypothesis(predictions=asks))) as there,
        completions("m", key="k", url=there.url) as m,
    ):
        conclusion = await investigate(world, Adviser(m, redact_text))
    assert {query.namespace for query in world.made} <= {"shop", ""}
    assert not [query for query in world.made if "secret" in query.resource]
    assert conclusion.report.verdict is Verdict.INCONCLUSIVE
    assert len(there.asked) == 1


def turn(**parts: object) -> str:
    return json.dumps(parts)


async def test_it_may_look_before_it_answers() -> None:
    asks = turn(observe=[{"tool": "log", "object": "Deployment/web", "contains": "winter-26"}])
    answers = turn(answer=[{"says": "30 log entries speak of winter-26.", "evidence": ["o1"]}])
    world = World(freetext())
    async with endpoint(asks, answers) as there, completions("m", key="k", url=there.url) as m:
        conclusion = await investigate(world, Adviser(m, redact_text))
    assert [one.text for one in conclusion.report.answer] == ["30 log entries speak of winter-26."]
    assert len(there.asked) == 2
    assert "OBSERVED" not in there.asked[0]["messages"][1]["content"]
    assert "o1 [kubectl logs" in there.asked[1]["messages"][1]["content"]
    assert conclusion.report.cost.prompt_tokens == 2000
    assert replay(conclusion.trace).wire() == conclusion.report.wire()


async def test_what_it_asks_for_is_read_with_the_reads_of_the_run() -> None:
    asks = turn(observe=[{"tool": "get", "object": "Role/reader", "field": "rules"}])
    answers = turn(answer=[{"says": "There is no Role reader.", "evidence": ["o1"]}])
    world = World(freetext())
    async with endpoint(asks, answers) as there, completions("m", key="k", url=there.url) as m:
        conclusion = await investigate(world, Adviser(m, redact_text))
    assert ("roles.rbac.authorization.k8s.io", "reader") in [(query.resource, query.name) for query in world.made]
    assert [one.text for one in conclusion.report.answer] == ["There is no Role reader."]


async def test_that_a_namespace_does_not_exist_is_an_answer() -> None:
    asks = turn(observe=[{"tool": "get", "object": "Namespace/nowhere"}])
    answers = turn(answer=[{"says": "The namespace nowhere does not exist.", "evidence": ["o1"]}])
    world = World(freetext())
    async with endpoint(asks, answers) as there, completions("m", key="k", url=there.url) as m:
        conclusion = await investigate(world, Adviser(m, redact_text))
    assert getting("namespaces", "nowhere") in world.made
    assert [one.text for one in conclusion.report.answer] == ["The namespace nowhere does not exist."]


async def test_a_hypothesis_without_predictions_is_listed_and_concludes_nothing() -> None:
    async with endpoint(hypotheses(hypothesis(predictions=[]))) as there, completions("m", key="k", url=there.url) as m:
        conclusion = await investigate(World(freetext()), Adviser(m, redact_text))
    report = conclusion.report
    assert report.verdict is Verdict.INCONCLUSIVE
    (listed,) = [one for one in report.hypotheses if one.origin is Origin.MODEL]
    assert (listed.object, listed.verdict, listed.predictions) == (CONFIG, Standing.OPEN, [])
    assert any("is listed and not tested: it has 0 predictions" in line for line in report.limitations)


async def test_one_that_only_ever_asks_is_ended_with_what_the_rules_say() -> None:
    asks = [turn(observe=[{"tool": "get", "object": "ConfigMap/web-config", "field": f"data.K{n}"}]) for n in range(9)]
    async with endpoint(*asks) as there, completions("m", key="k", url=there.url) as m:
        conclusion = await investigate(World(freetext()), Adviser(m, redact_text))
    assert len(there.asked) == MAX_TURNS
    assert conclusion.report.verdict is Verdict.INCONCLUSIVE
    assert "no turn left to ask to see more" in conclusion.report.limitations[0]


@pytest.mark.parametrize(
    "wanted", ["Secret/web-key", "ConfigMap/kube-system/coredns", "Pod/pay/db-0", "exec/web", "../x"]
)
async def test_asks_outside_of_the_run_are_refused_and_recorded(wanted: str) -> None:
    asks = turn(observe=[{"tool": tool, "object": wanted} for tool in ("get", "list", "log", "events")])
    without = World(freetext())
    await investigate(without, None)
    world = World(freetext())
    async with endpoint(asks) as there, completions("m", key="k", url=there.url) as m:
        conclusion = await investigate(world, Adviser(m, redact_text))
    assert world.made == without.made
    assert any("an observation was refused: it asked for" in line for line in conclusion.report.limitations)
    assert len(there.asked) == 1


async def test_a_spender_of_turns_stays_within_the_budget_of_tokens() -> None:
    given = freetext()
    run = given.run.replace(spec=given.run.spec.replace(budget=Budget(tokens=9000)))
    asks = turn(observe=[{"tool": "get", "object": "ConfigMap/web-config", "field": "data.K"}])
    wasteful = raw(json.dumps(completion(asks, prompt_tokens=3000, completion_tokens=2000)))
    async with endpoint(wasteful) as there, completions("m", key="k", url=there.url) as m:
        conclusion = await investigate(World(Snapshot(run, given.observations)), Adviser(m, redact_text))
    assert len(there.asked) == 1
    assert conclusion.report.cost.prompt_tokens + conclusion.report.cost.completion_tokens <= 9000
    assert any("leaves no room for a question" in line for line in conclusion.report.limitations)


async def test_the_same_answers_make_the_same_questions_and_the_same_report() -> None:
    asks = turn(observe=[{"tool": "log", "object": "Deployment/web", "contains": "winter-26"}])
    answers = [asks, "not JSON", hypotheses(hypothesis())]
    runs = []
    for _ in range(2):
        async with endpoint(*answers) as there, completions("m", key="k", url=there.url) as m:
            runs.append(await investigate(World(freetext()), Adviser(m, redact_text)))
        answers = [one.answered for one in runs[0].trace.consultation.transcript]
    first, again = (one.trace.consultation for one in runs)
    assert [one.answered for one in first.transcript] == answers
    assert len({one.asked for one in first.transcript}) == 3
    assert again == first
    assert runs[1].report.replace(cost={}) == runs[0].report.replace(cost={})


async def test_the_transcript_holds_no_credential() -> None:
    secret = "sk-canary0123456789abcdefghijklmnop"
    async with endpoint(f"I found {secret}") as there, completions("m", key="k", url=there.url) as m:
        conclusion = await investigate(World(freetext()), Adviser(m, redact_text))
    kept = conclusion.trace.model_dump_json()
    assert "I found" in kept
    assert secret not in kept
