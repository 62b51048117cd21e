"""ReleaseIncompatible: a release and what it works with speak of different schemas, fields or versions."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from casebook.analysis.changes import Rollout, rollout
from casebook.analysis.failures import PEER_KINDS
from casebook.analysis.settings import settings
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.api.enums import Outcome
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.configuration import changed_at
from casebook.reasoning.checks.felt import began_with
from casebook.reasoning.checks.helpers import Trouble, cite_rollout, undo, workload_logs_wanted
from casebook.reasoning.checks.logged import EXPLAINS, SIGNS, Said, blamed, quoted, spoken
from casebook.reasoning.situation import Situation

_SCHEMA = (
    r"(?:column|relation|table|type|function) \S+(?: of relation \S+)? does not exist|table \S+ doesn't exist|"
    r"unknown column|no such (?:column|table)|invalid (?:column|object) name|undefined(?:column|table)\b|"
    r"ora-00904|ora-00942"
)
_SPEECH = (
    r"unrecogni[sz]ed(?:property| field)|unknown (?:field|method|service|message type) \S|code = unimplemented|"
    r"statuscode\.unimplemented|unsupported (?:api |protocol |schema |message |wire )version|"
    r"(?:api|protocol|schema|wire) version mismatch|incompatible (?:schema|protocol|api|version)|"
    r"(?:cannot|could not|failed to) (?:deserialize|unmarshal|decode) (?:the )?"
    r"(?:response|request|message|event|payload)"
)
_WORDS = re.compile(f"{_SCHEMA}|{_SPEECH}", re.IGNORECASE)
_DATA = re.compile(
    r"\b(?:TypeError|KeyError|AttributeError|ValueError|IndexError|JSONDecodeError|JsonParse\w*|JsonMapping\w*|"
    r"ClassCast\w*|NullPointer\w*|NoSuchElement\w*|NumberFormat\w*|DateTimeParse\w*|SyntaxError)\b|"
    r"cannot unmarshal|unexpected token|cannot read propert|is not a function|invalid character|unexpected end of json",
    re.IGNORECASE,
)
"""How a program falls over data that is not what it was written for."""
_SLACK = timedelta(seconds=30)
"""Times of revisions are whole seconds of another clock than those of log lines."""


class Unfit(NamedTuple):
    """What a workload says of something that it does not know, and the release that came before.

    `unchanged`: it names nothing, but falls over data, and is itself as it was.
    """

    said: Said
    release: Rollout
    unchanged: bool = False


def _fits(one: Trouble) -> bool:
    return bool(_WORDS.search(one.entry.said))


def _detect(situation: Situation) -> Iterator[Candidate[Unfit]]:
    for said in spoken(situation, _fits):
        releases = [_lately(situation, one) for one in (said.workload, *blamed(situation, said))]
        yield from (_candidate(situation, Unfit(said, one)) for one in [one for one in releases if one][:1])
    for said in spoken(situation, _falls_over_data):
        if not _is_changed(situation, said.workload):
            releases = [_lately(situation, one) for one in _called(situation, said.workload)]
            fresh = [one for one in releases if one and began_with(said.entries, one.at).outcome is Outcome.HELD]
            yield from (_candidate(situation, Unfit(said, one, unchanged=True)) for one in fresh[:1])


def _candidate(situation: Situation, item: Unfit) -> Candidate[Unfit]:
    release, said = item.release, item.said
    thing, speaker = release.workload.ref, said.workload.ref
    rest = "with what it works with" if thing == speaker else f"with {situation.label(speaker)}"
    rest += ", which is as it was and fails since" if item.unchanged else ""
    return Candidate(
        object=thing,
        statement=f"Revision {release.new.number} of {situation.label(thing)}, rolled out "
        f"{timestamp(release.at)}, does not fit together {rest}: {quoted(said)}",
        harms=frozenset({thing, speaker}),
        covers=SIGNS,
        about=item,
        changed=release.at,
    )


def _falls_over_data(one: Trouble) -> bool:
    kind, message = one.entry.exception
    blames = one.peers or one.entry.kinds & PEER_KINDS
    return not blames and bool(_DATA.search(f"{kind}: {message}" if kind else one.entry.said))


def _is_changed(situation: Situation, workload: Workload) -> bool:
    """Whether its program or a setting of it was changed lately: then that is as good a reason."""
    written = (changed_at(situation, one, workload) for one in settings(situation.world, workload))
    return _lately(situation, workload) is not None or any(written)


def _called(situation: Situation, workload: Workload) -> list[Workload]:
    """The workloads behind what it is set up to call."""
    targets = dict.fromkeys(call.target for call in situation.graph.calls.get(workload.ref, []))
    services = [situation.world.things[ref] for ref in targets if ref in situation.world.things]
    return [one for service in services for one in situation.world.selected_by(service) if one.ref != workload.ref]


def _lately(situation: Situation, workload: Workload) -> Rollout | None:
    found = rollout(workload)
    return found if found and found.at >= situation.world.begin and found.program else None


def _named(_: Situation, found: Candidate[Unfit]) -> Finding:
    if found.about.unchanged:
        return UNTESTED
    return held(*(one.cite() for one in found.about.said.entries[:2]))


def _unchanged_falls(situation: Situation, found: Candidate[Unfit]) -> Finding:
    """It said other things before, and falls over data from the moment at which what it calls was released."""
    if not found.about.unchanged:
        return UNTESTED
    speaker, at = found.about.said.workload, found.about.release.at
    before = [entry for log in situation.world.logs_of(speaker) for entry in log.entries if entry.at and entry.at < at]
    return held(found.about.said.entries[0].cite(), note="it worked before") if before else UNTESTED


def _since_the_release(_: Situation, found: Candidate[Unfit]) -> Finding:
    release, said = found.about.release, found.about.said
    early = [one for one in said.entries if one.entry.at and one.entry.at < release.at - _SLACK]
    if early:
        return failed(early[0].cite(), note="it was said before the release")
    return held(cite_rollout(release))


def _old_pods_do_not(_: Situation, found: Candidate[Unfit]) -> Finding:
    """Pods of the old revision beside it that say the same speak for what both work with, not for the release."""
    release = found.about.release
    old = {pod.thing.ref.name for pod in release.workload.pods_of(release.old)}
    same = [one for one in found.about.said.entries if one.log.pod in old]
    return failed(*(one.cite() for one in same[:1])) if same else UNTESTED


def _logs(_: Situation, found: Candidate[Unfit]) -> Sequence[Query]:
    return workload_logs_wanted(found.about.said.workload)


def _steps(_: Situation, found: Candidate[Unfit]) -> list[str]:
    return [
        undo(found.about.release.workload),
        "Roll out in an order that both sides can live with: first what understands old and new, then what needs new.",
        "Look whether a migration of the schema belongs to the release, and whether it ran.",
    ]


CAUSES = (
    Cause(
        code="ReleaseIncompatible",
        means="New and old versions, caller and callee, or code and schema do not fit together.",
        names="workload (revision)",
        explains=EXPLAINS,
        base_rate=0.015,
        detect=_detect,
        predictions=(
            Prediction("a schema, a field or a version that is not known is named", _named, 480, -300, _logs),
            Prediction("who was not changed falls over data since then", _unchanged_falls, 420, 0, _logs),
            Prediction("it is said since the release", _since_the_release, 200, -350),
            Prediction("pods of the old revision do not say it", _old_pods_do_not, 0, -120),
        ),
        steps=_steps,
    ),
)
