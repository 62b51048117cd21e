"""QueryRegression: slow statements in the log of a database, told from noise, locks and a database short of room."""

import pytest

from casebook.analysis.snapshot import Snapshot
from support.builders import log, run, snapshot
from support.reason import assert_not_named, assert_refuted, assert_root
from support.shop import shop

LATE = '{"level":"ERROR","msg":"database db:5432: read timed out"}'
CHECKPOINT = "2026-11-20 11:5%d:00.000 UTC [27] LOG:  checkpoint complete: wrote %d buffers (0.1%%)"
QUIET = [CHECKPOINT % (number % 10, number) for number in range(12)]
POSTGRES = "UTC [81] LOG:  duration: 5213.4%d2 ms  statement: SELECT * FROM orders WHERE customer = %d"
SLOW = [POSTGRES % (number, number) for number in range(6)]
MYSQL = [
    f"# Query_time: 4.{number}  Lock_time: 0.000002 Rows_sent: 1  Rows_examined: 900{number}" for number in range(6)
]
FLAT = [f'{{"level":"WARNING","msg":"slow query","table":"orders","ms":40{number}0}}' for number in range(6)]


def asked(database: list[str], *, callers: list[str] | None = None) -> Snapshot:
    logs = [log("db-p0", database, step=10), log("api-p0", callers or [LATE] * 6, step=10)]
    return snapshot(run("checkout is slow", "Deployment/api"), shop(), *logs)


@pytest.mark.parametrize("slow", [SLOW, MYSQL, FLAT])
def test_statements_of_one_shape_that_are_slow_since_the_trouble_began(slow: list[str]) -> None:
    assert_root(asked([*QUIET, *slow]), "StatefulSet/db", "QueryRegression")


def test_slow_statements_that_nobody_feels_are_noise() -> None:
    fine = ['{"level":"INFO","msg":"POST /checkout 200"}'] * 6
    assert_not_named(asked([*QUIET, *SLOW], callers=fine), "QueryRegression")


def test_one_slow_statement_is_an_accident() -> None:
    assert_refuted(asked([*QUIET, SLOW[0]]), "StatefulSet/db", "QueryRegression")


def test_statements_that_wait_for_a_lock_are_slow_for_the_lock() -> None:
    locked = "UTC [81] ERROR:  canceling statement due to lock timeout"
    found = assert_refuted(asked([*QUIET, *SLOW, locked, locked]), "StatefulSet/db", "QueryRegression")
    assert [one.cause for one in found.root_causes] == ["LockContention"]


def test_a_database_that_is_slow_on_everything_lacks_something_else() -> None:
    tables = ("orders", "customers", "sessions", "prices", "stock", "baskets")
    said = [
        f"UTC [81] LOG:  duration: 5213.42 ms  statement: SELECT count(*) FROM {name} JOIN {name}_log"
        for name in tables
    ]
    assert_refuted(asked([*QUIET, *said]), "StatefulSet/db", "QueryRegression")


def test_statements_that_are_as_slow_as_ever_explain_nothing_new() -> None:
    hours = [line for number in range(60) for line in (QUIET[number % 12], SLOW[number % 6])]
    assert_refuted(asked(hours), "StatefulSet/db", "QueryRegression")


def test_statements_that_are_logged_but_quick_are_none() -> None:
    quick = [f"UTC [81] LOG:  duration: 3.{number} ms  statement: SELECT 1" for number in range(6)]
    assert_not_named(asked([*QUIET, *quick]), "QueryRegression")
