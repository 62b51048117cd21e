"""What a report must hold before it is taken, and the form in which it is."""

from collections.abc import Collection, Sequence

from pydantic import ValidationError

from casebook.api.enums import Origin, Outcome, Verdict
from casebook.api.names import placed
from casebook.api.observation import Observation
from casebook.api.problems import first_problem
from casebook.api.report import Hypothesis, Report
from casebook.api.run import Noticed, Run, Telling
from casebook.evidence.redaction import redact
from casebook.gateway.errors import Problem
from casebook.gateway.trim import trim, within_fields
from casebook.knowledge.recall import MEMORY, display_name
from casebook.knowledge.skills import SKILL


def accept(report: Report, budget: int) -> Report:
    """The report, redacted and cut to size. Raises `Problem` 422 that says what is wrong with it."""
    wire = redact(report.wire())
    try:
        redacted = Report.model_validate(within_fields(wire) if isinstance(wire, dict) else {})
    except ValidationError as error:
        field, message = first_problem(error)
        raise Problem(422, f"after redaction the report is not valid: {message}", f"report.{field}") from error
    check(redacted)
    return trim(redacted, budget)


def check(report: Report) -> None:
    """Raise `Problem` 422 unless every citation and every root cause leads somewhere."""
    evidence = [item.id for item in report.evidence]
    hypotheses = {item.id: item for item in report.hypotheses}
    _unique("report.evidence", evidence)
    _unique("report.hypotheses", [item.id for item in report.hypotheses])
    unknown = sorted(report.citations() - set(evidence))
    if unknown:
        raise _refused("report.evidence", f"{unknown[0]} is cited, but there is no such evidence")
    for cause in report.root_causes:
        if cause.hypothesis not in hypotheses:
            raise _refused("report.rootCauses", f"{cause.hypothesis} is not one of the hypotheses")
        if not _is_grounded(hypotheses[cause.hypothesis], report):
            raise _refused("report.rootCauses", f"{cause.hypothesis} is named a root cause but cites no evidence")
    if (report.verdict is Verdict.ROOT_CAUSE) != bool(report.root_causes):
        raise _refused("report.verdict", "the verdict is RootCause exactly when rootCauses names one")


def check_digests(report: Report, stored: Collection[str]) -> None:
    """Raise `Problem` 422 unless every piece of evidence is one of the stored observations."""
    known = set(stored)
    for item in report.evidence:
        if item.digest not in known:
            raise _refused("report.evidence", f"{item.id}: its digest is that of no stored observation")


def check_knowledge(report: Report, run: Run) -> None:
    """Raise `Problem` 422 for what the run was not given: nobody cites what they were never told."""
    given = {(MEMORY, display_name(one, run.namespace), str(one.version)) for one in run.recalled}
    given |= {(SKILL, display_name(one, run.namespace), one.version) for one in run.skills}
    for use in report.knowledge:
        if use.kind in (MEMORY, SKILL) and (use.kind, use.name, use.version) not in given:
            what = f"{use.kind.lower()} {use.name} version {use.version}"
            raise _refused("report.knowledge", f"{what} was not recalled for this run")


def check_incident(report: Report, run: Run) -> None:
    """Raise `Problem` 422 for an incident that the run was not told of, or whose causes are not those of the report."""
    if report.explained_by is None:
        return
    told = {placed(one.namespace, one.name, run.namespace): one.causes for one in run.incidents}
    if report.explained_by not in told:
        raise _refused("report.explainedBy", f"this run was not told of an incident {report.explained_by}")
    known = {(cause.entity, cause.cause) for cause in told[report.explained_by]}
    for cause in report.root_causes:
        if (cause.entity, cause.cause) not in known:
            message = f"{cause.cause} on {cause.object} is not what {report.explained_by} found"
            raise _refused("report.explainedBy", message)


def check_telling(telling: Telling, namespaces: Collection[str], *, everywhere: bool) -> None:
    """Raise `Problem` 422 for a clue outside of the run's scope: the next run will look where it points."""
    for clue in telling.clues:
        where = clue.query.namespace
        if where and where not in namespaces and not everywhere:
            raise Problem(422, f"namespace {where} is outside the scope of this run", "telling.clues")


def check_scope(observations: Sequence[Observation], namespaces: Collection[str]) -> None:
    """Raise `Problem` 422 for data from a namespace that is not the tenant's; a refused read holds none."""
    allowed = set(namespaces)
    for item in observations:
        where = item.query.name if item.query.resource == "namespaces" else item.query.namespace
        if where and where not in allowed and item.data is not None:
            raise Problem(422, f"namespace {where} is outside the scope of this run", f"observations[{item.id}].query")


def _is_grounded(hypothesis: Hypothesis, report: Report) -> bool:
    """Whether it cites what was seen, or is a memory's word and the report shows which."""
    if hypothesis.origin is Origin.MEMORY and report.knowledge:
        return True
    held = (item for item in hypothesis.predictions if item.outcome is Outcome.HELD)
    return bool(hypothesis.evidence_for) or any(item.evidence for item in held)


def _unique(field: str, ids: Sequence[str]) -> None:
    doubled = sorted({item for item in ids if ids.count(item) > 1})
    if doubled:
        raise _refused(field, f"{doubled[0]} is there more than once")


def _refused(field: str, message: str) -> Problem:
    return Problem(422, f"the report is refused: {message}", field)


def without_secrets(noticed: Noticed) -> Noticed:
    """What was noticed, redacted; nothing where that leaves no sense of it."""
    try:
        return Noticed.model_validate(redact(noticed.wire()))
    except ValidationError:
        return Noticed()
