"""What is said of certificates, and where workloads get theirs."""

import re

from casebook.analysis.access import listed, text
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
    """The Secrets of a workload that hold a certificate, by their names, volumes or where they are mounted."""
    mounted = _mounted(workload)
    found = [one.target for one in references(workload) if one.target.kind == "Secret"]
    return [ref for ref in dict.fromkeys(found) if _LIKELY.search(ref.name) or ref.name in mounted]


def _mounted(workload: Workload) -> set[str]:
    """Names of Secrets in volumes that are named or mounted like a certificate."""
    paths = [
        (text(mount, "name"), text(mount, "mountPath"))
        for _, _, spec in workload.specs()
        for mount in listed(spec, "volumeMounts")
    ]
    likely = {name for name, path in paths if _LIKELY.search(name) or _LIKELY.search(path)}
    volumes = listed(workload.template, "spec", "volumes")
    return {text(one, "secret", "secretName") for one in volumes if text(one, "name") in likely} - {""}
