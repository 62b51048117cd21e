"""ConnectionPoolExhausted: the connection pool is smaller than the need, or connections leak."""

from collections.abc import Iterator

from casebook.analysis import failures
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.checks.brought import brought_by
from casebook.reasoning.checks.helpers import cite_rollout, command, undo
from casebook.reasoning.checks.logged import EXPLAINS, Said, candidate, of_kind, part_changed, quoted, says_so, spoken
from casebook.reasoning.situation import Situation


def _detect(situation: Situation) -> Iterator[Candidate[Said]]:
    for said in spoken(situation, of_kind(failures.POOL)):
        rolled = brought_by(situation, said)
        since = f" since its revision {rolled.new.number}, rolled out {timestamp(rolled.at)}" if rolled else ""
        statement = f"{situation.label(said.workload.ref)} runs out of connections{since}: {quoted(said)}"
        yield candidate(situation, said, statement, parts=("POOL", "replicas"))


def _brought(situation: Situation, found: Candidate[Said]) -> Finding:
    """Its pods alone say so, soon after they began, while what it calls is well and no more is asked of it."""
    rolled = brought_by(situation, found.about)
    return held(cite_rollout(rolled), found.about.entries[0].cite()) if rolled else UNTESTED


def _steps(situation: Situation, found: Candidate[Said]) -> list[str]:
    rolled = brought_by(situation, found.about)
    first = [undo(found.about.workload), "Look in what the release changed for connections that are not given back."]
    return [
        *(first if rolled else []),
        "Compare pool size times replicas with the limit of what it connects to; look for leaks.",
        command("describe", found.object),
    ]


CAUSES = (
    Cause(
        code="ConnectionPoolExhausted",
        means="The connection pool is smaller than the need, or connections leak.",
        names="workload",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=_detect,
        predictions=(
            says_so("the program says that no connection is left", 260),
            Prediction("the newest revision changed the pool", part_changed("POOL"), 120, 0),
            Prediction("it began with the newest revision, and with nothing else", _brought, 120, 0),
        ),
        steps=_steps,
    ),
)
