"""What measurements read: /proc, images, the sender's words, settings."""

import json
from collections import Counter as Count

import pytest
from bench import sender
from bench.emptyjob import parse_words
from bench.measures.image import base_of
from bench.measures.replay import slowest
from bench.pods import Life, Memory, began_and_peak, has_begun, merged, parse_status
from bench.proxy import Counter
from bench.queuelimit import unlimited
from bench.sending import parse

from scenariokit.kubectl import CommandError


def test_a_look_from_inside_gives_the_begin_on_our_clock() -> None:
    # 1000.50 s after boot the process, begun at tick 99900 (999.00 s), is 1.50 s old.
    assert began_and_peak("1000.50 99900 81920\n", at=50.0) == Life(48.5, 80 << 20)


def test_late_looks_move_nothing_and_the_peak_grows() -> None:
    assert merged([Life(48.5, 10), Life(48.9, 30), Life(48.6, 20)]) == Life(48.5, 30)
    with pytest.raises(ValueError, match="min"):
        merged([])


def test_status_of_a_process() -> None:
    text = "Name:\tcasebook\nVmHWM:\t  90000 kB\nVmRSS:\t  80000 kB\n"
    assert parse_status(text) == Memory(80000 * 1024, 90000 * 1024)
    with pytest.raises(ValueError, match="VmHWM"):
        parse_status("VmRSS:\t80000 kB\n")


@pytest.mark.parametrize(
    ("state", "begun"), [({"waiting": {}}, False), ({"running": {}}, True), ({"terminated": {}}, True)]
)
def test_a_container_that_has_ended_has_begun(state: dict[str, object], begun: bool) -> None:
    assert has_begun({"status": {"containerStatuses": [{"state": state}]}}) is begun
    assert not has_begun({"status": {}})


def test_last_words_of_the_empty_job() -> None:
    assert parse_words("0.81 61000") == (0.81, 61000 * 1024)
    with pytest.raises(CommandError, match="No module"):
        parse_words("ModuleNotFoundError: No module named casebook")


def image(*layers: str) -> dict[str, object]:
    return {"RootFS": {"Layers": list(layers)}}


def test_the_base_is_the_longest_image_below() -> None:
    other, base, debian = image("x", "y"), image("a", "b"), image("a")
    assert base_of(image("a", "b", "c"), [other, debian, base, image("a", "b", "c")]) is base
    assert base_of(image("a", "b", "c"), [other, {"RootFS": {}}]) is None


def test_slowest_trace_by_name(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert slowest([tmp_path / "one.json", tmp_path / "two.json"], [1.0, 2.0, 1.0, 9.0]) == "two"


def test_the_limit_is_the_only_setting_that_changes() -> None:
    before = "listen: 0.0.0.0:8080\nqueueLimitPerTenant: 500\nlookbackSeconds: 3600\n"
    assert unlimited(before) == "listen: 0.0.0.0:8080\nqueueLimitPerTenant: 0\nlookbackSeconds: 3600\n"
    with pytest.raises(CommandError, match="queueLimitPerTenant"):
        unlimited("listen: 0.0.0.0:8080\n")


def test_the_proxy_counts_what_is_open_at_a_time() -> None:
    counter = Counter()
    counter.begin("GET", "/a")
    counter.begin("GET", "/b")
    counter.end()
    counter.begin("GET", "/c")
    assert (counter.calls, counter.most_open, counter.open) == (3, 2, 2)


def test_what_the_sender_says_is_read_back() -> None:

    sent = sender.Sender("http://gateway", "bench", 240)
    sent.answers = Count({"200": 3, "503": 1})
    sent.latencies = [0.1, 0.2, 0.3]
    sent.last = 61.5
    read = parse("some noise\n" + json.dumps(sender.summary(sent)) + "\n")
    assert (read.acknowledged, read.seconds, read.answers) == (3, 61.5, {"200": 3, "503": 1})
    assert (read.latencies[0], read.latencies[-1], len(read.latencies)) == (0.1, 0.3, 21)


def test_a_sender_that_acknowledged_nothing_still_says_so() -> None:
    assert sender.summary(sender.Sender("http://gateway", "bench", 240))["latencies"] == []
    with pytest.raises(CommandError, match="Traceback"):
        parse("Traceback ...\n")


def test_every_group_of_the_storm_is_a_group_of_its_own() -> None:
    first, second = sender.payload(1, "bench"), sender.payload(2, "bench")
    assert first["groupKey"] != second["groupKey"]
    assert first["alerts"][0]["fingerprint"] != second["alerts"][0]["fingerprint"]
