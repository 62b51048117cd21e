"""Log lines of every format: level, message, exception, failures, peers."""

from datetime import UTC, datetime
from time import perf_counter

import pytest

from casebook.analysis import failures
from casebook.analysis.endpoints import Endpoint, cluster_name, mentions
from casebook.analysis.lines import parse
from casebook.analysis.logs import Entry, joined

T = datetime(2026, 11, 20, 12, tzinfo=UTC)


def entries(*lines: str) -> list[Entry]:
    return list(joined((line, T) for line in lines))


@pytest.mark.parametrize(
    ("line", "level", "message"),
    [
        ('{"level":"ERROR","msg":"boom"}', "ERROR", "boom"),
        ('{"severity":"critical","message":"boom"}', "FATAL", "boom"),
        ('{"level":50,"msg":"boom"}', "ERROR", "boom"),
        ('time=2026-11-20T12:00:00Z level=error msg="it broke" peer=db', "ERROR", "it broke"),
        ("E1120 12:00:00.000001       1 reflector.go:150] cannot list pods", "ERROR", "cannot list pods"),
        ("2026-11-20T12:00:00.000Z stderr F [error] 7#7: upstream gone", "ERROR", "[error] 7#7: upstream gone"),
        ("2026-11-20 12:00:00 UTC [51] FATAL:  too many clients", "FATAL", None),
        ("WARN slow query", "WARN", None),
        ("all is well", "", None),
        ('{"level": broken json', "", None),
    ],
)
def test_levels_and_messages(line: str, level: str, message: str | None) -> None:
    parsed = parse(line)
    assert parsed.level == level
    assert parsed.message == (message or line)


def test_a_python_traceback_is_one_entry() -> None:
    found = entries(
        "ERROR request failed", "Traceback (most recent call last):", '  File "a.py", line 1, in f', "    x()",
        "KeyError: 'promo'", "INFO next",
    )  # fmt: skip
    assert len(found) == 2
    assert found[0].exception == ("KeyError", "'promo'")
    assert found[0].is_error
    assert not found[1].is_error


def test_a_java_stack_with_a_cause_names_the_cause() -> None:
    found = entries(
        "2026 ERROR [main] c.a.App - failed", "java.lang.IllegalStateException: outer",
        "\tat c.a.App.run(App.java:5)", "Caused by: java.net.ConnectException: Connection refused", "\t... 3 more",
    )  # fmt: skip
    assert found[-1].exception == ("ConnectException", "Connection refused")
    assert failures.REFUSED in found[-1].kinds


def test_a_traceback_in_a_json_field() -> None:
    line = '{"level":"ERROR","msg":"unhandled","exception":"Traceback (most recent call last):\\n  File \\"a\\"\\nValueError: bad"}'  # noqa: E501
    assert entries(line)[0].exception == ("ValueError", "bad")


@pytest.mark.parametrize(
    ("line", "is_error"),
    [
        ('{"level":"INFO","msg":"GET /x 200","status":200}', False),
        ('{"level":"INFO","msg":"GET /x","status":503}', True),
        ('10.0.0.1 - - [20/Nov/2026] "GET /x HTTP/1.1" 502 12', True),
        ("wget: can't connect to remote host (10.96.0.1): Connection refused", True),
        ("INFO retried after connection refused, fine now", False),
        ("WARN connection refused, will retry", False),
        ("listening on port 8080", False),
    ],
)
def test_what_counts_as_an_error(line: str, is_error: bool) -> None:
    assert entries(line)[0].is_error is is_error


