"""Files that are not of the format that their names say."""

import pytest

from casebook.analysis.formats import LONGEST, unreadable


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("conf.json", '{"a": [1, 2,]}', "line 1 column"),
        ("conf.json", '{"a": 1}', ""),
        ("conf.json", "[" * 60_000, "recursion"),
        ("routes.yaml", "a: [1\nb: 2", "expected"),
        ("routes.YML", "a: &x [1]\nb: *x", ""),
        ("app.toml", "a = ", "Invalid value"),
        ("app.toml", "a = 1", ""),
        ("notes.txt", '{"a": [1, 2,]}', ""),
        ("json", '{"a": 1}', ""),
        ("conf.json", "x" * (LONGEST + 1), ""),
    ],
)
def test_what_a_parser_says_of_it(name: str, text: str, said: str) -> None:
    found = unreadable(name, text)
    assert (said in found) if said else (found == "")
