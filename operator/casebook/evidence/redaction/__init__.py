"""Takes credentials out of whatever was read, before anything else sees it."""

from casebook.evidence.redaction.objects import redact
from casebook.evidence.redaction.patterns import MASK
from casebook.evidence.redaction.text import redact_lines, redact_text

__all__ = ["MASK", "redact", "redact_lines", "redact_text"]
