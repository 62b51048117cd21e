"""Replays of saved investigations, judged; their scores and how reliable their confidence is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.retelling import expecting, retold
from bench.snapshots import Snapshot
from bench.withholding import without
from casebook.api.enums import Verdict
from casebook.api.report import Report
from casebook.api.run import Trace
from casebook.reasoning import replay as engine
from scenariokit.format import Scenario
from scenariokit.score import Judgement, Scored, judge

BANDS = ((0, 49), (50, 59), (60, 69), (70, 79), (80, 89), (90, 100))
BAR = 40


@dataclass(frozen=True)
class Replay:
    """What the engine says of one snapshot, and how right that is."""

    name: str
    expected: Verdict
    report: Report
    judgement: Judgement

    @property
    def scored(self) -> Scored:
        """For the summary of a set."""
        return Scored(self.expected, self.report.verdict, self.judgement)


@dataclass(frozen=True)
class Band:
    """Reports whose first root cause has a confidence in this span, in percent: how many, and how many are right."""

    least: int
    most: int
    reports: int
    right: int


def replayed(snapshot: Snapshot, withheld: str = "") -> Replay:
    """One snapshot through the engine, whole or without a kind of evidence."""
    return _replayed(snapshot, without(snapshot.trace, withheld) if withheld else snapshot.trace, snapshot.scenario)


def replayed_in(snapshot: Snapshot, language: str, form: str) -> Replay:
    """One snapshot through the engine, with the shop's logs in another language and form."""
    return _replayed(snapshot, retold(snapshot.trace, language, form), expecting(snapshot.scenario, language))


def _replayed(snapshot: Snapshot, trace: Trace, scenario: Scenario) -> Replay:
    report = engine.replay(trace)
    return Replay(snapshot.name, scenario.expect.verdict, report, judge(report, scenario, snapshot.places))


def reliability(replays: Iterable[Replay]) -> list[Band]:
    """For each band of confidence the reports that name a cause, and those of them that are right in everything."""
    claims = [(one.report.root_causes[0].confidence_percent, one.judgement.right) for one in replays
              if one.report.root_causes]  # fmt: skip
    bands = []
    for least, most in BANDS:
        within = [right for percent, right in claims if least <= percent <= most]
        bands.append(Band(least, most, len(within), sum(within)))
    return bands


def curve(bands: Sequence[Band]) -> list[str]:
    """The reliability curve as text: a bar as long as the share that is right, and `|` where the band's middle is."""
    lines = ["confidence   right of reports"]
    for band in bands:
        share = band.right / band.reports if band.reports else 0.0
        middle = min(BAR - 1, round((band.least + band.most) / 200 * BAR))
        bar = list(("#" * round(share * BAR)).ljust(BAR, "."))
        bar[middle] = "|"
        told = f"{100 * share:5.1f} %" if band.reports else "   none"
        lines.append(f"{band.least:>3}-{band.most:<3} %   {band.right:>3} of {band.reports:<3} {told}  {''.join(bar)}")
    return lines


def at_least(bands: Iterable[Band], percent: int) -> tuple[int, int]:
    """How many reports are right of those with so much confidence or more: (right, of)."""
    high = [band for band in bands if band.least >= percent]
    return sum(band.right for band in high), sum(band.reports for band in high)
