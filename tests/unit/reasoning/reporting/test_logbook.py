"""What the report tells of the logs."""

import pytest

from casebook.analysis.failures import errno
from casebook.api.enums import Novelty
from casebook.api.report import Report
from support.builders import endpoints, log, run, service, snapshot
from support.reason import report
from support.shop import shop

OK = [f'{{"level":"INFO","msg":"served order {n}"}}' for n in range(60)]
REFUSED = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: [Errno 111] Connection refused"}'
VAGUE = '{"level":"ERROR","msg":"POST /checkout 502","status":502}'
TRACE = ["ERROR checkout failed", "Traceback (most recent call last):", '  File "x.py", line 3', "KeyError: 'promo'"]


def found(*lines: str) -> Report:
    gone = {("Service", "auth"), ("EndpointSlice", "auth-s1")}
    kept = [one for one in shop() if (one["kind"], one["metadata"]["name"]) not in gone]
    objects = [*kept, service("auth", selector={"app": "auht"}), endpoints("auth", 0)]
    return report(snapshot(run("why?", "Deployment/web"), objects, log("api-p0", lines)))


def test_a_connection_error_names_the_object_the_endpoint_and_the_error_number() -> None:
    [one] = found(*OK, *[REFUSED, VAGUE] * 10).logs
    assert (one.object, one.novelty, one.count) == ("Deployment/api", Novelty.NEW, 10)
    assert one.peers == ["Service/auth at auth:80 (ECONNREFUSED)"]
    assert one.level == "ERROR"


def test_an_exception_with_the_end_of_its_stack() -> None:
    one = found(*OK, *TRACE * 5)
    [news] = [item for item in one.logs if item.exception]
    assert (news.exception, news.message, news.count) == ("KeyError", "KeyError: 'promo'", 5)
    [evidence] = [item for item in one.evidence if item.id in news.evidence]
    assert 'File "x.py", line 3' in evidence.excerpt
    assert one.citations() <= {item.id for item in one.evidence}


def test_what_says_little_is_told_only_where_nothing_says_more() -> None:
    assert [item.message for item in found(*OK, *[VAGUE] * 10).logs] == ["POST /checkout 502"]


def test_a_quiet_log_has_no_news() -> None:
    assert found(*OK).logs == []


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("[Errno 111] Connection refused", "ECONNREFUSED"),
        ("connect ECONNRESET 10.0.0.1:80", "ECONNRESET"),
        ("errno: -110", "ETIMEDOUT"),
        ("getaddrinfo ENOTFOUND db", "ENOTFOUND"),
        ("dial tcp: connect: connection refused", "ECONNREFUSED"),
        ("ERROR EVERYTHING is fine", ""),
        ("errno 999", ""),
    ],
)
def test_error_numbers(said: str, name: str) -> None:
    assert errno(said) == name
