"""CertificateExpired, CertificateMismatch: callers do not accept a certificate."""

import re
from collections.abc import Callable, Iterator

from casebook.analysis import failures
from casebook.analysis.things import Ref
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.checks.certificates import EXPIRED, MISMATCH, secrets
from casebook.reasoning.checks.helpers import Trouble, command
from casebook.reasoning.checks.logged import EXPLAINS, Said, blamed, candidate, quoted, says_so, spoken
from casebook.reasoning.situation import Situation

Detect = Callable[[Situation], Iterator[Candidate[Said]]]


def _detector(words: "re.Pattern[str]", other: "re.Pattern[str] | None", said: str) -> Detect:
    def fits(one: Trouble) -> bool:
        spoken_of = failures.TLS in one.entry.kinds and bool(words.search(one.entry.said))
        return spoken_of and not (other and other.search(one.entry.said))

    def detect(situation: Situation) -> Iterator[Candidate[Said]]:
        for found in spoken(situation, fits):
            thing = _certificate(situation, found)
            where = (
                situation.label(thing) if thing else f"A certificate that {situation.label(found.workload.ref)} meets"
            )
            yield candidate(situation, found, f"{where} {said}: {quoted(found)}", thing=thing)

    return detect


def _certificate(situation: Situation, found: Said) -> Ref | None:
    """The Secret that holds it, as far as references tell: of what is called, else of the caller."""
    for workload in [*blamed(situation, found), found.workload]:
        held_ = secrets(workload)
        if held_:
            return held_[0]
    return None


def _caller_knows_whom(_: Situation, found: Candidate[Said]) -> Finding:
    named = [one for one in found.about.entries if one.peers]
    return held(named[0].cite()) if named else UNTESTED


def _steps(_: Situation, found: Candidate[Said]) -> list[str]:
    place = found.about.workload.ref.namespace
    return [
        "Renew the certificate, or let callers trust its CA and use its name; restart what holds the old one.",
        f"kubectl get certificates,secrets -n {place}   # names and ages only; do not print the key",
        command("describe", found.about.workload.ref),
    ]


def _cause(code: str, means: str, detect: Detect, said: Prediction[Said]) -> Cause[Said]:
    return Cause(
        code=code,
        means=means,
        names="Secret",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=detect,
        predictions=(said, Prediction("they say whose certificate it is", _caller_knows_whom, 40, 0)),
        steps=_steps,
    )


CAUSES = (
    _cause(
        "CertificateExpired",
        "A certificate is not valid any more, or not yet.",
        _detector(EXPIRED, None, "is not valid at this time"),
        says_so("callers say that the certificate has expired", 420),
    ),
    _cause(
        "CertificateMismatch",
        "A certificate carries the wrong name or comes from a CA that callers do not trust.",
        _detector(MISMATCH, EXPIRED, "is not the one that its callers trust"),
        says_so("callers say that name or issuer do not fit", 380),
    ),
)
