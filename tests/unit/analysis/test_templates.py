"""Templates of messages, and what is new among them."""

from datetime import timedelta

from casebook.analysis.logs import Entry, joined
from casebook.analysis.novelty import News, news
from casebook.analysis.templates import MAX_TEMPLATES, mined
from casebook.analysis.things import Ref
from casebook.analysis.world import World
from casebook.api.enums import Novelty
from support.builders import NOW, NS, container, healthy, log, run, snapshot, template


def entries(*lines: str) -> list[Entry]:
    return list(joined((line, NOW) for line in lines))


class TestMiner:
    def test_what_varies_becomes_a_wildcard(self) -> None:
        [one] = mined(entries("user anna logged in from berlin today", "user bert logged in from paris today"))
        assert one.said == "user * logged in from * today"
        assert len(one.entries) == 2

    def test_different_messages_stay_apart(self) -> None:
        assert len(mined(entries("disk is full now", "queue was drained again"))) == 2
        assert len(mined(entries("ERROR cannot pay order 7", "INFO cannot pay order 7"))) == 2
        assert len(mined(entries("a b c", "a b c d"))) == 2

    def test_exceptions_of_other_types_stay_apart(self) -> None:
        trace = ["Traceback (most recent call last):", '  File "x"']
        found = mined(entries("ERROR failed", *trace, "KeyError: 'a'", "ERROR failed", *trace, "ValueError: b"))
        assert len(found) == 2

    def test_it_keeps_a_bounded_number(self) -> None:
        words = [f"{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}x" for n in range(2000)]
        found = mined(entries(*(f"{word} {word} {word}" for word in words)))
        assert len(found) <= MAX_TEMPLATES

    def test_an_empty_log_has_none(self) -> None:
        assert mined(entries("", " ")) == []


def found(*lines: str, onset: float | None = None, step: float = 1) -> list[News]:
    objects = healthy("api", template("api", container()))
    world = World(snapshot(run("why?"), objects, log("api-p0", lines, step=step)))
    [workload] = [world.workloads[Ref("Deployment", NS, "api")]]
    return news(world, workload, NOW - timedelta(seconds=onset) if onset else None)


OK = [f"INFO served order {n}" for n in range(60)]
BAD = ["ERROR promo code is unknown"] * 20


class TestNews:
    def test_an_error_that_was_not_there_before_is_new(self) -> None:
        [one] = found(*OK, *BAD)
        assert (one.novelty, one.times) == (Novelty.NEW, 20)
        assert one.since == NOW - timedelta(seconds=5 + 19)

    def test_with_too_little_before_it_is_not_called_new(self) -> None:
        [one] = found(*OK[:5], *BAD)
        assert one.novelty is Novelty.UNCOMPARED

    def test_an_error_that_was_always_there_is_told_only_when_it_comes_more_often(self) -> None:
        calm = [line for n, ok in enumerate(OK) for line in ([ok] if n % 20 else [ok, "ERROR retry"])]
        assert found(*calm, onset=30) == []
        [one] = found(*calm, *["ERROR retry"] * 40, onset=45)
        assert one.novelty is Novelty.MORE
        assert one.per_minute > 3 * one.before

    def test_a_rate_that_stays_is_not_told(self) -> None:
        assert found(*["ERROR retry", *OK[:3]] * 40, onset=80) == []

    def test_messages_that_stopped(self) -> None:
        [one] = found(*OK, *["INFO waiting for the queue"] * 60, onset=64)
        assert (one.novelty, one.template.said) == (Novelty.GONE, "INFO served order *")
        assert one.times == 0

    def test_news_that_are_no_trouble_are_not_told(self) -> None:
        assert found(*OK, *["INFO campaign page opened"] * 20) == []

    def test_lines_without_times_tell_nothing(self) -> None:
        objects = healthy("api", template("api", container()))
        raw = log("api-p0", BAD)
        untimed = raw.replace(data={"lines": [{"at": "", "text": line} for line in BAD]})
        world = World(snapshot(run("why?"), objects, untimed))
        assert news(world, world.workloads[Ref("Deployment", NS, "api")], None) == []

    def test_the_log_of_the_revision_before_is_what_a_new_one_is_compared_with(self) -> None:
        objects = healthy("api", template("api", container()), replicas=2)
        logs = [log("api-p0", OK, end=60), log("api-p1", BAD)]
        world = World(snapshot(run("why?"), objects, *logs))
        [one] = news(world, world.workloads[Ref("Deployment", NS, "api")], None)
        assert one.novelty is Novelty.NEW
