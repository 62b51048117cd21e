"""Failures that a program names itself, in errors that go on or in its last words."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from casebook.analysis.changes import PROGRAM
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Finding, Prediction, held
from casebook.reasoning.checks.helpers import (
    Trouble,
    changed,
    cite_rollout,
    command,
    last_words,
    troubles,
    workload_logs_wanted,
)
from casebook.reasoning.situation import Situation

SIGNS = frozenset({Sign.CRASH, Sign.ERRORS, Sign.VAGUE, Sign.PEER_ERRORS, Sign.NOT_READY, Sign.JOB_FAILED, Sign.CREATE})


@dataclass(frozen=True)
class Said:
    """What a workload's logs say of one kind of failure."""

    workload: Workload
    entries: tuple[Trouble, ...]


def everything(situation: Situation, workload: Workload) -> list[Trouble]:
    """Errors that go on, and the last words of containers that ended."""
    ends = [one for one in workload.containers if one.exit_code and not one.steady(situation.world.now)]
    return [*troubles(situation, workload), *(words for one in ends for words in last_words(situation, one))]


def spoken(situation: Situation, fits: Callable[[Trouble], bool]) -> Iterator[Said]:
    """Workloads with entries that fit."""
    for workload in situation.workloads:
        entries = tuple(one for one in everything(situation, workload) if fits(one))
        if entries:
            yield Said(workload, entries)


def quoted(said: Said) -> str:
    """The first entry in short."""
    kind, message = said.entries[0].entry.exception
    return (f"{kind}: {message}" if kind else said.entries[0].entry.message)[:180]


def blamed(situation: Situation, said: Said) -> list[Workload]:
    """The workloads behind the Services that the entries blame, in the order in which they are blamed."""
    targets = dict.fromkeys(peer.target for one in said.entries for peer in one.peers)
    services = [situation.world.things[ref] for ref in targets if ref in situation.world.things]
    return [workload for service in services for workload in situation.world.selected_by(service)]


def of_kind(*kinds: str) -> Callable[[Trouble], bool]:
    """Fits entries that name one of these kinds of failure."""
    wanted = frozenset(kinds)
    return lambda one: bool(one.entry.kinds & wanted)


def candidate(
    situation: Situation, said: Said, statement: str, *, thing: Ref | None = None, parts: Iterable[str] = ()
) -> Candidate[Said]:
    """The hypothesis about a workload; a rollout that changed one of `parts` counts as the change behind it."""
    rolled = next((found for part in (*parts, *PROGRAM) if (found := changed(situation, said.workload, part))), None)
    return Candidate(
        object=thing or said.workload.ref,
        statement=statement,
        harms=frozenset({said.workload.ref}),
        covers=SIGNS,
        about=said,
        changed=rolled.at if rolled else None,
    )


def _says_so(_: Situation, found: Candidate[Said]) -> Finding:
    return held(*(one.cite() for one in found.about.entries[:2]))


def logs(_: Situation, found: Candidate[Said]) -> list[Query]:
    """The logs that would show more."""
    return workload_logs_wanted(found.about.workload)


def part_changed(*parts: str) -> Callable[[Situation, Candidate[Said]], Finding]:
    """Checks whether the newest revision changed one of these parts of the template."""

    def check(situation: Situation, found: Candidate[Said]) -> Finding:
        for part in parts:
            rolled = changed(situation, found.about.workload, part)
            if rolled:
                return held(cite_rollout(rolled, part))
        return UNTESTED

    return check


def says_so(says: str, weight: int) -> Prediction[Said]:
    """The prediction that the program names this failure."""
    return Prediction(says, _says_so, weight, -300)


def detector(kind: str, said: str, *parts: str) -> Callable[[Situation], Iterator[Candidate[Said]]]:
    """Detects workloads whose errors name one kind of failure; `said` states what happens to the workload."""

    def detect(situation: Situation) -> Iterator[Candidate[Said]]:
        for found in spoken(situation, of_kind(kind)):
            label = situation.label(found.workload.ref)
            yield candidate(situation, found, f"{label} {said}: {quoted(found)}", parts=parts)

    return detect


def advice(*lines: str) -> Callable[[Situation, Candidate[Said]], list[str]]:
    """Next steps that are the same for every workload, with the command to look at it."""
    return lambda _, found: [*lines, command("describe", found.object)]


EXPLAINS = "errors or crashes of the program, and errors of callers"
