"""What people say of a report: whether it was right, and if not, what it was."""

from casebook.analysis.things import clip
from casebook.api.case import Said
from casebook.api.enums import Judgement, Rating
from casebook.api.investigation import CorrectedCause, Feedback
from casebook.api.report import Report

TRUTH = 200
_THUMBS = {Rating.UP: Judgement.CORRECT, Rating.DOWN: Judgement.WRONG}


def said(entry: Feedback, report: Report | None) -> Said | None:
    """What one entry says of the report; None where it says only something else.

    The word itself counts before the cause that it names, and that before a thumb.
    """
    judgement = entry.verdict or _compared(entry.root_cause, report)
    if judgement is None and entry.rating is not None:
        judgement = _THUMBS[entry.rating]
    if judgement is None:
        return None
    return Said(judgement=judgement, author=entry.author, truth=_truth(entry.root_cause))


def _compared(named: CorrectedCause | None, report: Report | None) -> Judgement | None:
    if named is None or report is None:
        return None
    found = [(one.cause, one.object) for one in report.root_causes]
    right = any(cause == named.cause and named.object in ("", object_) for cause, object_ in found)
    return Judgement.CORRECT if right else Judgement.WRONG


def _truth(named: CorrectedCause | None) -> str:
    if named is None:
        return ""
    return clip(f"{named.cause}{f' on {named.object}' if named.object else ''}", TRUTH)
