from bench.row import Bound, Floor, Row
from bench.spread import Spread
from bench.table import bound_text, number, spread, table
from rich.console import Console


def rendered(rows: list[Row]) -> str:
    console = Console(width=160)
    with console.capture() as captured:
        console.print(table(rows, "2 cores"))
    return captured.get()


def test_numbers_have_the_precision_of_their_unit() -> None:
    assert number(1.234, "s") == "1.23 s"
    assert number(123.4, "s") == "123 s"
    assert number(4.56, "ms") == "4.6 ms"
    assert number(91.7, "MiB") == "92 MiB"
    assert number(59.0, "") == "59"
    assert number(59.5, "") == "59.5"


def test_a_spread_shows_median_and_span() -> None:
    assert spread(Spread.of([1, 2, 4]), "s") == "2.00 s (1.00 to 4.00 s, 3 values)"
    assert spread(Spread.of([2]), "s") == "2.00 s"
    assert spread(None, "s") == "-"


def test_a_bound_says_from_where_it_counts() -> None:
    floor = Floor(Spread.of([1.5]), "imports")
    assert bound_text(Bound("<=", 2.0, over_floor=True), floor, "s") == "≤ floor + 2.00 s = 3.50 s"
    assert bound_text(Bound("<", 60, judged="max"), None, "") == "max < 60"


def test_a_row_shows_what_floor_bound_and_result() -> None:
    floor = Floor(Spread.of([0.5]), "python -c pass")
    text = rendered([Row("a", "help [all]", "s", Spread.of([0.7]), Bound("<", 0.5), floor, "a note")])
    for part in ("help [all]", "a note", "0.70 s", "0.50 s", "python -c pass", "< 0.50 s", "over", "2 cores"):
        assert part in text


def test_what_could_not_be_measured_says_why() -> None:
    text = rendered([Row("a", "image", note="there is no image casebook:dev")])
    assert "not measured" in text
    assert "there is no image casebook:dev" in text
