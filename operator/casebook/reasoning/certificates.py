"""What is said of certificates, and where workloads get theirs."""

import re

from casebook.analysis.settings import references
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload

EXPIRED = re.compile(r"expired|not yet valid|notAfter", re.IGNORECASE)
MISMATCH = re.compile(
    r"unknown authority|self[- ]signed|unable to get (?:local )?issuer|hostname mismatch|doesn't match|does not match|"
    r"not valid for|is valid for|certificate verify failed|bad certificate|IP address mismatch",
    re.IGNORECASE,
)
_LIKELY = re.compile(r"tls|cert|ssl|x509", re.IGNORECASE)


def secrets(workload: Workload) -> list[Ref]:
    """The Secrets of a workload that hold a certificate, by their names."""
    found = [one.target for one in references(workload) if one.target.kind == "Secret"]
    return [ref for ref in found if _LIKELY.search(ref.name)]
