"""The baseline that many tools are: past reports as text, and the nearest one says the cause."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from casebook.api.report import Report

K1, B = 1.5, 0.75
"""The usual constants of BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009)."""
_WORD = re.compile(r"[a-z][a-z0-9.-]+")


def text_of(report: Report, alertname: str) -> str:
    """A report as somebody would search for it: the alert, what it says, and what was seen to be wrong."""
    said = [alertname, report.summary, *(one.statement for one in report.root_causes)]
    said += [one.statement for one in report.hypotheses]
    said += [f"{one.object} {one.note}" for one in report.affected]
    return " ".join(said)


@dataclass
class PastReports:
    """Past reports by their words, each with the cause that it is known to be about."""

    _words: list[Counter[str]] = field(default_factory=list)
    _causes: list[str] = field(default_factory=list)

    def keep(self, text: str, cause: str) -> None:
        """One more report."""
        self._words.append(Counter(_WORD.findall(text.lower())))
        self._causes.append(cause)

    def nearest(self, text: str) -> str | None:
        """The cause of the report with the highest BM25 score, the newest of several; None where none shares a word."""
        scores = [self._score(_WORD.findall(text.lower()), words) for words in self._words]
        best = max(range(len(scores)), key=lambda at: (scores[at], at), default=None)
        return self._causes[best] if best is not None and scores[best] > 0 else None

    def _score(self, query: Sequence[str], words: Counter[str]) -> float:
        average = sum(one.total() for one in self._words) / len(self._words)
        length = K1 * (1 - B + B * words.total() / average)
        return sum(
            self._rarity(word) * words[word] * (K1 + 1) / (words[word] + length) for word in set(query) & words.keys()
        )

    def _rarity(self, word: str) -> float:
        within = sum(word in one for one in self._words)
        return math.log(1 + (len(self._words) - within + 0.5) / (within + 0.5))
