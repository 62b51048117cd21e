"""Templates of log messages, mined online: a fixed-depth tree as in Drain (He et al., ICWS 2017).

Own code, because `drain3`, the library for it, pins two packages to releases of 2021 (jsonpickle 1.5.1, cachetools
4.2.1) and reads a configuration file from the working directory unless it is given one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from casebook.analysis.logs import Entry

WILD = "*"
SIMILAR = 0.6
"""Share of equal words from which a message belongs to a template; Drain's 0.4 joins different errors too readily."""
MAX_WORDS = 24
MAX_TEMPLATES = 300


@dataclass
class Template:
    """A kind of message: its words, of which `*` stands for whatever varies, and the entries of it in order."""

    level: str
    words: list[str]
    entries: list[Entry] = field(default_factory=list)

    @property
    def is_error(self) -> bool:
        """Whether its entries report something wrong."""
        return self.entries[0].is_error

    @property
    def said(self) -> str:
        """The template as text."""
        return " ".join(self.words)


class Miner:
    """Sorts entries into templates; what comes after the most templates that are kept is not sorted.

    The time of one entry is bounded by the templates of its level, length and first word.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[str, int, str], list[Template]] = {}
        self.templates: list[Template] = []

    def add(self, entry: Entry) -> Template | None:
        """The template of an entry, which it may make wider or be the first of."""
        words = entry.template.split()[:MAX_WORDS]
        level = "ERROR" if entry.is_error else entry.parsed.level
        group = self._groups.setdefault((level, len(words), words[0] if words else ""), [])
        best = max(group, key=lambda one: _alike(one.words, words), default=None)
        if best is None or _alike(best.words, words) < SIMILAR:
            if len(self.templates) >= MAX_TEMPLATES:
                return None
            best = Template(level, words)
            group.append(best)
            self.templates.append(best)
        best.words = [old if old == new else WILD for old, new in zip(best.words, words, strict=True)]
        best.entries.append(entry)
        return best


def mined(entries: Iterable[Entry]) -> list[Template]:
    """The templates of entries, in the order in which they were first seen."""
    miner = Miner()
    for entry in entries:
        miner.add(entry)
    return miner.templates


def _alike(words: list[str], others: list[str]) -> float:
    """The share of words that are the same and fixed; two empty messages are alike."""
    return sum(one == other for one, other in zip(words, others, strict=True)) / len(words) if words else 1.0
