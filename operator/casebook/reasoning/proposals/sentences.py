"""Sentences of a model: kept where what they cite bears them out, else left out, and the report says so.

Code cannot read prose. It can see that what a sentence cites was observed, that the values, names and numbers in it
stand there, that what it says is not there was looked for in vain, and that it blames or clears only what the tests do.
"""

import re
from collections.abc import Iterable, Sequence

from casebook.analysis.things import Cite, clip
from casebook.api.consultation import Consultation, Sentence
from casebook.api.enums import Verdict
from casebook.reasoning.board import Board
from casebook.reasoning.judging.verdict import verdict
from casebook.reasoning.situation import Situation

SHORT, SHOWN = 3, 80
_QUOTED = re.compile(r"[\"'`“”‘’«»]([^\"'`“”‘’«»]{2,})[\"'`“”‘’«»]")
_WORD = re.compile(r"[\w./:@-]+")
_VALUE = re.compile(r"[\d/_@]|\w[.:]\w")
_NEGATION = re.compile(
    r"\b(?:no|not|none|never|nothing|nobody|nowhere|neither|without|zero|lacks?|missing|0)\b|n't\b", re.IGNORECASE
)
_CALM = re.compile(
    r"\b(?:well|fine|ok|okay|healthy|normal|resolved|fixed|recovered|harmless|works?|working)\b", re.IGNORECASE
)
_BLAME = re.compile(
    r"\b(?:because|caus\w+|due|root|faults?|responsib\w+|blam\w+|culprits?|lead\w* to|results? (?:of|in|from)|broken?"
    r"|breaks|reasons?)\b",
    re.IGNORECASE,
)


def checked(board: Board, sentences: Sequence[Sentence]) -> tuple[list[Sentence], list[str]]:
    """The sentences that may stand in the report, and in words why others may not."""
    kept: list[Sentence] = []
    refused: list[str] = []
    for sentence in sentences:
        problem = _problem(board, sentence)
        if problem:
            refused.append(f'the sentence "{clip(sentence.says, SHOWN)}" was left out: {problem}')
        else:
            kept.append(sentence)
    return kept, refused


def quotations(says: str) -> list[str]:
    """What a text puts between quotation marks of any kind."""
    return _QUOTED.findall(says)


def cites(sentence: Sentence) -> list[Cite]:
    """What a sentence rests on, as citations."""
    return [Cite(one.observation, one.excerpt) for one in sentence.quotes]


def unheard(board: Board, consultation: Consultation) -> list[str]:
    """Why sentences of a model are not in the report."""
    return [line for part in (consultation.answer, consultation.account) for line in checked(board, part)[1]]


def _problem(board: Board, sentence: Sentence) -> str:
    situation = board.situation
    known = situation.world.snapshot.by_id
    if not sentence.quotes or any(one.observation not in known for one in sentence.quotes):
        return "it cites nothing that was observed"
    shown = "\n".join([*(one.excerpt for one in sentence.quotes), situation.world.snapshot.run.spec.question])
    values = list(_values(situation, sentence.says))
    value = next((one for one in values if not _stands(one, shown)), "")
    if value:
        return f"{clip(value, SHOWN)} does not stand in what it cites"
    denies = _NEGATION.search(sentence.says) is not None
    if denies and not any(one.absent for one in sentence.quotes):
        return "it says that something is not so, and cites no search in vain"
    if not values and not denies:
        return "nothing in it can be checked"
    return _judged(board, sentence)


def _judged(board: Board, sentence: Sentence) -> str:
    """Why a sentence that says what is wrong, or that nothing is, is not for a model to say."""
    if _CALM.search(sentence.says) and verdict(board) is not Verdict.NO_FAULT:
        return "whether all is well is for the tests to say"
    blamed = [item.ref.name for item in board.chosen]
    if _BLAME.search(sentence.says) and not any(name in sentence.says for name in blamed):
        return "who is to blame is for the tests to say"
    return ""


def _stands(value: str, shown: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", shown, re.IGNORECASE) is not None


def _values(situation: Situation, says: str) -> Iterable[str]:
    """What a sentence says that can be checked: quotations, numbers, identifiers, names of objects."""
    yield from quotations(says)
    names = {ref.name for ref in situation.world.things if len(ref.name) >= SHORT}
    for word in _WORD.findall(says):
        token = word.strip("./:-")
        if token in names or _VALUE.search(token):
            yield token
