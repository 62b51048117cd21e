"""Times in plain words: "since noon", "for 20 minutes", "yesterday 14:00", as moments before a clock passed in."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

FURTHEST = timedelta(days=7)
"""As far back as an investigation may be asked to look (`spec.lookbackSeconds`)."""
SHORTEST = timedelta(minutes=1)
_MOST = 2048

_NUMBERS = {
    word: value
    for value, said in enumerate(
        "zero a|an|one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
    )
    for word in said.split("|")
} | {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "couple of": 2, "a couple of": 2, "the": 1, "": 1}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNIT = r"(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?)\b"
_NUMBER = (
    rf"(half an|\d{{1,6}}(?:\.\d)?|{'|'.join(sorted((word for word in _NUMBERS if word), key=len, reverse=True))})"
)
_ZONE = r"(?:\s*(?:utc\b|gmt\b|z\b)|\s?([+-]\d\d):?(\d\d)\b)?"
_CLOCK = (
    r"(?:(?<![\w:./-])([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?!:?\w|:)(?:\s*(am|pm)\b)?" + _ZONE
    + r"|(?<![\w:./-])(1[0-2]|0?[1-9])\s*(am|pm)\b|(?<![\w:./-])([01]?\d|2[0-3])\s*(?:uhr|o'clock)\b)"
)  # fmt: skip
_PARTS = {"morning": 6, "afternoon": 12, "evening": 18}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = rf"\b(?:(yesterday|today)|(?:last\s+)?({'|'.join(_WEEKDAYS)}))\b"
_LINK = r",?\s+(?:(?:at|around|about|from|since)\s+)?"

# Compiled by `re` when first used, and kept by it: most runs have no question, and compiling takes longer than reading.
_DATE = r"\b(\d{4}-\d\d-\d\d)(?:[t ](\d\d:\d\d)(?::\d\d)?(?:\.\d+)?" + _ZONE + r")?"
_SPAN = (
    rf"\b(?:for|since|within|over|(?:in|for|over|during|within) the (?:last|past)|(?:the )?(?:last|past))\s+"
    rf"(?:the )?{_NUMBER}\s*{_UNIT}"
)
_LAST = rf"\bthe (?:last|past)\s+(){_UNIT}"
_AGO = rf"\b{_NUMBER}\s*{_UNIT}\s+ago\b"
_DAY_CLOCK = _DAY + f"(?:{_LINK}{_CLOCK})?"
_CLOCK_DAY = f"{_CLOCK}(?:,? on)? {_DAY}"
_CLOCK_ALONE = _CLOCK
_PART = rf"\bthis ({'|'.join(_PARTS)})\b|\b(last night)\b|\b(noon|midday)\b|\b(midnight)\b"

_EXACT = re.compile(r"\d[:h ]?\d\d|\d\s*(?:am|pm|uhr|o'clock)|\b(?:noon|midday|midnight)")
_BEGINS = frozenset(["since", "from", "at", "around", "about", "after", "seit", "ab", "um"])


class Moment(NamedTuple):
    """A moment, the words that it was read from, and whether it tells when something began.

    A day, a part of one and "the last hour" only bound the time to look at.
    """

    at: datetime
    said: str
    is_onset: bool


def since(said: str, now: datetime) -> Moment | None:
    """The earliest time that a text names, at most a week before `now`; None where it names none that has passed.

    A clock time without a day is the last one that has passed, in UTC unless an offset is given. "A few minutes" says
    too little, and less than a minute is no time to look back.
    """
    found = [moment for moment in _all(said[:_MOST].lower(), now.astimezone(UTC)) if moment.at <= now - SHORTEST]
    earliest = min(found, default=None)
    return earliest._replace(at=max(earliest.at, now - FURTHEST)) if earliest else None


def _all(said: str, now: datetime) -> Iterator[Moment]:
    """Every time named; words that were read once are not read again."""
    for words, read in (
        (_DATE, _date), (_CLOCK_DAY, _clock_day), (_DAY_CLOCK, _day_clock), (_AGO, _span), (_SPAN, _span),
        (_LAST, _span), (_PART, _part), (_CLOCK_ALONE, _clock),
    ):  # fmt: skip
        pattern = re.compile(words)
        for match in pattern.finditer(said):
            at = read(match.groups(), now)
            if at is not None:
                yield Moment(at, match[0].strip(), _is_onset(said, match))
        said = pattern.sub(lambda match: "\n" * len(match[0]), said)


def _is_onset(said: str, match: re.Match[str]) -> bool:
    words = match[0].split()
    if words[-1] == "ago" or words[0] in ("for", "since"):
        return not {"last", "past"} & set(words[:4])
    before = said[: match.start()].split()[-1:]
    return bool(_EXACT.search(match[0])) and bool(before) and before[0] in _BEGINS


Groups = tuple[str | None, ...]


def _date(groups: Groups, _: datetime) -> datetime | None:
    day, clock, hours, minutes = groups
    try:
        return datetime.fromisoformat(f"{day}T{clock or '00:00'}:00").replace(tzinfo=UTC) - _offset(hours, minutes)
    except (ValueError, OverflowError):
        return None


def _span(groups: Groups, now: datetime) -> datetime | None:
    number, unit = groups[0] or "", groups[1] or ""
    value = 0.5 if number == "half an" else _NUMBERS.get(number)
    seconds = (float(number) if value is None else value) * _UNITS[unit[:1]]
    return now - min(timedelta(seconds=seconds), 2 * FURTHEST)


def _part(groups: Groups, now: datetime) -> datetime | None:
    part, night, noon, _ = groups
    midnight = _midnight(now)
    if part:
        return midnight + timedelta(hours=_PARTS[part])
    if night:
        return midnight - timedelta(hours=4)
    return _last(midnight + timedelta(hours=12 if noon else 0), now)


def _clock(groups: Groups, now: datetime) -> datetime | None:
    return _last(_midnight(now) + _time_of_day(groups), now)


def _clock_day(groups: Groups, now: datetime) -> datetime | None:
    return _day(groups[-2:], now) + _time_of_day(groups[:-2])


def _day_clock(groups: Groups, now: datetime) -> datetime | None:
    return _day(groups[:2], now) + _time_of_day(groups[2:])


def _day(groups: Groups, now: datetime) -> datetime:
    near, weekday = groups
    if weekday:
        back = (now.weekday() - _WEEKDAYS.index(weekday)) % 7 or 7
        return _midnight(now) - timedelta(days=back)
    return _midnight(now) - timedelta(days=1 if near == "yesterday" else 0)


def _time_of_day(groups: Groups) -> timedelta:
    hour, minute, half, zone_hours, zone_minutes, short, short_half, whole = groups
    hours = int(hour or short or whole or 0)
    if half or short_half:
        hours = hours % 12 + (12 if (half or short_half) == "pm" else 0)
    return timedelta(hours=hours, minutes=int(minute or 0)) - _offset(zone_hours, zone_minutes)


def _offset(hours: str | None, minutes: str | None) -> timedelta:
    if not hours:
        return timedelta()
    size = timedelta(hours=int(hours[1:]), minutes=int(minutes or 0))
    return -size if hours.startswith("-") else size


def _last(at: datetime, now: datetime) -> datetime:
    return at - timedelta(days=1) if at > now else at


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
