"""SecretMissing: a workload refers to a Secret that does not exist."""

from casebook.reasoning.checks.missing import missing

CAUSES = (missing("SecretMissing", "Secret", keyed=False, look=lambda _: []),)
