"""SecretValueWrong: credentials that a workload gets from a Secret are refused, or cannot be sent as they are."""

from collections.abc import Iterator

from casebook.analysis import failures
from casebook.analysis.changes import rollout
from casebook.analysis.settings import Reference, references
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import cite_rollout, command
from casebook.reasoning.checks.logged import Said, candidate, of_kind, quoted, says_so, spoken
from casebook.reasoning.situation import Situation

_LIKELY = ("pass", "pwd", "secret", "token", "key", "cred", "dsn", "url")


def _detect(situation: Situation) -> Iterator[Candidate[Said]]:
    for said in spoken(situation, of_kind(failures.AUTH, failures.HEADER)):
        source = _source(said)
        if source is None:
            continue
        key = f" (key {source.key})" if source.key else ""
        yield candidate(
            situation,
            said,
            f"{situation.label(source.target)}{key} holds {_what(situation, said)}: {quoted(said)}",
            thing=source.target,
            parts=("secretKeyRef", "secretRef"),
        )


def _what(situation: Situation, said: Said) -> str:
    label = situation.label(said.workload.ref)
    if any(failures.AUTH in one.entry.kinds for one in said.entries):
        return f"credentials that are refused to {label}"
    return f"what {label} cannot send in a header, for example a newline at its end"


def _source(said: Said) -> Reference | None:
    """The Secret that most likely holds the credentials: by the names of key, Secret and variable."""
    secrets = [one for one in references(said.workload) if one.target.kind == "Secret"]
    words = " ".join(one.entry.said.lower() for one in said.entries)
    blamed = {part for one in said.entries for peer in one.peers for part in peer.endpoint.host.split(".")[:1]}
    blamed |= {peer.call.stem.lower().strip("_") for one in said.entries for peer in one.peers if peer.call}

    def rank(one: Reference) -> tuple[bool, bool, str, str]:
        name = f"{one.target.name} {one.key}".lower()
        related = any(part and (part in name) for part in blamed) or one.target.name.lower() in words
        return (not related, not any(word in name for word in _LIKELY), one.target.name, one.key)

    return min(secrets, key=rank, default=None)


def _given_by_secret(_: Situation, found: Candidate[Said]) -> Finding:
    given = [one for one in references(found.about.workload) if one.target == found.object]
    thing = found.about.workload.thing
    return held(thing.cite(*given[0].path)) if given else failed(thing.say("it refers to no such Secret"))


def _the_called_is_up(situation: Situation, found: Candidate[Said]) -> Finding:
    """A refusal of credentials is an answer: what is called is there and works."""
    if not any(failures.AUTH in one.entry.kinds for one in found.about.entries):
        return UNTESTED
    gone = [one for one in found.about.entries if one.entry.kinds & {failures.REFUSED, failures.UNRESOLVED}]
    unwell = {one.entity for one in situation.symptoms}
    called = {peer.target for one in found.about.entries for peer in one.peers}
    if gone:
        return failed(*(one.cite() for one in gone[:1]))
    return UNTESTED if called & unwell else held(found.about.entries[0].cite())


def _old_pods_well(_: Situation, found: Candidate[Said]) -> Finding:
    rolled = rollout(found.about.workload)
    if rolled is None:
        return UNTESTED
    ready = [pod for pod in found.about.workload.pods_of(rolled.old) if pod.ready]
    return held(cite_rollout(rolled), ready[0].cite_condition("Ready")) if ready else UNTESTED


def _steps(_: Situation, found: Candidate[Said]) -> list[str]:
    return [
        f"Compare Secret {found.object.name} with what the called service expects; set it right, restart the readers.",
        command("describe", found.object, "  # lists its keys, not their values"),
        command("rollout restart", found.about.workload.ref, "  # restarts its pods"),
    ]


CAUSES = (
    Cause(
        code="SecretValueWrong",
        means="Credentials of a Secret are refused, or cannot be sent as they are.",
        names="Secret (key)",
        explains="errors or crashes of pods that started since the change, while older ones work",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            says_so("its credentials are refused, or no header can carry them", 300),
            Prediction("the credentials come from that Secret", _given_by_secret, 120, -300),
            Prediction("what it calls is up and answers", _the_called_is_up, 60, -200),
            Prediction("pods from before the change work", _old_pods_well, 80, 0),
        ),
        steps=_steps,
    ),
)
