"""Observations and reports as an agent hands them in."""

from datetime import UTC, datetime

from casebook.api.enums import Origin, Outcome, Standing, Verdict
from casebook.api.observation import Observation, listing, observation_id
from casebook.api.report import Evidence, Hypothesis, Prediction, Report, RootCause
from casebook.api.run import ReportEnvelope, Stop

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def observation(number: int, namespace: str = "shop", **data: object) -> Observation:
    """The answer to a query of its own."""
    query = listing("pods", namespace, labels=f"n={number}")
    found = {"items": [{"metadata": {"name": f"pod-{number}"}, **data}]}
    return Observation(id=observation_id(1, query), round=1, query=query, observed_at=NOW, data=found, bytes=100)


def evidence(seen: Observation, number: int = 1, excerpt: str = "it says so") -> Evidence:
    return Evidence(
        id=f"e{number}",
        source="kubernetes",
        query=seen.query.command(),
        observed_at=NOW,
        excerpt=excerpt,
        digest=seen.digest(),
    )


def hypothesis(number: int = 1, *cited: str) -> Hypothesis:
    prediction = Prediction(statement="the pod was killed", outcome=Outcome.HELD, evidence=list(cited))
    return Hypothesis(
        id=f"h{number}",
        object="Deployment/checkout",
        cause="OomKilled",
        statement="checkout runs out of memory",
        origin=Origin.DETECTOR,
        verdict=Standing.SUPPORTED,
        confidence_percent=90,
        predictions=[prediction],
        evidence_for=list(cited),
    )


def report(*seen: Observation, summary: str = "checkout runs out of memory") -> Report:
    """A report that names one root cause and cites every observation."""
    cited = [f"e{number}" for number in range(1, len(seen) + 1)]
    found = hypothesis(1, *cited[:16])
    cause = RootCause(
        hypothesis="h1", object=found.object, cause=found.cause, statement=found.statement, confidence_percent=90
    )
    return Report(
        verdict=Verdict.ROOT_CAUSE,
        summary=summary,
        root_causes=[cause],
        hypotheses=[found],
        evidence=[evidence(item, number) for number, item in enumerate(seen, 1)],
    )


def envelope(made: Report, observations: int) -> ReportEnvelope:
    return ReportEnvelope(report=made, engine="1", stop=Stop(reason="Clear"), observations=observations, milliseconds=5)