@pytest.mark.parametrize(
    ("line", "kind", "peer"),
    [
        ("dial tcp 10.96.0.7:5432: connect: connection refused", failures.REFUSED, Endpoint("10.96.0.7", 5432)),
        (
            "dial tcp: lookup auth.shop.svc on 10.96.0.10:53: no such host",
            failures.UNRESOLVED,
            Endpoint("auth.shop.svc", 0),
        ),
        ("Error: getaddrinfo ENOTFOUND auht", failures.UNRESOLVED, Endpoint("auht", 0)),
        ("Error: connect ECONNREFUSED 10.1.2.3:6379", failures.REFUSED, Endpoint("10.1.2.3", 6379)),
        (
            "HTTPConnectionPool(host='pay.example', port=443): Max retries exceeded: timed out",
            failures.TIMEOUT,
            Endpoint("pay.example", 443),
        ),
        (
            'connection to server at "db" (10.9.9.9), port 5433 failed: Connection refused',
            failures.REFUSED,
            Endpoint("db", 5433),
        ),
        ("java.net.ConnectException: Connection refused: db/10.1.1.1:5432", failures.REFUSED, Endpoint("db", 5432)),
        ("POST http://auth:8080/verify failed: HTTP 503 Service Unavailable", failures.STATUS, Endpoint("auth", 8080)),
        ("curl: (7) Failed to connect to api port 80: Connection refused", failures.REFUSED, Endpoint("api", 80)),
        ("wget: bad address 'api:8080'", failures.UNRESOLVED, Endpoint("api", 8080)),
        ('FATAL:  password authentication failed for user "shop" at db:5432', failures.AUTH, Endpoint("db", 5432)),
    ],
)
def test_failures_and_the_peer_that_they_blame(line: str, kind: str, peer: Endpoint) -> None:
    entry = entries(line)[0]
    assert kind in entry.kinds
    assert peer in entry.peers


def test_peers_from_fields() -> None:
    assert Endpoint("db", 5432) in entries('{"level":"error","msg":"gone","host":"db","port":5432}')[0].peers


@pytest.mark.parametrize("text", ["app.py:123: warning", "12:30:45 started", "/usr/lib/x:99", "v1.2:3", "a:b:c"])
def test_positions_and_times_are_no_endpoints(text: str) -> None:
    assert mentions(text) == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("db", ("shop", "db")),
        ("db.data", ("data", "db")),
        ("db.data.svc", ("data", "db")),
        ("db.data.svc.cluster.local", ("data", "db")),
        ("db-0.db.data.svc.cluster.local", ("data", "db")),
        ("pay.acme.example", None),
    ],
)
def test_names_inside_a_cluster(host: str, expected: tuple[str, str] | None) -> None:
    assert cluster_name(host, "shop") == expected


def test_templates_blank_what_varies() -> None:
    one, other = entries("ERROR order 17 of 'bob' failed")[0], entries("ERROR order 18 of 'eve' failed")[0]
    assert one.template == other.template
    assert one.template != entries("ERROR stock 17 of 'bob' failed")[0].template


@pytest.mark.parametrize(
    ("lines", "exception"),
    [
        (
            ["panic: runtime error: index out of range", "", "goroutine 1 [running]:", "main.(*S).handle(0x1, {0x2})",
             "\t/app/main.go:42 +0x1d", "created by main.main", "\t/app/main.go:10", "exit status 2"],
            ("panic", "runtime error: index out of range"),
        ),
        (
            ["thread 'main' panicked at src/main.rs:4:5:", "called `unwrap()` on a `None` value",
             "note: run with `RUST_BACKTRACE=1`"],
            ("panic", "called `unwrap()` on a `None` value"),
        ),
        (["TypeError: x is not a function", "    at Object.<anonymous> (/app/server.js:10:9)"],
         ("TypeError", "x is not a function")),
        (["/app/a.rb:3:in `foo': undefined method `x' (NoMethodError)", "\tfrom /app/a.rb:7:in `<main>'"],
         ("NoMethodError", "undefined method `x'")),
        (["Unhandled exception. System.InvalidOperationException: no elements",
          "   at System.Linq.ThrowHelper.ThrowNoElementsException()"], ("InvalidOperationException", "no elements")),
        (["PHP Fatal error:  Uncaught PDOException: refused in /app/db.php:3", "Stack trace:", "#0 {main}",
          "  thrown in /app/db.php"], ("PDOException", "refused in /app/db.php:3")),
        (["12:00 ERROR [main] a.B - failed", "java.lang.IllegalStateException: outer", "\tat a.B.c(B.java:1)"],
         ("IllegalStateException", "outer")),
        (["ERROR x", "Traceback (most recent call last):", '  File "a"', "KeyError: 1", "",
          "During handling of the above exception, another exception occurred:", "",
          "Traceback (most recent call last):", '  File "b"', "ValueError: bad"], ("ValueError", "bad")),
    ],
)  # fmt: skip
def test_stacks_of_every_runtime_are_one_entry(lines: list[str], exception: tuple[str, str]) -> None:
    found = entries(*lines, "INFO next")
    assert len(found) == 2
    assert found[0].exception == exception
    assert found[0].is_error
    assert not found[1].is_error


