"""LockContention: statements of a database wait for each other's locks, or are ended for them."""

import re
from collections.abc import Iterator

from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.checks.helpers import Trouble, command
from casebook.reasoning.checks.logged import EXPLAINS, Said, blamed, candidate, quoted, says_so, spoken
from casebook.reasoning.situation import Situation

WORDS = re.compile(
    r"deadlock (?:detected|found)|lock wait timeout exceeded|due to lock timeout|lock[_ ]?not[_ ]?available|"
    r"could not obtain lock|still waiting for \w+lock|database is locked|waiting for (?:table )?metadata lock",
    re.IGNORECASE,
)


def _fits(one: Trouble) -> bool:
    return bool(WORDS.search(one.entry.said))


def _detect(situation: Situation) -> Iterator[Candidate[Said]]:
    """The database is to be looked at: what its callers name, else who says so itself."""
    for found in spoken(situation, _fits):
        where = next((one.ref for one in blamed(situation, found)), found.workload.ref)
        said = f"Statements at {situation.label(where)} wait for each other's locks: {quoted(found)}"
        yield candidate(situation, found, said, thing=where)


def _several_say_so(_: Situation, found: Candidate[Said]) -> Finding:
    many = [one for one in found.about.entries if one.times > 1]
    return held(many[0].cite(), note=f"{many[0].times} times") if many else UNTESTED


def _steps(_: Situation, found: Candidate[Said]) -> list[str]:
    return [
        "Look for the transaction that holds the lock: a migration, a backup, or one that was left open.",
        "SELECT pid, state, now() - xact_start, query FROM pg_stat_activity ORDER BY 3 DESC;   -- for Postgres",
        command("logs", found.object, "--tail=100"),
    ]


CAUSES = (
    Cause(
        code="LockContention",
        means="Statements of a database wait for each other's locks.",
        names="workload",
        explains=EXPLAINS,
        base_rate=0.01,
        detect=_detect,
        predictions=(
            says_so("a lock is named as the reason", 400),
            Prediction("it is said again and again", _several_say_so, 80, 0),
        ),
        steps=_steps,
    ),
)
