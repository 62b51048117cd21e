"""Which answer of the API server becomes which error."""

import json

import pytest

from casebook.cluster import errors


def body(reason: str, message: str = "no") -> bytes:
    return json.dumps({"kind": "Status", "reason": reason, "message": message}).encode()


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (401, body("Unauthorized"), errors.Denied),
        (403, body("Forbidden"), errors.Denied),
        (404, body("NotFound"), errors.NotFound),
        (409, body("AlreadyExists"), errors.AlreadyExists),
        (409, body("Conflict"), errors.Conflict),
        (410, body("Expired"), errors.Gone),
        (413, b"", errors.TooLarge),
        (422, body("Invalid"), errors.Invalid),
        (429, body("TooManyRequests"), errors.Unavailable),
        (500, body("InternalError"), errors.Unavailable),
        (500, body("", "etcdserver: request is too large"), errors.TooLarge),
        (503, b"<html>bad gateway</html>", errors.Unavailable),
    ],
)
def test_status_to_error(status: int, answer: bytes, expected: type[errors.ClusterError]) -> None:
    assert type(errors.from_response(status, answer, None)) is expected


def test_retry_after_is_kept_and_nonsense_is_not() -> None:
    asked = errors.from_response(503, b"", "7")
    vague = errors.from_response(503, b"", "soon")
    assert isinstance(asked, errors.Unavailable)
    assert asked.retry_after == 7
    assert isinstance(vague, errors.Unavailable)
    assert vague.retry_after is None


def test_message_survives_a_body_that_is_no_json() -> None:
    assert errors.from_response(503, b"upstream \xff gone", None).message == "upstream � gone"
