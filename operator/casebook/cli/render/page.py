"""Text for a terminal: wrapped at 100 columns, coloured or plain, and never a control character of somebody else's."""

import unicodedata
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

WIDTH = 100

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

Span = tuple[str, str]
"""A piece of text and its style: names of colours and weights, separated by spaces."""


def clean(text: str) -> str:
    """The text without what a terminal would obey: escape sequences, overrides of direction, other controls."""
    return "".join(
        character if character == "\n" or unicodedata.category(character) not in _HIDDEN else " "
        for character in text.replace("\t", "    ").replace("\x1b", "␛")
    )


def columns(text: str) -> int:
    """The columns that a terminal gives to it."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(item) else 2 if unicodedata.east_asian_width(item) in "WF" else 1 for item in text
    )


def clip(text: str, width: int) -> str:
    """One line of at most `width` columns; what was cut shows as an ellipsis."""
    line = " ".join(clean(text).split())
    if columns(line) <= width:
        return line
    kept = line[: width - 1]
    while columns(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…"


class Page:
    """Lines, as they are added. Without colour the text is the same and plain."""

    def __init__(self, *, colour: bool, width: int = WIDTH) -> None:
        self._colour = colour
        self._width = width
        self._lines: list[str] = []

    def __str__(self) -> str:
        return "\n".join(self._lines) + "\n"

    def blank(self) -> None:
        """An empty line, but never two."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def heading(self, title: str) -> None:
        """The title of a section."""
        self.blank()
        self.add([(title, "bold cyan")])

    def add(self, spans: Sequence[Span], *, indent: int = 0, hang: int | None = None) -> None:
        """A paragraph of styled pieces, wrapped between words; further lines are indented by `hang`."""
        rest = " " * (indent if hang is None else hang)
        line: list[Span] = [(" " * indent, "")]
        used = indent
        for number, (word, style, glued) in enumerate(_words(spans, self._width - len(rest))):
            gap = "" if glued or number == 0 else " "
            if number and used + len(gap) + columns(word) > self._width:
                self._flush(line)
                line, used, gap = [(rest, "")], len(rest), ""
            # The space belongs to the style only where it goes on.
            line += [(gap, style if style == line[-1][1] else ""), (word, style)]
            used += len(gap) + columns(word)
        self._flush(line)

    def _flush(self, line: Sequence[Span]) -> None:
        runs = [(style, "".join(text for text, _ in pieces)) for style, pieces in groupby(line, key=itemgetter(1))]
        self._lines.append("".join(self._styled(text, style) for style, text in runs).rstrip(" "))

    def text(self, text: str, style: str = "", *, indent: int = 0, hang: int | None = None) -> None:
        """A paragraph in one style."""
        self.add([(text, style)], indent=indent, hang=hang)

    def line(self, text: str, style: str = "", *, indent: int = 0) -> None:
        """One line, cut where it is too long."""
        self._lines.append(" " * indent + self._styled(clip(text, self._width - indent), style))

    def whole(self, text: str, style: str = "", *, indent: int = 0) -> None:
        """One line, however long."""
        self._lines.append(" " * indent + self._styled(" ".join(clean(text).split()), style))

    def _styled(self, text: str, style: str) -> str:
        if not self._colour or not style or not text:
            return text
        codes = ";".join(_CODES[name] for name in style.split())
        return f"\x1b[{codes}m{text}\x1b[0m"


def more(page: Page, number: int) -> None:
    """That so many more are in the other formats; nothing where there are none."""
    if number > 0:
        page.text(f"and {number} more, in -o json", "dim", indent=2)


def _words(spans: Sequence[Span], longest: int) -> list[tuple[str, str, bool]]:
    """(word, style, whether it follows the one before without a space); over-long words are cut into pieces."""
    words: list[tuple[str, str, bool]] = []
    glued = False
    for text, style in spans:
        cleaned = clean(text).replace("\n", " ")
        for index, word in enumerate(cleaned.split(" ")):
            follows = glued and index == 0
            pieces = [word[start : start + longest] for start in range(0, len(word), longest)]
            words += [(piece, style, follows or order > 0) for order, piece in enumerate(pieces)]
        glued = bool(cleaned) and not cleaned.endswith(" ")
    return words
