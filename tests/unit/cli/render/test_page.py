"""Lines for a terminal: wrapped, coloured or plain, and safe."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.cli.render.page import WIDTH, Page, clean, clip, columns

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@given(spans=st.lists(st.tuples(st.text(max_size=200), st.sampled_from(["", "bold", "red"])), max_size=5))
def test_no_line_is_too_long_and_colour_changes_no_text(spans) -> None:
    plain, coloured = Page(colour=False), Page(colour=True)
    for page in (plain, coloured):
        page.add(spans, indent=2, hang=6)
    assert ANSI.sub("", str(coloured)) == str(plain)
    # A word of wide characters is cut by characters, so it may be up to twice as wide.
    assert all(columns(line) <= 2 * WIDTH for line in str(plain).split("\n"))
    if "".join(text for text, _ in spans).isascii():
        assert all(columns(line) <= WIDTH for line in str(plain).split("\n"))


@given(st.text())
def test_no_control_character_of_somebody_else_reaches_the_terminal(text) -> None:
    shown = clean(text + "\x1b[2J\u202e\x07\x9b")
    assert not set(shown) & {"\x1b", "\u202e", "\x07", "\x9b", "\r", "\b"}


def test_pieces_without_a_space_between_them_stay_together() -> None:
    page = Page(colour=False)
    page.add([("a ", ""), ("b", "bold"), (": c", "")])
    assert str(page) == "a b: c\n"


@pytest.mark.parametrize("text", ["x" * 500, "字" * 500, "a b\tc\nd " * 50])
def test_clip(text) -> None:
    assert columns(clip(text, 40)) <= 40
    assert clip(text, 40).endswith("…")
    assert clip("short", 40) == "short"
