"""Whatever comes in, a notification comes out: nothing fails, nothing is lost in silence, nothing grows."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebook.api.base import EPOCH
from casebook.api.enums import Reasoning
from casebook.api.investigation import Alert
from casebook.gateway.groups import split
from casebook.gateway.manifest import investigation
from casebook.gateway.payload import MAX_ALERTS, Body, Payload, decode
from casebook.gateway.trim import size
from support.alerts import body, notification, sent

# Other work on the machine makes drawing slow; that says nothing of the code.
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["status", "alerts", "groupKey", "groupLabels", "commonLabels", "version", "truncatedAlerts"])
ALERT_FIELDS = st.sampled_from(["status", "labels", "annotations", "startsAt", "generatorURL", "fingerprint"])


def manifests(payload: Payload) -> list[dict[str, object]]:
    return [
        investigation(group, "prom", 1, 3600, Reasoning.BUILT_IN)
        for group in split(payload, lambda named: named or "default")
    ]


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_are_taken(data: bytes) -> None:
    manifests(decode(Body(data)))


@settings(max_examples=100)
@given(st.dictionaries(FIELDS, ANY_JSON), st.lists(st.dictionaries(ALERT_FIELDS, ANY_JSON), max_size=3), st.booleans())
def test_any_values_in_any_field_are_taken(
    changes: dict[str, object], alerts: list[dict[str, object]], own: bool
) -> None:
    document = notification(sent()) | ({"alerts": [sent() | alert for alert in alerts]} if own else {}) | changes
    for manifest in manifests(decode(Body(json.dumps(document).encode("utf-8", "surrogatepass")))):
        # The API server takes JSON: no NaN, no lone surrogates; and a bounded object.
        text = json.dumps(manifest, allow_nan=False, ensure_ascii=False)
        text.encode("utf-8")
        assert size(manifest) < 48 << 10
        Alert.model_validate(manifest["spec"]["alert"])


@settings(max_examples=60)
@given(st.integers(min_value=0, max_value=2000), st.binary(max_size=3))
def test_a_body_broken_anywhere_keeps_what_came_before(cut: int, junk: bytes) -> None:
    data = body(sent(), sent("Other", namespace="pay"))
    payload = decode(Body(data[:cut] + junk))
    assert payload.alerts or not data[:cut] + junk.strip()


def test_a_whole_notification() -> None:
    payload = decode(Body(body(sent(deployment="checkout"))))
    (alert,) = payload.alerts
    assert (payload.group_key, payload.resolved, payload.whole, payload.clipped) == (
        '{}:{alertname="Broken"}',
        False,
        True,
        False,
    )
    assert alert.labels["deployment"] == "checkout"
    assert alert.starts_at.isoformat() == "2026-11-22T03:00:00+00:00"


@pytest.mark.parametrize("data", [b"", b"{}", body()])
def test_an_empty_group_has_no_alerts(data: bytes) -> None:
    assert decode(Body(data)).alerts == ()


@pytest.mark.parametrize(
    "data",
    [
        b"not json",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"alerts":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"alerts": "none"}',
        b'{"alerts": [1, null, "x"]}',
    ],
)
def test_what_cannot_be_read_becomes_one_alert_that_says_so(data: bytes) -> None:
    payload = decode(Body(data))
    (alert,) = payload.alerts
    assert payload.clipped
    assert "could not be read" in alert.annotations["summary"]
    assert decode(Body(data)).alerts == payload.alerts


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ('"NaN"', '"x": NaN'),
        ('"1e999"', '"x": 1e999'),
        ('"duplicate"', '"status": "resolved", "status": "firing"'),
        ('"big"', '"x": ' + "9" * 5000),
    ],
)
def test_odd_json_is_taken(change: str, expected: str) -> None:
    text = json.dumps(notification(sent())).replace('"version"', f'{expected}, "version"')
    payload = decode(Body(text.encode()))
    assert [alert.labels["alertname"] for alert in payload.alerts] == ["Broken"]


def test_characters_that_cannot_be_stored_are_replaced() -> None:
    payload = decode(Body(body(sent(pod="a\x00b\ud800c\x1b[31m"), key="k\x00")))
    assert payload.alerts[0].labels["pod"] == "a\ufffdb\ufffdc\ufffd[31m"
    assert payload.group_key == "k\ufffd"


def test_invalid_utf8_is_replaced_and_marked() -> None:
    payload = decode(Body(body(sent(pod="x")).replace(b'"x"', b'"\xff"')))
    assert payload.alerts[0].labels["pod"] == "\ufffd"
    assert payload.clipped
    assert payload.whole


@pytest.mark.parametrize("version", ["3", "5", 4, None])
def test_an_unknown_version_is_read_as_if_it_were_known(version: object) -> None:
    payload = decode(Body(body(sent(), version=version)))
    assert payload.clipped
    assert len(payload.alerts) == 1


def test_ten_thousand_alerts_are_all_known_by_identity() -> None:
    alerts = [sent(f"A{number}", namespace=f"ns-{number % 3}") for number in range(MAX_ALERTS)]
    payload = decode(Body(body(*alerts)))
    assert (len(payload.alerts), payload.clipped) == (MAX_ALERTS, False)
    over = decode(Body(body(*alerts, sent("Last"))))
    assert (len(over.alerts), over.clipped, over.whole) == (MAX_ALERTS, True, False)


def test_of_a_body_over_the_limit_the_beginning_and_the_key_are_kept() -> None:
    data = body(*(sent(f"A{number}") for number in range(1000)), key="the key")
    payload = decode(Body(data[:5000], data[-3000:]))
    assert payload.group_key == "the key"
    assert payload.alerts[0].labels["alertname"] == "A0"
    assert (payload.clipped, payload.whole) == (True, False)


@pytest.mark.parametrize(
    "moment", ["", "soon", 17, None, "0001-01-01T00:00:00Z", "-5", "9999-12-31T23:59:59-23:59", "2026-13-01"]
)
def test_absurd_times_are_the_epoch(moment: object) -> None:
    assert decode(Body(body(sent() | {"startsAt": moment}))).alerts[0].starts_at == EPOCH


def test_a_clock_that_is_ahead_or_behind_is_believed() -> None:
    payload = decode(Body(body(sent() | {"startsAt": "2031-01-01T00:00:00+02:00"})))
    assert payload.alerts[0].starts_at.isoformat() == "2030-12-31T22:00:00+00:00"


def test_dropped_alerts_are_known_to_be_missing() -> None:
    payload = decode(Body(body(sent(), truncatedAlerts=5)))
    assert (payload.whole, payload.clipped) == (False, True)


def test_without_a_fingerprint_the_labels_make_one() -> None:
    first, second, again = (
        decode(Body(body({key: value for key, value in alert.items() if key != "fingerprint"}))).alerts[0].fingerprint
        for alert in (sent("A"), sent("B"), sent("A"))
    )
    assert first == again != second