@pytest.mark.parametrize(
    ("line", "level", "message"),
    [
        ('{"log":"{\\"level\\":\\"error\\",\\"msg\\":\\"boom\\"}\\n","stream":"stdout"}', "ERROR", "boom"),
        ('{"log":"WARN odd\\n","stream":"stderr"}', "WARN", "WARN odd"),
        (
            '2026-11-20T12:00:00.1Z stderr F E1120 12:00:00.000001 1 c.go:114] "no sync" err="x"',
            "ERROR",
            "no sync",
        ),
        ('severity=ERROR msg="it broke"', "ERROR", "it broke"),
        ('ts=2026-11-20T12:00:00Z caller=main.go:1 msg="all is well"', "", "all is well"),
        ("2026-11-20T12:00:00Z\terror\tmain.go:10\tfailed to serve", "ERROR", None),
        ("fail: Microsoft.AspNetCore[13]", "ERROR", None),
    ],
)
def test_envelopes(line: str, level: str, message: str | None) -> None:
    parsed = parse(line)
    assert (parsed.level, parsed.message) == (level, message or line)


def test_hostile_lines_take_linear_time() -> None:
    lines = ["a" * 8000, "main(" * 1500 + ")", '"' * 8000, '\\"' * 4000, "x=" * 4000, "level=" + 'a="' * 2000]
    began = perf_counter()
    for entry in entries(*["ERROR x", "panic: y", *lines] * 20):
        entry.exception, entry.kinds, entry.peers, entry.template  # noqa: B018
    assert perf_counter() - began < 5


class TestLogfmt:
    def test_a_quoted_value_is_unquoted_and_its_stack_is_read(self) -> None:
        stack = r'"Traceback:\n  File \"a.py\", line 3\nKeyError: \'x\'"'.replace("\\'", "'")
        line = f'level=ERROR msg="unbehandelte Ausnahme" exception={stack}'
        parsed = parse(line)
        assert parsed.message == "unbehandelte Ausnahme"
        assert parsed.trace.splitlines() == ["Traceback:", '  File "a.py", line 3', "KeyError: 'x'"]
        assert parsed.fields["exception"] == parsed.trace

    def test_a_value_with_a_bad_escape_is_taken_as_it_is(self) -> None:
        assert parse(r'level=INFO msg="C:\q" a=b').message == r"C:\q"


@pytest.mark.parametrize(
    "stamp",
    ["2026-11-22T07:31:{}.{}Z", "2026-11-22 07:31:{},{}", "[2026-11-22 07:31:{}.{}]", "2026-11-22T07:31:{}.{}+01:00 -"],
)
def test_the_time_in_front_of_a_plain_line_makes_no_other_template(stamp: str) -> None:
    lines = [
        f"{stamp.format(second, part)} WARNING [orders] done in {part} ms" for second, part in ((32, 162), (41, 7))
    ]
    first, second = entries(*lines)
    assert first.template == second.template
