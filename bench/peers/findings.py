"""What a peer found, and how it compares with what was expected; the benefit of the doubt is the peer's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.peers.kinds import named
from casebook.api.enums import Verdict
from scenariokit.format import Expected, Scenario
from scenariokit.score import FIRST, Judgement, Places


@dataclass(frozen=True)
class Finding:
    """One thing that a peer reports: the object as `Kind/name`, and all that it says of it."""

    object: str
    text: str


def judge(findings: Sequence[Finding], scenario: Scenario, places: Places) -> Judgement:
    """Compare findings, in the peer's own order, with a scenario whose namespaces are filled in.

    A finding names an expected cause if it is about one of its objects, or names one in its text, and says the kind
    (see `kinds`) or quotes one of the facts. Every finding counts as reported. False are the objects that are there and
    that findings are about, unless an expected or allowed cause has that object, or the finding says its kind.
    """
    expect = scenario.expect
    missed = tuple(_told(one) for one in expect.causes if not any(_names(f, one, places) for f in findings))
    first = bool(findings) and any(_names(findings[0], one, places) for one in expect.causes) and not missed
    false = tuple(sorted({places.canonical(f.object) for f in findings if _blames(f, scenario, places)}))
    return Judgement(
        right=not findings if expect.verdict is Verdict.NO_FAULT else first and not false,
        first_right=first,
        among_three=bool(expect.causes)
        and all(any(_names(f, one, places) for f in findings[:FIRST]) for one in expect.causes),
        missed=missed,
        false_causes=false,
        decoys_blamed=(),
    )


def _blames(finding: Finding, scenario: Scenario, places: Places) -> bool:
    """Whether it is about an object at which nothing is wrong; pods that are gone by now are nobody's."""
    if places.canonical(finding.object).startswith("pod/"):
        return False
    known = (*scenario.expect.causes, *scenario.expect.allowed)
    return not any(_about(finding, one, places) or _says(finding, one) for one in known)


def _names(finding: Finding, expected: Expected, places: Places) -> bool:
    return _says(finding, expected) and _about(finding, expected, places)


def _says(finding: Finding, expected: Expected) -> bool:
    return bool(named(finding.text) & set(expected.cause)) or any(fact in finding.text for fact in expected.fact)


def _about(finding: Finding, expected: Expected, places: Places) -> bool:
    wanted = {places.canonical(name) for name in expected.object}
    return places.canonical(finding.object) in wanted or any(_mentions(finding.text, name) for name in wanted)


def _mentions(text: str, reference: str) -> bool:
    kind, name = reference.split("/")[0], reference.rpartition("/")[2]
    return bool(re.search(rf"{kind}\W+(?:\S+\W)?{re.escape(name)}(?![\w-])", text, re.IGNORECASE)) or bool(
        len(name) > 3 and re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE)
    )


def _told(expected: Expected) -> str:
    return f"{' or '.join(expected.object)} {' or '.join(expected.cause)}"
