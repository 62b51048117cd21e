"""Judges one report against what was expected, and a set of judgements; pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from casebook.api.enums import Verdict
from casebook.api.report import Hypothesis, Report, RootCause
from scenariokit.format import Expect, Expected, Scenario

FIRST = 3
OWNED = re.compile(r"^(pod|replicaset)/")


@dataclass(frozen=True)
class Places:
    """What names mean in one run: its namespaces by logical name, and who owns each Pod and ReplicaSet.

    `owners` maps `kind/name` in lower case to `kind/name` of the controller.
    """

    names: dict[str, str]
    owners: dict[str, str] = field(default_factory=dict)

    def canonical(self, reference: str) -> str:
        """An object as it is compared: lower case, Pods and ReplicaSets as their owners.

        `Kind/namespace/name` loses its namespace where that is main, or none of the run's (a platform component).
        """
        kind, *rest = reference.strip().lower().split("/")
        namespace, name = (rest[0], "/".join(rest[1:])) if len(rest) > 1 else ("", "".join(rest))
        others = set(self.names.values()) - {self.names.get("main")}
        named = f"{kind}/{name}"
        while OWNED.match(named) and named in self.owners:
            named = self.owners[named].lower()
        if namespace in others:
            return "/".join((named.split("/")[0], namespace, named.split("/")[1]))
        return named


@dataclass(frozen=True)
class Judgement:
    """How one report compares with what was expected."""

    right: bool
    first_right: bool
    among_three: bool
    missed: tuple[str, ...]
    false_causes: tuple[str, ...]
    decoys_blamed: tuple[str, ...]


def judge(report: Report, scenario: Scenario, places: Places) -> Judgement:
    """Compare. Right: the verdict is as expected, AC@1 holds for a RootCause, and no false cause is reported.

    Where evidence is expected, it is among what the report cites first.
    """
    expect, roots = scenario.expect, report.root_causes
    missed = tuple(_told(e) for e in expect.causes if not any(_is(r, e, report, places) for r in roots))
    false = tuple(
        f"{r.object} {r.cause}"
        for r in roots
        if not any(_is(r, e, report, places, facts=False) for e in (*expect.causes, *expect.allowed))
    )
    first = bool(roots) and any(_is(roots[0], e, report, places) for e in expect.causes) and not missed
    verdict = report.verdict is expect.verdict
    rightly = first if expect.verdict is Verdict.ROOT_CAUSE else True
    return Judgement(
        right=verdict and rightly and not false and _shown(report, expect),
        first_right=verdict and first,
        among_three=_among_three(report, expect, places),
        missed=missed if expect.verdict is Verdict.ROOT_CAUSE else (),
        false_causes=false,
        decoys_blamed=tuple(
            f"{d.object} {d.cause}"
            for d in scenario.decoys
            if any(places.canonical(r.object) == places.canonical(d.object) and r.cause == d.cause for r in roots)
        ),
    )


def _shown(report: Report, expect: Expect) -> bool:
    top = report.evidence[:FIRST]
    return not expect.evidence or any(text in one.excerpt for text in expect.evidence for one in top)


def _among_three(report: Report, expect: Expect, places: Places) -> bool:
    top = report.hypotheses[:FIRST]
    return bool(expect.causes) and all(any(_is(h, e, report, places) for h in top) for e in expect.causes)


def _is(
    claim: RootCause | Hypothesis, expected: Expected, report: Report, places: Places, *, facts: bool = True
) -> bool:
    objects = {places.canonical(name) for name in expected.object}
    if places.canonical(claim.object) not in objects or claim.cause not in expected.cause:
        return False
    if not facts or not expected.fact:
        return True
    said = _texts(claim, report)
    return any(fact in text for fact in expected.fact for text in said)


def _texts(claim: RootCause | Hypothesis, report: Report) -> list[str]:
    """The statement of a claim and the evidence that it cites."""
    key = claim.hypothesis if isinstance(claim, RootCause) else claim.id
    texts = [claim.statement, *(claim.chain if isinstance(claim, RootCause) else ())]
    cited: set[str] = set()
    for hypothesis in report.hypotheses:
        if hypothesis.id == key:
            texts.append(hypothesis.statement)
            cited.update(hypothesis.evidence_for, *(p.evidence for p in hypothesis.predictions))
    return texts + [part for e in report.evidence if e.id in cited for part in (e.excerpt, e.query)]


def _told(expected: Expected) -> str:
    fact = f" with {' or '.join(map(repr, expected.fact))}" if expected.fact else ""
    return f"{' or '.join(expected.object)} {' or '.join(expected.cause)}{fact}"


@dataclass(frozen=True)
class Scored:
    """One scored run, as far as the summary needs it."""

    expected: Verdict
    verdict: Verdict
    judgement: Judgement
    seconds: float = 0.0


@dataclass(frozen=True)
class Summary:
    """Counts over a set of runs; each share is (hits, of)."""

    right: tuple[int, int]
    ac1: tuple[int, int]
    ac3: tuple[int, int]
    no_fault: tuple[int, int]
    false_causes: tuple[int, int]
    median_seconds: float


def summarise(runs: Sequence[Scored]) -> Summary:
    """The scores of a set.

    AC@1 and AC@3 are over the scenarios that expect RootCause, no-fault specificity over those that expect NoFault,
    false causes (their number, per scenario) over all.
    """
    faults = [run for run in runs if run.expected is Verdict.ROOT_CAUSE]
    quiet = [run for run in runs if run.expected is Verdict.NO_FAULT]
    return Summary(
        right=_share(run.judgement.right for run in runs),
        ac1=_share(run.judgement.first_right for run in faults),
        ac3=_share(run.judgement.among_three for run in faults),
        no_fault=_share(run.verdict is Verdict.NO_FAULT for run in quiet),
        false_causes=(sum(len(run.judgement.false_causes) for run in runs), len(runs)),
        median_seconds=_median([run.seconds for run in runs]),
    )


def _share(hits: Iterable[bool]) -> tuple[int, int]:
    listed = list(hits)
    return sum(listed), len(listed)


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return 0.0
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
