"""SecretKeyMissing: a workload refers to a key that its Secret does not have."""

from casebook.analysis.things import Ref
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.checks.missing import missing


def _look(target: Ref) -> list[str]:
    return [command("describe", target, "  # lists its keys, not their values")]


CAUSES = (missing("SecretKeyMissing", "Secret", keyed=True, look=_look),)
