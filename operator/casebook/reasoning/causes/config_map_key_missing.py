"""ConfigMapKeyMissing: a workload refers to a key that its ConfigMap does not have."""

from casebook.reasoning.checks.helpers import command
from casebook.reasoning.checks.missing import missing

CAUSES = (
    missing("ConfigMapKeyMissing", "ConfigMap", keyed=True, look=lambda target: [command("get", target, "-o yaml")]),
)
