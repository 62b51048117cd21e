"""What is taken of an answer: only what has the form, names what was shown and cites what is there."""

import json

import pytest

from casebook.model.answer import NotUnderstood, plain, take
from casebook.model.prompt import Prompt, build
from casebook.reasoning.engine import weigh
from support.freetext import freetext, hypothesis
from support.openaiserver import hypotheses
from support.reason import report

LOG, FIELD = hypothesis()["predictions"]


@pytest.fixture(scope="module")
def prompt() -> Prompt:
    given = freetext()
    return build(given.run, weigh(given), report(given), 6000)


@pytest.mark.parametrize(
    "text",
    [
        hypotheses(hypothesis()),
        f"```json\n{hypotheses(hypothesis())}\n```",
        f"<think>maybe {{}} or {{x}}</think> Here it is: {hypotheses(hypothesis())} I hope it helps.",
        hypotheses(hypothesis(rank=1, score=99, verdict="RootCause")),
    ],
)
def test_a_hypothesis_is_found_in_what_surrounds_it(text: str, prompt: Prompt) -> None:
    taken = take(text, prompt)
    assert [item.object for item in taken.proposals] == ["ConfigMap/web-config"]
    assert taken.refused == []
    assert len(taken.proposals[0].predictions) == 2


def test_nothing_to_propose_is_an_answer(prompt: Prompt) -> None:
    assert take('{"hypotheses": []}', prompt) == ([], [], [], [], [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"evidence": ["e99"]}, "it cites e99, and there is no such evidence"),
        ({"evidence": []}, "it cites no evidence"),
        ({"evidence": "e1"}, "it cites no evidence"),
        ({"object": "ConfigMap/invented"}, "object ConfigMap/invented is none that it was shown"),
        ({"object": "Secret/web-key"}, "is none that it was shown"),
        ({"object": None}, "object (none) is none"),
        ({"object": ["ConfigMap/web-config"]}, "is none that it was shown"),
        ({"statement": ""}, "it has no statement"),
        ({"statement": "The setting is 'summer-99', which is wrong"}, "it speaks of summer-99, which nothing shows"),
        ({"statement": "There were 4711 failures"}, "it speaks of 4711"),
    ],
)
def test_what_is_not_as_asked_for_is_left_out_and_said(changes: dict, reason: str, prompt: Prompt) -> None:
    taken = take(hypotheses(hypothesis(**changes)), prompt)
    assert taken.proposals == []
    assert reason in taken.refused[0]
    assert taken.refused[0].startswith("hypothesis 1 was left out: ")


@pytest.mark.parametrize(
    ("predictions", "reason"),
    [
        ([LOG], "it has 1 predictions, 2 are needed"),
        ("none", "it has 0 predictions"),
        ([LOG, "x"], "not in the form asked for"),
        ([LOG, FIELD | {"look": "exec"}], "look: Input should be 'field', 'log', 'event' or 'metric'"),
        ([LOG, FIELD | {"operator": "Matches"}], "operator: Input should be"),
        ([LOG, FIELD | {"object": "Secret/web-key"}], "asks for a Secret, which is not read"),
        ([LOG, FIELD, FIELD | {"object": "Secret/web-key"}], "asks for a Secret, which is not read"),
        ([FIELD, LOG | {"operator": "Equals"}], "asks whether a log Equals something"),
        ([LOG, FIELD | {"value": ""}], "a prediction with Equals names no value"),
    ],
)
def test_one_that_cannot_be_tested_is_taken_without_any_of_its_predictions(
    predictions: object, reason: str, prompt: Prompt
) -> None:
    taken = take(hypotheses(hypothesis(predictions=predictions)), prompt)
    assert [(one.object, one.predictions) for one in taken.proposals] == [("ConfigMap/web-config", [])]
    assert taken.refused[0].startswith("the hypothesis about ConfigMap/web-config is listed and not tested: ")
    assert reason in taken.refused[0]


def test_one_bad_hypothesis_does_not_take_the_good_one_along(prompt: Prompt) -> None:
    taken = take(hypotheses(hypothesis(evidence=["e7"]), hypothesis(), *[hypothesis()] * 50), prompt)
    assert len(taken.proposals) == 3
    assert len(taken.refused) == 2
    assert taken.refused[0] == "48 of hypotheses beyond the first 4 were left out"


@pytest.mark.parametrize(
    "text", ["", "no", '{"a": 1}', '{"hypotheses": "many"}', json.dumps([hypothesis()]), "{" * 9999]
)
def test_without_hypotheses_it_is_not_understood(text: str, prompt: Prompt) -> None:
    with pytest.raises(NotUnderstood):
        take(text, prompt)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\tand more", "two lines and more"),
        ("see https://evil.example/x?y=1 now", "see (link left out) now"),
        ("![x](HTTP://evil.example)", "![x]((link left out)"),
        ("a\u202eb\u200bc\x00d\x1b[31m", "a b c d [31m"),
        ("x" * 50, "x" * 19 + "…"),
        (7, "7"),
        (True, "true"),
        ("half \ud83d of it", "half of it"),
        ({"a": 1}, ""),
    ],
)
def test_texts_are_plain(text: object, shown: str) -> None:
    assert plain(text, 20) == shown if len(shown) <= 20 else plain(text, 200) == shown
