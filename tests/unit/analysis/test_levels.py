"""The level of a line, as loggers of many languages write it."""

# Lines stand here as loggers write them.
# ruff: noqa: E501
import pytest

from casebook.analysis.lines import parse

LINES = [
    ("[2026-11-23T04:48:28Z] error: no rates", "ERROR"),
    ("2026-11-23 04:48:28,123 - app.rates - ERROR - no rates", "ERROR"),
    ("2026-11-23 04:48:28 error: no rates", "ERROR"),
    ("2026-11-23T04:48:28Z error no rates", "ERROR"),
    ("2026/11/23 04:48:28 error: no rates", "ERROR"),
    ("2026/11/23 04:48:28 main.go:17: error: no rates", "ERROR"),
    ("04:48:28.609 [error] no rates", "ERROR"),
    ("04:48:28 error: no rates", "ERROR"),
    ("[04:48:28] error: no rates", "ERROR"),
    ("E, [2026-11-23T04:48:28.609123 #7] ERROR -- : no rates", "ERROR"),
    ('[2026-11-23T04:48:28.609+00:00] app.ERROR: no rates {"a":1} []', "ERROR"),
    ("[2026-11-23T04:48:28Z ERROR rates] no rates", "ERROR"),
    ('2026-11-23T04:48:28.609Z\terror\trates/main.go:17\tno rates\t{"a":1}', "ERROR"),
    ('2026-11-23 04:48:28.609 UTC [17] ERROR:  relation "x" does not exist', "ERROR"),
    ("2026-11-23T04:48:28.609Z 0 [ERROR] [MY-010119] [Server] Aborting", "ERROR"),
    ("[2026-11-23 04:48:28,609] ERROR no rates (kafka.server)", "ERROR"),
    ("[2026-11-23 04:48:28.609][1][critical][main] no rates", "FATAL"),
    ("2026-11-23 04:48:28.609 [error] <0.1.0> no rates", "ERROR"),
    ("[2026-11-23 04:48:28 +0000] [7] [ERROR] no rates", "ERROR"),
    ("fail: App.Rates[0]", "ERROR"),
    ("[04:48:28 ERR] no rates", "ERROR"),
    ("[04:48:28 WRN] no rates", "WARN"),
    ("[04:48:28 FTL] no rates", "FATAL"),
    ('4:48AM ERR no rates error="x"', "ERROR"),
    ("4:48AM WRN no rates", "WARN"),
    (
        '{"t":{"$date":"2026-11-23T04:48:28.609+00:00"},"s":"E","c":"NETWORK","id":1,"ctx":"conn","msg":"no rates","attr":{"error":"x"}}',
        "ERROR",
    ),
    ('{"version":"1.1","host":"a","short_message":"no rates","level":3,"timestamp":1795409308.6}', "ERROR"),
    ('{"@t":"2026-11-23T04:48:28Z","@l":"Error","@mt":"no rates","@x":"System.Exception: boom"}', "ERROR"),
    (
        '{"Timestamp":"2026-11-23T04:48:28Z","Level":"Error","MessageTemplate":"no rates","Exception":"System.Exception: boom"}',
        "ERROR",
    ),
    (
        '{"EventId":0,"LogLevel":"Error","Category":"App.Rates","Message":"no rates","Exception":"System.Exception: boom"}',
        "ERROR",
    ),
    ('{"@timestamp":"2026-11-23T04:48:28Z","log":{"level":"error"},"message":"no rates"}', "ERROR"),
    ('{"@timestamp":"2026-11-23T04:48:28Z","log.level":"ERROR","message":"no rates","error.stack_trace":"x"}', "ERROR"),
    ('{"time":"2026-11-23T04:48:28Z","severity":"error","body":"no rates"}', "ERROR"),
    ('{"severityText":"ERROR","body":{"stringValue":"no rates"}}', "ERROR"),
    ('{"level":"err","msg":"no rates"}', "ERROR"),
    ('{"level":"Information","msg":"rates"}', "INFO"),
    ('{"lvl":"eror","msg":"no rates"}', "ERROR"),
    ('{"levelname":"WARNING","message":"no rates"}', "WARN"),
    (
        '{"level":50,"time":1795409308609,"pid":1,"msg":"no rates","err":{"type":"Error","message":"boom","stack":"Error: boom\\n at x"}}',
        "ERROR",
    ),
    ('time="2026-11-23T04:48:28Z" level=error msg="no rates" err="boom"', "ERROR"),
    ('ts=2026-11-23T04:48:28Z lvl=eror msg="no rates"', "ERROR"),
    ("[error] no rates", "ERROR"),
    ("ERROR:app:no rates", "ERROR"),
    ("ERROR [rates] no rates", "ERROR"),
    ("<3>no rates", "ERROR"),
    ("<11>Nov 23 04:48:28 host app[1]: no rates", "ERROR"),
    ("1:M 23 Nov 2026 04:48:28.609 # Out of memory", "WARN"),
    ("[ERROR] 2026-11-23 no rates", "ERROR"),
    ("npm ERR! code ELIFECYCLE", "ERROR"),
    ("[2026-11-23T04:48:28.609] [ERROR] rates - no rates", "ERROR"),
    ("2026-11-23 04:48:28 | ERROR    | app.rates:get:12 - no rates", "ERROR"),
    ("2026-11-23T04:48:28.609Z error: [rates] no rates", "ERROR"),
    ("Nov 23 04:48:28 host app[1]: error: no rates", "ERROR"),
    ("Mon, 23 Nov 2026 04:48:28 GMT app:error no rates", ""),
    ("2026-11-23T04:48:28.609+0000 E NETWORK  [conn1] no rates", "ERROR"),
    ("W20261123 04:48:28.609123     7 main.cc:12] no rates", "WARN"),
    ("I1123 04:48:28.000000       1 main.go:57] fine", "INFO"),
    ("2026-11-23 04:48:28.609 +00:00 [Error] no rates", "ERROR"),
    ("2026-11-23 04:48:28 Error: no rates", "ERROR"),
    ("2026-11-23T04:48:28Z warn  no rates", "WARN"),
    ("2026-11-23T04:48:28Z info  error rate is 0", "INFO"),
    ("2026-11-23T04:48:28Z handled error: retried", ""),
    ("no error found", ""),
    ("0 errors, 3 warnings", ""),
    ('{"Status":"ok","Level":"Warning","Message":"no rates"}', "WARN"),
    ("2026-11-23T04:48:28Z warnings: 3", ""),
    ('{"t":"x","s":"E","msg":"no component, so not of MongoDB"}', ""),
    ('{"level":true,"msg":"no rates"}', ""),
    ('{"level":70,"msg":"no rates"}', ""),
]


@pytest.mark.parametrize(("line", "level"), LINES)
def test_the_level_is_read_wherever_a_logger_writes_it(line: str, level: str) -> None:
    assert parse(line).level == level


@pytest.mark.parametrize(
    "line",
    [
        '{"Timestamp":"2026-11-23T04:48:28Z","LogLevel":"Error","Message":"no rates","Exception":"System.Exception: boom"}',
        '{"@t":"2026-11-23T04:48:28Z","@l":"Error","@m":"no rates","@x":"System.Exception: boom"}',
    ],
)
def test_keys_are_read_whatever_their_case(line: str) -> None:
    found = parse(line)
    assert (found.message, found.trace) == ("no rates", "System.Exception: boom")
    assert found.at is not None
    assert found.fields.keys() <= {"Exception", "@x"}


def test_fields_keep_the_names_that_they_have() -> None:
    assert parse('{"Level":"Error","Message":"m","orderId":7}').fields == {"orderId": "7"}
