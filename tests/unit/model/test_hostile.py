"""Texts that give orders, wherever a run reads them and as a model's answer: no effect on verdict, reads or output."""

import contextlib
import json

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import Consultation
from casebook.api.report import KnowledgeUse, Report
from casebook.model.answer import NotUnderstood, take
from casebook.model.prompt import Prompt, build
from casebook.reasoning.engine import weigh
from casebook.reasoning.planning.plan import plan
from support.freetext import freetext, hypothesis
from support.injections import CORPUS, HARMLESS, PLACES, PLAIN, planted
from support.openaiserver import hypotheses
from support.reason import report
from support.skills import skill

SECTIONS = {
    *("QUESTION", "TURN", "OBSERVED", "ENGINE", "SAYS", "EVIDENCE", "SYMPTOMS", "NEW", "IN", "LOGS"),
    *("CHANGES", "KNOWLEDGE", "SETTINGS", "GRAPH", "OBJECTS", "CODES"),
}
PLANTED = [
    *((text, place) for text in PLAIN for place in PLACES),
    *((text, PLACES[number % len(PLACES)]) for number, text in enumerate(CORPUS[len(PLAIN) :])),
]
"""Plain texts in every place, their disguises in one each."""


def prompt_of(snapshot: Snapshot, found: Report) -> Prompt:
    return build(snapshot.run, weigh(snapshot), found, 6000)


def outside(prompt: Prompt) -> set[str]:
    """The words of a prompt that stand outside of its fences."""
    nonce = prompt.system.partition("<<<DATA ")[2][:16]
    head, *parts = prompt.user.split(f"<<<DATA {nonce}\n")
    return set(" ".join([head, *(part.partition(f"\nDATA {nonce}>>>")[2] for part in parts)]).split())


def conclusion(snapshot: Snapshot) -> tuple[object, ...]:
    """What a run comes to and would look at next, without its words."""
    board = weigh(snapshot)
    found = report(snapshot)
    weighed = [(one.object, one.cause, one.confidence_percent, one.verdict) for one in found.hypotheses]
    return found.verdict, [(one.object, one.cause) for one in found.root_causes], weighed, plan(board.situation, board)


@pytest.fixture(scope="module")
def harmless() -> dict[str, tuple[object, ...]]:
    """What a run comes to with a text in each place that orders nothing."""
    return {place: conclusion(planted(HARMLESS, place)) for place in PLACES}


@pytest.fixture(scope="module")
def shown() -> Prompt:
    given = freetext()
    return prompt_of(given, report(given))


@pytest.mark.parametrize(("text", "place"), PLANTED)
def test_orders_change_neither_conclusion_nor_reads_and_stay_data(
    text: str, place: str, harmless: dict[str, tuple[object, ...]]
) -> None:
    given = planted(text, place)
    assert conclusion(given) == harmless[place]
    assert outside(prompt_of(given, report(given))) <= SECTIONS


@pytest.mark.parametrize("text", CORPUS)
def test_orders_in_the_text_of_a_skill_stay_data(text: str) -> None:
    first = freetext()
    given = Snapshot(first.run.replace(skills=[skill("s", instructions=text)]), first.observations)
    shown = KnowledgeUse(kind="Skill", name="s", version="1", why=text[:1000], effect="it was followed")
    prompt = prompt_of(given, report(given).replace(knowledge=[shown]))
    assert "use s" in prompt.user
    assert outside(prompt) <= SECTIONS


@pytest.mark.parametrize("text", CORPUS)
def test_orders_as_an_answer_propose_nothing(text: str, shown: Prompt) -> None:
    with contextlib.suppress(NotUnderstood):
        taken = take(text, shown)
        assert taken.proposals == []
        found = report(freetext().advised(Consultation(model="m", answer=taken.answer, account=taken.account)))
        assert (found.answer, found.account) == ([], [])


@pytest.mark.parametrize("text", CORPUS)
def test_orders_in_what_is_said_reach_nobody_with_links_or_tricks(text: str, shown: Prompt) -> None:
    said = {"says": text, "evidence": ["e1"]}
    taken = take(json.dumps({**json.loads(hypotheses(hypothesis(statement=text))), "answer": [said]}), shown)
    for one in (*(item.statement for item in taken.proposals), *(item.says for item in taken.answer)):
        assert "://" not in one
        assert one.isprintable()


def test_the_corpus_is_large_enough() -> None:
    assert len(set(CORPUS)) >= 60
    assert len({conclusion(planted(HARMLESS, place))[0] for place in PLACES}) == 1
